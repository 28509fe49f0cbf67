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
	config := webrtc.Config{Plane: s.plane, Codecs: s.browserCodecs(), Advertise: s.cfg.Advertise, Log: s.log}
	if low, high, ok := s.cfg.tcpPorts(); ok {
		config.Listen, config.TCPLow, config.TCPHigh = s.cfg.Net.listen, low, high
	}
	if s.secure, err = webrtc.New(config); err != nil {
		return fmt.Errorf("open the voice of browsers: %w", err)
	}
	s.closeLater(s.secure.Close)
	s.browsers, err = signal.New(signal.Config{
		Account: s.account.SID, Tokens: token.Checker{Account: s.account.SID, Secrets: s.store},
		Peers: peers{s.secure}, Handler: callers{s}, Trace: s.tracesFrames(), ICE: s.cfg.ICE.servers(), Log: s.log,
		Limits: s.cfg.Browsers.limits(),
	})
	if err == nil {
		s.closeLater(s.browsers.Close)
	}
	return err
}

// limits are the bounds of the browsers' door.
func (b Browsers) limits() signal.Limits {
	return signal.Limits{Sockets: b.Sockets, PerAddress: b.PerAddress, PerIdentity: b.PerIdentity, PerSocket: b.PerSocket}
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
	tcp := m.s.secure.Stats()
	send.gauge("browser_tcp_connections", "Connections by which browsers speak whose network lets no UDP out.", tcp.Connections)
	send.gauge("browser_tcp_strangers", "Connections to the same port that have not shown the credentials of a call yet.", tcp.Strangers)
	for _, d := range []struct {
		why string
		n   uint64
	}{{"bound", tcp.Full}, {"no credentials", tcp.Denied}, {"malformed", tcp.Malformed}} {
		send.count("browser_tcp_refusals_total", "Connections to that port that were closed, by why.", d.n, label{"why", d.why})
	}
	send.count("browser_tcp_packets_dropped_total", "Packets of these connections that were thrown away, for a browser read too slowly or said too much.", tcp.Dropped)
	for _, d := range []struct {
		why string
		n   uint64
	}{{"bound", n.Refused}, {"token", n.Denied}, {"malformed", n.Malformed}, {"key removed", n.Revoked}, {"cut off", n.CutOff}} {
		send.count("browser_refusals_total", "What browsers were refused: sockets beyond a bound, tokens, frames that could not be read, sockets whose API key was removed, sockets cut off for reading too slowly or saying too much.", d.n, label{"why", d.why})
	}
}
