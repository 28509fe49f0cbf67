package media

import (
	"net/netip"
	"time"
)

const (
	// learnFor is how long after an SDP a session may learn its far end's
	// address from what arrives.
	learnFor = 10 * time.Second
	// movedAfter is how long a source must have been silent before the same
	// stream is accepted from another port of the same host.
	movedAfter = 2 * time.Second
)

// latch decides which source a session listens to. A far end behind a NAT
// sends from another address than its SDP names, so the address is learnt; a
// stranger must not be able to be the one that is learnt (RTP bleed,
// CVE-2017-14099 and its kin):
//
//   - until something has come, the SDP's address is accepted, and for learnFor
//     also any port of the host that the signalling comes from, but for what
//     is left of a call that ended a moment ago;
//   - the SDP's address wins over a learnt one within that time;
//   - then only that one source is heard, until the next SDP; but after
//     movedAfter of silence the same host may go on with the same stream from
//     another port (its NAT binding was renewed).
type latch struct {
	sdp    netip.AddrPort // where the SDP wants RTP sent; invalid if unknown or unspecified
	signal netip.Addr     // host that the signalling comes from; never another
	until  time.Duration  // end of learning
	source netip.AddrPort // the one listened to; invalid until latched
}

// reopen begins to learn anew, for a new SDP.
func (a *latch) reopen(sdp netip.AddrPort, now time.Duration) {
	if sdp != a.sdp {
		a.sdp, a.source = sdp, netip.AddrPort{}
	}
	a.until = now + learnFor
}

// accepts reports whether a packet from source, which is the latched or the
// SDP's address, may be heard.
func (a *latch) accepts(source netip.AddrPort, now time.Duration) bool {
	return source == a.source || source == a.sdp && (!a.source.IsValid() || now < a.until)
}

// learns reports whether source, known to nobody, may be latched onto.
func (a *latch) learns(source netip.AddrPort, now time.Duration) bool {
	return !a.source.IsValid() && now < a.until && source.Addr() == a.signal
}

// destination is where to send: the latched source, else the SDP's address.
func (a *latch) destination() netip.AddrPort {
	if a.source.IsValid() {
		return a.source
	}
	return a.sdp
}
