package signal

import (
	"net/netip"
	"time"

	"confab/internal/contract"
)

// Traced is a frame about a call, as it passes.
type Traced struct {
	Call   contract.CallSID
	At     time.Time
	Sent   bool // by us
	Remote netip.AddrPort
	Frame  []byte // it must not be changed
}

// sent tells Config.Trace of a frame that is sent about a call whose SID its page
// knows.
func (k *socket) sent(m message, frame []byte) {
	if sid := contract.CallSID(m.Payload.CallSID); k.s.cfg.Trace != nil && sid.Valid() {
		k.s.cfg.Trace(Traced{Call: sid, At: time.Now(), Sent: true, Remote: k.addr, Frame: frame})
	}
}

// heard tells Config.Trace of the frame that was read last; l is the leg that it is
// about, or that came of it.
func (k *socket) heard(l *Leg) {
	if k.s.cfg.Trace != nil && l != nil {
		k.s.cfg.Trace(Traced{Call: l.info.SID, At: k.readAt, Remote: k.addr, Frame: k.frame})
	}
}
