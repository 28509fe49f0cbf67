package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// Profile is a way of protecting packets (RFC 5764 §4.1.2, RFC 7714 §14.2).
type Profile uint16

// The profiles that we have, numbered as in DTLS.
const (
	AES128CMSHA180 Profile = 0x0001 // AES_CM_128_HMAC_SHA1_80
	AES128GCM      Profile = 0x0007 // AEAD_AES_128_GCM, which costs a third of it
)

// String returns the profile's name in its RFC.
func (p Profile) String() string {
	switch p {
	case AES128CMSHA180:
		return "AES_CM_128_HMAC_SHA1_80"
	case AES128GCM:
		return "AEAD_AES_128_GCM"
	}
	return fmt.Sprintf("profile %#04x", uint16(p))
}

// Sizes returns how many bytes the master key and the master salt of p have; 0 if
// we do not have it.
func (p Profile) Sizes() (key, salt int) {
	switch p {
	case AES128CMSHA180:
		return 16, 14 // RFC 5764 §4.1.2
	case AES128GCM:
		return 16, 12 // RFC 7714 §12
	}
	return 0, 0
}

// Keys are what one direction of a session is protected with. They are secret.
type Keys struct {
	Profile   Profile
	Key, Salt []byte // master key and salt, as long as Profile.Sizes says
}

// String keeps keys out of logs.
func (Keys) String() string { return "keys" }

const (
	// SecureSize is by how many bytes Protect makes an RTP packet longer, at the most.
	SecureSize = 16
	// SecureReportSize is by how many bytes ProtectReport makes an RTCP packet longer, at the most.
	SecureReportSize = SecureSize + 4

	// replayWindow is how many packets late one may come and still be known for new.
	replayWindow = 128
	// maxStreams is how many SSRCs a far end may have: each costs memory for as long as the session lives.
	maxStreams = 32
)

// ErrUnverified means that a packet is not what the far end sent, or has come before.
var ErrUnverified = errors.New("rtp: packet does not verify")

// Protector protects the packets of one direction (RFC 3711). It is used by one
// goroutine at a time.
type Protector struct {
	context *srtp.Context
	header  rtp.Header
	reports rtcp.Header
}

// NewProtector makes a Protector. The keys are copied.
func NewProtector(k Keys) (*Protector, error) {
	c, err := newContext(k)
	if err != nil {
		return nil, err
	}
	return &Protector{context: c}, nil
}

func newContext(k Keys, opts ...srtp.ContextOption) (*srtp.Context, error) {
	key, salt := k.Profile.Sizes()
	if key == 0 || len(k.Key) != key || len(k.Salt) != salt {
		return nil, fmt.Errorf("protect rtp: %s with a key of %d and a salt of %d bytes: want %d and %d", k.Profile, len(k.Key), len(k.Salt), key, salt)
	}
	c, err := srtp.CreateContext(k.Key, k.Salt, srtp.ProtectionProfile(k.Profile), opts...)
	if err != nil {
		return nil, fmt.Errorf("protect rtp: %s: %w", k.Profile, err)
	}
	return c, nil
}

// Protect protects an RTP packet in place and returns it: b needs SecureSize bytes
// of capacity behind it. It does not allocate. The error is of one who has sent
// 2⁴⁸ packets, or of what is no packet.
func (p *Protector) Protect(b []byte) ([]byte, error) {
	return p.context.EncryptRTP(b, b, &p.header)
}

// ProtectReport protects an RTCP packet likewise; b needs SecureReportSize bytes
// of capacity behind it. It may allocate: a session sends one every few seconds.
func (p *Protector) ProtectReport(b []byte) ([]byte, error) {
	return p.context.EncryptRTCP(b, b, &p.reports)
}

// Verifier verifies and decrypts the packets of one direction. It is used by one
// goroutine at a time.
type Verifier struct {
	context *srtp.Context
	header  rtp.Header
	reports rtcp.Header
	last    uint32 // SSRC, the one heard last
	streams map[uint32]struct{}
}

// NewVerifier makes a Verifier. The keys are copied.
func NewVerifier(k Keys) (*Verifier, error) {
	c, err := newContext(k, srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, err
	}
	return &Verifier{context: c, streams: make(map[uint32]struct{})}, nil
}

// Unprotect verifies an RTP packet and decrypts it in place. What has come before
// does not verify (RFC 3711 §3.3.2). It does not allocate, but for the first packet of a
// stream, and for one that does not verify. The error is ErrUnverified; b is spoilt then.
func (v *Verifier) Unprotect(b []byte) ([]byte, error) {
	if len(b) < HeaderSize {
		return nil, ErrUnverified
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	if !v.admits(ssrc) {
		return nil, ErrUnverified
	}
	b, err := v.context.DecryptRTP(b, b, &v.header)
	if err != nil {
		return nil, ErrUnverified
	}
	v.heard(ssrc)
	return b, nil
}

// UnprotectReport verifies an RTCP packet and decrypts it in place, as Unprotect
// does. One that verifies and is not encrypted is heard as well (RFC 3711 §3.4).
func (v *Verifier) UnprotectReport(b []byte) ([]byte, error) {
	if len(b) < 8 {
		return nil, ErrUnverified
	}
	ssrc := binary.BigEndian.Uint32(b[4:])
	if !v.admits(ssrc) {
		return nil, ErrUnverified
	}
	b, err := v.context.DecryptRTCP(b, b, &v.reports)
	if err != nil {
		return nil, ErrUnverified
	}
	v.heard(ssrc)
	return b, nil
}

// admits reports whether a stream is known, or may still be.
func (v *Verifier) admits(ssrc uint32) bool {
	if ssrc == v.last || len(v.streams) < maxStreams {
		return true
	}
	_, known := v.streams[ssrc]
	return known
}

// heard takes note of a stream that has been verified.
func (v *Verifier) heard(ssrc uint32) {
	if ssrc != v.last || len(v.streams) == 0 {
		v.last = ssrc
		v.streams[ssrc] = struct{}{}
	}
}
