package confab

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"confab/internal/api"
	"confab/internal/certificate"
	"confab/internal/console"
	"confab/internal/contract"
)

// openSessions returns those who are signed in at the console; nil when there is
// none.
func (s *Switch) openSessions() *console.Sessions {
	if !s.cfg.Console.Serve {
		return nil
	}
	// The names that the certificate is for are this host's.
	hosts := slices.Clone(s.cfg.Console.Hosts)
	if s.cfg.TLS.Self {
		names, _ := certificate.HostNames()
		hosts = append(hosts, names...)
	} else if s.certificate != nil && s.certificate.Name() != "" {
		hosts = append(hosts, strings.ToLower(s.certificate.Name()))
	}
	return console.NewSessions(console.SessionsConfig{
		Account: s.account.SID, Token: s.account.AuthToken, Store: s.store.Records,
		Hosts: hosts, Life: s.cfg.Console.Session,
	})
}

// openConsole returns the page for people; nil when there is none.
func (s *Switch) openConsole(rest *api.API, sessions *console.Sessions) (http.Handler, error) {
	if sessions == nil {
		return nil, nil
	}
	return console.New(console.Config{API: rest, Sessions: sessions, Log: s.log})
}

// consoleLink is where the console is, for the banner. Who tries the switch on
// their own machine, with the account that was made for it, is signed in by it,
// once; what anybody else has printed may end up in a log, and does not.
func (s *Switch) consoleLink(ctx context.Context) (link, note string, err error) {
	server := s.Origin()
	if s.cfg.Account.AuthToken != "" || !s.HTTP().Addr().IsLoopback() {
		return server + console.Root, ", signed in by the account; " + s.cfg.Program + " console prints a link", nil
	}
	token, err := console.NewLink(ctx, s.store.Records, contract.RoleAdminister)
	if err != nil {
		return "", "", err
	}
	return console.LinkURL(server, token), " (once, within 10 minutes)", nil
}
