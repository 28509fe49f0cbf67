package confab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"confab/internal/api"
	"confab/internal/call"
	"confab/internal/certificate"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/interp"
	"confab/internal/leg"
	"confab/internal/line"
	"confab/internal/media"
	"confab/internal/signal"
	"confab/internal/sip"
	"confab/internal/speech"
	"confab/internal/store"
	"confab/internal/story"
	"confab/internal/webhook"
	"confab/internal/webrtc"
)

// LineHost is the name under which applications inside the program are asked:
// the built-in line is at http://line.confab.internal/voice. It never resolves.
const LineHost = "line.confab.internal"

// Switch is one running switch: everything that New put together.
type Switch struct {
	cfg      Config
	log      *slog.Logger
	codecs   []string // that are offered, by name
	warnings []string // for the banner: what is amiss, in one line each

	store       *store.Store
	stories     *story.Book
	account     store.Account
	rooms       *line.Rooms
	speaker     *speech.Speaker
	plane       *media.Plane
	webhook     *webhook.Client
	conferences *conference.Conferences
	announcer   conference.Prompter // of announcements to a whole conference
	secure      *webrtc.Transport   // voices that are protected
	browsers    *signal.Server
	calls       *call.Calls
	clients     clients // who can be called
	delivery    *webhook.Delivery
	listener    net.Listener       // of HTTP
	certificate certificate.Source // of HTTP; nil: HTTP is plain
	redirect    net.Listener       // of plain HTTP beside HTTPS; nil: none
	debug       net.Listener       // of profiles; nil: none
	dialogs     *dialogs
	sip         *sip.Server
	entry       *entry

	opened []func() error // how to close what was opened, in the order of opening
	state  atomic.Int32   // see ready

	stopping chan struct{} // closed when streams of events are to end
}

// New puts a switch together, from the bottom up. Everything that can fail does
// so here: the error is one line, and nothing is left open. SIP is served from
// the end of New on, all else from Run on; a switch that is not run is closed.
func New(c Config) (*Switch, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Program == "" {
		c.Program = "confab"
	}
	s := &Switch{cfg: c, log: c.Log, stopping: make(chan struct{})}
	for _, open := range []func(context.Context) error{
		s.openStore, s.openLine, s.openVoice, s.openBrowsers, s.openCalls, s.openTLS, s.openHTTP, s.openDebug, s.openSIP,
	} {
		if err := open(context.Background()); err != nil {
			if lost := s.Close(); lost != nil {
				s.log.Error("not closed", "err", lost)
			}
			return nil, err
		}
	}
	return s, nil
}

// openStore takes possession of the data directory: the journal, the records,
// the account, the numbers.
func (s *Switch) openStore(ctx context.Context) (err error) {
	if s.store, err = store.Open(ctx, s.cfg.Data, s.log); err != nil {
		return err
	}
	s.closeLater(s.store.Close)
	given := store.Account{SID: contract.AccountSID(s.cfg.Account.SID), AuthToken: s.cfg.Account.AuthToken}
	if s.account, err = s.store.Account(given); err != nil {
		return err
	}
	if s.cfg.Stories {
		s.stories = story.New(s.store, s.account.SID, s.log)
	}
	s.closeLater(func() error { s.stories.Flush(); return nil })
	if err := s.store.SetConfigNumbers(s.cfg.NumberInfos()); err != nil {
		return err
	}
	return s.endCutOff(ctx)
}

// openLine makes the built-in line, and the client that asks it and every other
// application.
func (s *Switch) openLine(ctx context.Context) (err error) {
	if s.rooms, err = line.OpenRooms(ctx, s.cfg.Data); err != nil {
		return err
	}
	s.closeLater(s.rooms.Close)
	app, err := line.New(line.Config{Rooms: s.rooms, Token: s.account.AuthToken, Log: s.log})
	if err != nil {
		return err
	}
	s.webhook = webhook.New(webhook.Config{
		Tokens: s.token,
		Policy: webhook.Policy{AllowLoopback: s.cfg.Webhook.AllowLoopback, AllowPrivate: s.cfg.Webhook.AllowPrivate, Allow: s.cfg.Webhook.Allow},
		Dial:   s.cfg.Net.Dial,
		Lookup: s.cfg.Net.lookup(),
		Local:  map[string]http.Handler{LineHost: app, SayHost: http.HandlerFunc(say)},
		Log:    s.log,
	})
	s.closeLater(func() error { s.webhook.Close(); return nil })
	s.delivery = webhook.NewDelivery(webhook.DeliveryConfig{
		Client: s.webhook, Journal: s.store, Parking: s.store, RetryFor: s.cfg.Webhook.RetryFor,
		Failed: s.store.Warn, Told: s.tells(), Log: s.log,
	})
	return nil
}

