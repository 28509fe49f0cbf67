package signal

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/token"
	"confab/internal/turn"
)

// Path is where the Voice SDK looks for the socket.
const Path = "/signal"

// The times of the protocol.
const (
	listenTime    = 10 * time.Second // for a socket to say who it is
	beatEvery     = 7 * time.Second  // the Voice SDK gives a socket up after 15 s without anything
	quietTime     = 30 * time.Second // without an echo: the far end is gone
	writeTime     = 10 * time.Second // for a frame to be taken by the network
	reconnectTime = 30 * time.Second // for a page to come back for its call
	keysEvery     = 2 * time.Second  // it is looked whether keys were removed
	defaultRing   = time.Minute
)

// The bounds of one socket. Who goes beyond one is cut off.
const (
	maxFrame   = 64 << 10 // bytes; an offer has about 4 KB
	maxWaiting = 64       // frames that wait to be written
	maxRate    = 50       // frames a second that are read, in the long run
	maxBurst   = 200
	maxText    = 4 << 10 // bytes of the custom parameters of a call
	maxParams  = 64
)

// Tokens checks access tokens; token.Checker is one.
type Tokens interface {
	// Check returns what a token says. What is wrong with it is a *token.Error.
	Check(ctx context.Context, text string) (token.Token, error)
	// Exists reports whether the API key is still there that a token was signed with.
	Exists(ctx context.Context, key contract.KeySID) (bool, error)
}

// Handler takes over the legs of browsers that call; call.Calls is one.
type Handler interface {
	// Accept takes over a leg. It may block until a refusal is confirmed.
	Accept(leg.Leg)
}

// Peers makes the voices of browsers: a webrtc.Transport, with its peers as Peer.
type Peers interface {
	// Answer answers an offer of a browser.
	Answer(ctx context.Context, offer []byte) (Peer, []byte, error)
	// Offer makes an offer to a browser, of the codecs or of all there are.
	Offer(ctx context.Context, codecs ...codec.Codec) (Peer, []byte, error)
}

// Peer is the voice of one browser; *webrtc.Peer is one, and says more of each.
type Peer interface {
	Accept(answer []byte) error
	Reoffer(offer []byte) (answer []byte, err error)
	Start()
	Session() *media.Session
	Connected() <-chan struct{}
	Done() <-chan struct{}
	Err() error
	Close() error
}

// Config is what a Server is made of. Account, Tokens, Peers and Handler are required.
type Config struct {
	Account contract.AccountSID
	Tokens  Tokens
	Peers   Peers
	Handler Handler
	Limits  Limits
	ICE     turn.Config  // servers that browsers are told of
	Log     *slog.Logger // nil discards

	// Trace is told, when not nil, of every frame about a call, as it passes; locks
	// may be held meanwhile. It must not block.
	Trace func(Traced)
}

// Limits bounds what browsers may take; zero means the default.
type Limits struct {
	Sockets     int // at a time: 10,000. One more is answered 503
	PerAddress  int // sockets of one IP address: 1,000, for many sit behind one proxy. One more is answered 429
	PerIdentity int // registered sockets of one identity: 10. With one more, the oldest is told that it is offline
	PerSocket   int // calls of one socket at a time: 8. One more is hung up, busy
}

func (l Limits) orDefault() Limits {
	return Limits{
		Sockets: cmp.Or(l.Sockets, 10_000), PerAddress: cmp.Or(l.PerAddress, 1000),
		PerIdentity: cmp.Or(l.PerIdentity, 10), PerSocket: cmp.Or(l.PerSocket, 8),
	}
}

func (c Config) validate() error {
	switch {
	case !c.Account.Valid():
		return errors.New("signal: no account")
	case c.Tokens == nil || c.Peers == nil || c.Handler == nil:
		return errors.New("signal: tokens, peers and handler are required")
	case c.Limits.Sockets < 0 || c.Limits.PerAddress < 0 || c.Limits.PerIdentity < 0 || c.Limits.PerSocket < 0:
		return errors.New("signal: a bound is negative")
	}
	return nil
}

// Stats is a snapshot of what a Server holds and has counted.
type Stats struct {
	Sockets    int // now
	Identities int // registered now, by how many sockets whatever
	Registered int // sockets that can be called
	Legs       int // calls of browsers now
	Detached   int // of them, those whose page is to come back

	Refused    uint64 // sockets beyond a bound
	Denied     uint64 // tokens that were wrong
	Malformed  uint64 // frames that could not be read
	Revoked    uint64 // sockets whose API key was removed
	CutOff     uint64 // sockets that read too slowly, or said too much
	Reattached uint64 // legs that a page came back for
	Panics     uint64 // each ended its socket or its call
}
