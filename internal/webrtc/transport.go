package webrtc

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"confab/internal/codec"
	"confab/internal/media"
)

// Errors that callers branch on.
var (
	// ErrLost means that a far end was connected, and checks no more (RFC 7675 §5.1).
	ErrLost = errors.New("the far end is gone: it has not checked for 30 s")
	// ErrUnconnected means that a far end did not connect after Start.
	ErrUnconnected = errors.New("the far end did not connect within 30 s")
	// ErrFingerprint means that a far end showed another certificate than its SDP named.
	ErrFingerprint = errors.New("the far end's certificate is not the one that its SDP names")
	// ErrHungUp means that the far end has closed the connection (DTLS close_notify).
	ErrHungUp = errors.New("the far end has closed the connection")
	// ErrClosed means that the peer or the transport has been closed by us.
	ErrClosed = errors.New("closed")
)

// Config says what a Transport is made of. Plane is required.
type Config struct {
	// Plane makes the sessions. It has one Transport at the most.
	Plane *media.Plane

	// Codecs are what is offered, in this order, and accepted: of an offer the
	// one with the widest band. Nil: Opus where the system has it, G.722, PCMU, PCMA.
	Codecs []codec.Codec

	// Advertise is an address that far ends outside can reach us by, where a NAT
	// stands before us with the same ports. Zero: none.
	Advertise netip.Addr

	// Addresses lists the addresses of this host that are offered as candidates,
	// the best first. Nil: those of its network interfaces, loopback last.
	Addresses func() []netip.Addr

	Log *slog.Logger // nil discards
}

// Transport makes peers.
type Transport struct{ cfg Config }

// New makes a Transport. Its ports open as peers need them.
func New(c Config) (*Transport, error) {
	if c.Plane == nil {
		return nil, errors.New("webrtc: no media plane")
	}
	return &Transport{cfg: c}, nil
}

// Close closes all peers, and waits for what the Transport has started.
func (t *Transport) Close() error { return nil }

// Answer answers an offer of a far end (RFC 8829 §5.3), and returns its peer with
// an open session, which is set but not started: call Start once the answer is on
// its way. Errors: sdp.ErrNothingFits, sdp.ErrSyntax, media.ErrNoPort, ErrClosed.
func (t *Transport) Answer(ctx context.Context, offer []byte) (*Peer, []byte, error) {
	return nil, nil, errors.ErrUnsupported
}

// Offer makes an offer of ours (RFC 8829 §5.2) of these codecs, or of those of
// Config if there are none, and its peer; Accept takes the answer. Errors:
// media.ErrNoPort, ErrClosed.
func (t *Transport) Offer(ctx context.Context, codecs ...codec.Codec) (*Peer, []byte, error) {
	return nil, nil, errors.ErrUnsupported
}