// token is the secret that signs what is sent for an account: there is one.
func (s *Switch) token(of contract.AccountSID) (string, bool) {
	return s.account.AuthToken, of == s.account.SID
}

// openVoice starts the media loops.
func (s *Switch) openVoice(context.Context) (err error) {
	ip, _, err := hostPort(s.cfg.SIP, "sip", "")
	if err != nil {
		return err
	}
	s.plane, err = media.New(media.Config{
		Bind:    ip,
		PortLow: int(s.cfg.RTPPorts.First), PortHigh: int(s.cfg.RTPPorts.Last),
		Loops: s.cfg.Media.Loops, Pin: s.cfg.Media.Pin,
		MediaTimeout: s.cfg.MediaTimeout,
		AutoLevel:    s.cfg.Media.AutoLevel,
		ListenPacket: s.cfg.Net.ListenPacket,
		Log:          s.log,
	})
	if err != nil {
		return portError("sip", s.cfg.SIP, err)
	}
	s.closeLater(s.plane.Close)
	// A loop that has work keeps its processor of Go's also while it sleeps in the
	// kernel. All else shall have as many as there would be without loops.
	if n := len(s.plane.Loops()) + runtime.NumCPU(); runtime.GOMAXPROCS(0) < n {
		runtime.GOMAXPROCS(n)
	}
	return nil
}

