package api

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"confab/internal/contract"
)

const (
	closedAccount = "AC0123456789abcdef0123456789abcdef"
	closedOther   = "ACffffffffffffffffffffffffffffffff"
	closedToken   = "sesamesesamesesamesesamesesame00"
)

// oneKey is the only API key that there is.
type oneKey struct{}

func (oneKey) Secret(_ context.Context, sid string) ([sha256.Size]byte, bool, error) {
	return sha256.Sum256([]byte("secret")), sid == "SK1", nil
}

func (oneKey) KeyRole(_ context.Context, sid string) (contract.Role, bool, error) {
	return contract.RoleAdminister, sid == "SK1", nil
}

// Whatever is served, by the very tables that say so, is closed to who has no
// credentials, those of another account, or a wrong key: nothing behind the door
// (there is no store here) is asked at all.
func TestRoutes_areClosedToStrangers(t *testing.T) {
	a := &API{cfg: Config{Account: closedAccount, Token: closedToken, Keys: oneKey{}}, log: slog.New(slog.DiscardHandler)}
	events := &Events{cfg: EventsConfig{API: a}, mux: http.NewServeMux()}
	for pattern, serve := range eventRoutes {
		events.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { _ = serve(events, w, r) })
	}
	type door struct {
		http.Handler
		path string
	}
	doors := []door{{a, Root + "Accounts"}, {a, Root + "Accounts/" + closedAccount}, {events, EventsRoot}, {events, EventsRoot + "nothing"}}
	for _, r := range routes {
		path := strings.ReplaceAll(strings.ReplaceAll(r.path, "{}", "CA0123456789abcdef0123456789abcdef"), "…", "/x/y")
		doors = append(doors, door{a, Root + "Accounts/" + closedAccount + "/" + path})
	}
	for pattern := range eventRoutes {
		_, path, _ := strings.Cut(pattern, " ")
		doors = append(doors, door{events, path})
	}
	for _, d := range doors {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"} {
			for who, header := range map[string]string{
				"nobody":                   "",
				"no word":                  "Basic",
				"no base64":                "Basic %%%",
				"no colon":                 basic("sesame"),
				"nothing":                  basic(":"),
				"no password":              basic(closedAccount + ":"),
				"a wrong token":            basic(closedAccount + ":" + strings.ToUpper(closedToken)),
				"a token and more":         basic(closedAccount + ":" + closedToken + "0"),
				"a token, ended by NUL":    basic(closedAccount + ":" + closedToken + "\x00"),
				"another account":          basic(closedOther + ":" + closedToken),
				"the token alone":          basic(":" + closedToken),
				"the other way round":      basic(closedToken + ":" + closedAccount),
				"a wrong secret of a key":  basic("SK1:Secret"),
				"a key that is not there":  basic("SK2:secret"),
				"a key with the token":     basic("SK1:" + closedToken),
				"a key without a secret":   basic("SK1:"),
				"another scheme":           "Bearer " + closedToken,
				"another scheme, as Basic": "Digest " + strings.TrimPrefix(basic(closedAccount+":"+closedToken), "Basic "),
			} {
				r := httptest.NewRequest(method, d.path, strings.NewReader("AuthToken="+closedToken))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.URL.RawQuery = "AccountSid=" + closedAccount + "&AuthToken=" + closedToken // no place for them
				if header != "" {
					r.Header.Set("Authorization", header)
				}
				w := httptest.NewRecorder()
				d.ServeHTTP(w, r)
				if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || strings.Contains(w.Body.String(), "sesame") {
					t.Errorf("%s: %s %s: %d %s", who, method, d.path, w.Code, w.Body)
				}
			}
		}
	}
}

func basic(credentials string) string {
	r := &http.Request{Header: http.Header{}}
	user, password, _ := strings.Cut(credentials, ":")
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}
