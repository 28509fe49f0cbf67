package confab

import (
	"context"
	"fmt"
	"strings"

	"confab/internal/codec"
	"confab/internal/leg"
	"confab/internal/signal"
	"confab/internal/token"
	"confab/internal/webrtc"
)

// openBrowsers makes the browsers' door, and what carries their voice and that of
// telephones which protect it. It is opened
// by HTTP.
func (s *Switch) openBrowsers(context.Context) (err error) {
	s.secure, err = webrtc.New(webrtc.Config{Plane: s.plane, Codecs: s.browserCodecs(), Advertise: s.cfg.Advertise, Log: s.log})
	if err != nil {
		return fmt.Errorf("open the voice of browsers: %w", err)
	}
	s.closeLater(s.secure.Close)
	s.browsers, err = signal.New(signal.Config{
		Account: s.account.SID, Tokens: token.Checker{Account: s.account.SID, Secrets: s.store},
		Peers: peers{s.secure}, Handler: callers{s}, Trace: s.tracesFrames(), ICE: s.cfg.ICE.servers(), Log: s.log,
	})
	if err == nil {
		s.closeLater(s.browsers.Close)
	}
	return err
}

// browserCodecs are the codecs of the configuration that browsers have, as far as
// this machine has them too; nil: all.
func (s *Switch) browserCodecs() (codecs []codec.Codec) {
	for _, name := range s.cfg.Codecs {
		switch {
		case strings.EqualFold(name, "opus"), strings.EqualFold(name, "G722"), strings.EqualFold(name, "PCMU"), strings.EqualFold(name, "PCMA"):
			if c, err := codec.Named(name); err == nil {
				codecs = append(codecs, c)
			}
		}
	}
	return codecs
}

// peers are the peers of a transport, as signal wants them.
type peers struct{ *webrtc.Transport }

// Answer answers an offer of a browser.
func (p peers) Answer(ctx context.Context, offer []byte) (signal.Peer, []byte, error) {
	peer, said, err := p.Transport.Answer(ctx, offer)
	if err != nil {
		return nil, nil, err
	}
	return peer, said, nil
}

// Offer makes an offer to a browser.
func (p peers) Offer(ctx context.Context, codecs ...codec.Codec) (signal.Peer, []byte, error) {
	peer, said, err := p.Transport.Offer(ctx, codecs...)
	if err != nil {
		return nil, nil, err
	}
	return peer, said, nil
}

// callers hands the legs of browsers to the calls, which are made after the door.
type callers struct{ s *Switch }

// Accept takes over a leg of a browser.
func (c callers) Accept(l leg.Leg) { c.s.calls.Accept(l) }

func (m metrics) browsers(send sender) {
	n := m.s.browsers.Stats()
	send.gauge("browser_sockets", "Sockets of browsers.", n.Sockets)
	send.gauge("browser_sockets_registered", "Sockets of browsers that can be called.", n.Registered)
	send.gauge("browser_identities_registered", "Identities that can be called, by however many sockets.", n.Identities)
	send.gauge("browser_calls", "Calls of browsers that live.", n.Legs)
	send.gauge("browser_calls_detached", "Calls of browsers whose page has lost its socket.", n.Detached)
	send.count("browser_calls_reattached_total", "Calls that their page came back for.", n.Reattached)
	for _, d := range []struct {
		why string
		n   uint64
	}{{"bound", n.Refused}, {"token", n.Denied}, {"malformed", n.Malformed}, {"cut off", n.CutOff}} {
		send.count("browser_refusals_total", "What browsers were refused: sockets beyond a bound, tokens, frames that could not be read, sockets cut off for reading too slowly or saying too much.", d.n, label{"why", d.why})
	}
}