// openCalls makes what calls are run by.
func (s *Switch) openCalls(ctx context.Context) error {
	engine, err := s.engine(ctx)
	if err != nil {
		return err
	}
	s.speaker, err = speech.New(speech.Config{Engine: engine, CacheDir: s.speechCache(), Log: s.log})
	if err != nil {
		return err
	}
	s.conferences, err = conference.New(conference.Config{
		Plane: s.plane, Journal: s.stories.Watch(s.store), MaxParticipants: s.cfg.participants(), Talks: s.talks(), Log: s.log,
	})
	if err != nil {
		return err
	}
	s.closeLater(func() error { s.conferences.Close(); return nil })
	scripts, err := interp.New(interp.Config{
		Webhook: s.webhook, Speech: s.speaker, Conferences: s.conferences, Plane: s.plane,
		Line: "http://" + LineHost + "/voice", Stories: s.stories, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.announcer = scripts.Announcer()
	s.clients = clients{browsers: s.browsers, address: s.cfg.Clients}
	s.calls, err = call.New(call.Config{
		Account: s.account.SID, Journal: s.stories.Watch(s.store), Numbers: s.store, Applications: s.store, Handler: scripts,
		Dialers:  map[string]leg.Dialer{"client": &s.clients},
		MaxCalls: s.cfg.MaxCalls, TimeLimit: s.cfg.TimeLimit, Log: s.log,
	})
	if err == nil {
		s.closeLater(func() error { s.calls.Close(); return nil })
	}
	return err
}

// engine is what speaks; nil when nothing does.
func (s *Switch) engine(ctx context.Context) (speech.Engine, error) {
	switch {
	case s.cfg.SpeechEngine != nil:
		return s.cfg.SpeechEngine, nil
	case s.cfg.Speech.Engine == "tones":
		return speech.NewTones(), nil
	case s.cfg.Speech.Engine == "none":
		return nil, nil
	}
	found, err := speech.Find(ctx)
	switch {
	case err == nil:
		return found, nil
	case s.cfg.Speech.Engine != "auto":
		return nil, fmt.Errorf("speech.engine: %s: %w; install it (apt-get install %s), or say auto", s.cfg.Speech.Engine, err, s.cfg.Speech.Engine)
	case !errors.Is(err, speech.ErrNoEngine):
		return nil, err
	}
	s.warnings = append(s.warnings, "no speech engine is installed, so prompts are short tones: apt-get install espeak-ng")
	return nil, nil
}

func (s *Switch) speechCache() string {
	if s.cfg.Speech.Cache != "" {
		return s.cfg.Speech.Cache
	}
	return filepath.Join(s.cfg.Data, "speech")
}

// openHTTP takes the port of the API.
func (s *Switch) openHTTP(context.Context) (err error) {
	if s.listener, err = s.cfg.Net.listen("tcp", s.cfg.HTTP); err != nil {
		return portError("http", s.cfg.HTTP, err)
	}
	s.closeLater(func() error { return closeListener(s.listener) })
	var sessions api.Sessions
	signedIn := s.openSessions()
	if signedIn != nil {
		sessions = signedIn
	}
	rest, err := api.New(api.Config{
		Account: s.account.SID, Token: s.account.AuthToken,
		Store: s.store, Calls: s.calls, Conferences: s.conferences,
		Keys: s.store, Sessions: sessions, Blocks: s.cfg.blocks(), ICE: s.cfg.ICE.servers(), Prompter: s.announcer, Log: s.log,
	})
	if err != nil {
		return err
	}
	events := api.NewEvents(api.EventsConfig{API: rest, Store: s.store, Stories: s.stories, Params: webhook.EventParams, Token: webhook.Token, Host: s.host, Stopping: s.stopping})
	people, err := s.openConsole(rest, signedIn)
	if err != nil {
		return err
	}
	mux := newMux(rest, events, s.browsers, people, newRegistry(s), s.ready)
	if err := s.serveRooms(mux, rest); err != nil {
		return err
	}
	s.entry = &entry{next: strict(mux, s.certificate), log: s.log}
	return nil
}

// openSIP takes the ports of SIP. It comes last: from here on calls come in.
func (s *Switch) openSIP(context.Context) (err error) {
	if s.dialogs, err = openDialogs(filepath.Join(s.cfg.Data, "dialogs.jsonl"), s.log); err != nil {
		return err
	}
	s.closeLater(s.dialogs.close)
	codecs, accepted, err := s.openCodecs()
	if err != nil {
		return err
	}
	s.sip, err = sip.New(sip.Config{
		Addr: s.cfg.SIP, Codecs: codecs, Accepted: accepted, Advertise: s.cfg.Advertise, Trusted: s.cfg.SIPTrusted,
		ListenPacket: s.cfg.Net.ListenPacket, Listen: s.cfg.Net.Listen, Dial: s.cfg.Net.Dial,
		Plane: s.plane, Secure: s.secure, Handler: s.calls, OnDialog: s.dialogs.note, Trace: s.traces(), Agent: "Confab", Log: s.log,
	})
	if err != nil {
		return portError("sip", s.cfg.SIP, err)
	}
	s.closeLater(s.sip.Close)
	s.clients.sip = s.sip
	return nil
}

func (s *Switch) closeLater(f func() error) { s.opened = append(s.opened, f) }

// Close closes what New opened, from the top down, at once. Run does it too.
func (s *Switch) Close() error {
	var errs []error
	for i := len(s.opened) - 1; i >= 0; i-- {
		errs = append(errs, s.opened[i]())
	}
	s.opened = nil
	return errors.Join(errs...)
}

// SIP returns the address that SIP is served on.
func (s *Switch) SIP() netip.AddrPort { return s.sip.Addr() }

// HTTP returns the address that the API is served on.
func (s *Switch) HTTP() netip.AddrPort { return address(s.listener) }

// address is where l listens.
func address(l net.Listener) netip.AddrPort {
	a, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return netip.AddrPort{} // a listener of another kind than TCP
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Redirect returns the address of plain HTTP beside HTTPS; it is not valid when
// there is none.
func (s *Switch) Redirect() netip.AddrPort {
	if s.redirect == nil {
		return netip.AddrPort{}
	}
	return address(s.redirect)
}

// Account returns the account that the switch works for, its secret included.
func (s *Switch) Account() store.Account { return s.account }
