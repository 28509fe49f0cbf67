package webrtc

import (
	"encoding/binary"
	"strings"

	"github.com/pion/stun/v3"
)

// checked is what a connectivity check says that has been authenticated.
type checked struct {
	from      spot
	user      string // of ours, that it was for
	nominates bool   // USE-CANDIDATE
	priority  uint32
}

// check answers a connectivity check (RFC 8445 §7.3); nil if it is none, or not
// authenticated.
//
// Deviation (RFC 8489 §9.1.3): who does not know a password gets no error. The port may be
// reachable by everybody, and tells strangers nothing.
func (d *door) check(data []byte, from spot) []byte {
	m, user, theirs := readCheck(data)
	if m == nil {
		return nil
	}
	p := d.peerCalled(user)
	if p == nil || !from.conn.serves(p) {
		return nil
	}
	password := p.password(user, theirs)
	if password == "" {
		return nil
	}
	key := stun.NewShortTermIntegrity(password)
	if key.Check(m) != nil {
		return nil
	}
	if m.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(m) != nil {
		return nil
	}
	// RFC 8445 §7.3.1.1: we are controlled, as the lite side always is.
	if m.Contains(stun.AttrICEControlled) {
		return build(m, stun.BindingError, key, stun.CodeRoleConflict)
	}
	c := checked{from: from, user: user, nominates: m.Contains(stun.AttrUseCandidate)}
	if v, err := m.Get(stun.AttrPriority); err == nil && len(v) == 4 {
		c.priority = binary.BigEndian.Uint32(v)
	}
	if !p.checked(c) {
		return nil
	}
	return build(m, stun.BindingSuccess, key, &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())})
}

// readCheck reads a connectivity check, and for whom it is: our user name, and that of
// who sends it. It is nil if data is none.
func readCheck(data []byte) (m *stun.Message, user, theirs string) {
	m = stun.NewWithOptions(stun.WithStrict(true)) // what follows MESSAGE-INTEGRITY anybody may have put there
	if stun.Decode(data, m) != nil || m.Type != stun.BindingRequest {
		return nil, "", ""
	}
	name, err := m.Get(stun.AttrUsername)
	if err != nil {
		return nil, "", ""
	}
	// RFC 8445 §7.2.2: the receiver's user name, a colon, the sender's.
	user, theirs, ok := strings.Cut(string(name), ":")
	if !ok {
		return nil, "", ""
	}
	return m, user, theirs
}

// build answers request with an attribute of that kind.
func build(request *stun.Message, kind stun.MessageType, key stun.MessageIntegrity, more stun.Setter) []byte {
	m, err := stun.Build(stun.NewTransactionIDSetter(request.TransactionID), kind, more, key, stun.Fingerprint)
	if err != nil {
		return nil
	}
	return m.Raw
}
