package webrtc

import (
	"errors"

	"confab/internal/media"
)

// Peer is one far end's connection. Its methods may be called from any goroutine.
type Peer struct {
	session   *media.Session
	connected chan struct{}
	done      chan struct{}
}

// Accept takes the answer to our offer. The session is set by it, not started.
// Errors: sdp.ErrNothingFits, sdp.ErrSyntax, ErrClosed.
func (p *Peer) Accept(answer []byte) error { return errors.ErrUnsupported }

// Reoffer answers a later offer of the far end: a change of direction or codec, or
// an ICE restart (RFC 8839 §4.4.1.1.1), for which the old way is used until the new one
// is nominated. Errors leave all as it was.
func (p *Peer) Reoffer(offer []byte) (answer []byte, err error) { return nil, errors.ErrUnsupported }

// Start starts the voice (media.Session.Start): the answer is on its way, or has
// come. From now on the far end has 30 s to connect, or the peer is done with
// ErrUnconnected. It may be repeated.
func (p *Peer) Start() {}

// Session returns the voice. It is never nil, and closes with the peer.
func (p *Peer) Session() *media.Session { return p.session }

// Connected is closed when voice can pass: a way has been nominated and keys agreed.
func (p *Peer) Connected() <-chan struct{} { return p.connected }

// Done is closed when the peer has ended, whoever ended it.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Err says why the peer ended; nil before Done.
func (p *Peer) Err() error { return nil }

// Close ends the peer and its session. It may be repeated.
func (p *Peer) Close() error { return nil }
