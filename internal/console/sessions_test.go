package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/api"
	"confab/internal/contract"
	"confab/internal/store"
)

const account = contract.AccountSID("AC00000000000000000000000000000001")

// newSessions returns the sessions of a new data directory.
func newSessions(t *testing.T, token string, records *store.Records) *Sessions {
	t.Helper()
	return NewSessions(SessionsConfig{Account: account, Token: token, Store: records, Hosts: []string{"phone.example.com"}})
}

func newRecords(t *testing.T) *store.Records {
	t.Helper()
	records, err := store.OpenShared(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	return records
}

// begun begins a session and returns the cookie that a browser keeps of it.
func begun(t *testing.T, s *Sessions, g api.Grant) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.begin(w, httptest.NewRequest("POST", "http://127.0.0.1:8080/console/session", nil), g); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// A request is the session's when it is made by the page itself, and changes
// something only with the session's token.
func TestSession_isForThePageItself(t *testing.T) {
	s := newSessions(t, "sesame", newRecords(t))
	cookie := begun(t, s, api.Grant{Role: contract.RoleModerate})
	csrf := csrfToken(cookie.Value)
	for name, test := range map[string]struct {
		method, host string
		header       map[string]string
		forged       bool
	}{
		"read":                           {"GET", "127.0.0.1:8080", nil, false},
		"read, by the page":              {"GET", "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		"read, typed":                    {"GET", "localhost:8080", map[string]string{"Sec-Fetch-Site": "none"}, false},
		"read, by a configured name":     {"GET", "Phone.Example.com", nil, false},
		"read, by another port":          {"GET", "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-site"}, true},
		"read, by another site":          {"GET", "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		"read, by another origin":        {"GET", "127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:9090"}, true},
		"read, by no origin":             {"GET", "127.0.0.1:8080", map[string]string{"Origin": "null"}, true},
		"read, by a name not known":      {"GET", "evil.example.com", nil, true},
		"change":                         {"POST", "127.0.0.1:8080", map[string]string{api.CSRFHeader: csrf, "Sec-Fetch-Site": "same-origin"}, false},
		"change, old browser":            {"POST", "127.0.0.1:8080", map[string]string{api.CSRFHeader: csrf, "Origin": "http://127.0.0.1:8080"}, false},
		"change, no token":               {"POST", "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, true},
		"change, wrong token":            {"DELETE", "127.0.0.1:8080", map[string]string{api.CSRFHeader: csrf[1:] + "x"}, true},
		"change, the secret as token":    {"POST", "127.0.0.1:8080", map[string]string{api.CSRFHeader: cookie.Value}, true},
		"change, token and another site": {"POST", "127.0.0.1:8080", map[string]string{api.CSRFHeader: csrf, "Sec-Fetch-Site": "cross-site"}, true},
		"change, typed":                  {"POST", "127.0.0.1:8080", map[string]string{api.CSRFHeader: csrf, "Sec-Fetch-Site": "none"}, true},
	} {
		r := httptest.NewRequest(test.method, "http://127.0.0.1:8080/v1/events", nil)
		r.Host = test.host
		r.AddCookie(cookie)
		for name, value := range test.header {
			r.Header.Set(name, value)
		}
		g, ok, err := s.Session(r)
		if errors.Is(err, api.ErrForged) != test.forged || ok == test.forged || ok && g.Role != contract.RoleModerate {
			t.Errorf("%s: %v %v %v", name, g, ok, err)
		}
	}
}

// A session ends with its time, with another AuthToken, with its key.
func TestSession_ends(t *testing.T) {
	records := newRecords(t)
	s := newSessions(t, "sesame", records)
	key, _, err := records.AddKey(t.Context(), "wall", contract.RoleLook)
	if err != nil {
		t.Fatal(err)
	}
	mine, keys := begun(t, s, api.Grant{Role: contract.RoleAdminister}), begun(t, s, api.Grant{Role: contract.RoleLook, Key: key.SID})
	found := func(s *Sessions, cookie *http.Cookie) (contract.Role, bool) {
		r := httptest.NewRequest("GET", "http://127.0.0.1:8080/", nil)
		r.AddCookie(cookie)
		g, ok, err := s.Session(r)
		if err != nil {
			t.Fatal(err)
		}
		return g.Role, ok
	}
	if role, ok := found(s, mine); !ok || role != contract.RoleAdminister {
		t.Errorf("the account's: %s %v", role, ok)
	}
	if _, ok := found(newSessions(t, "another", records), mine); ok {
		t.Error("it outlives the AuthToken")
	}
	if _, ok := found(newSessions(t, "another", records), keys); !ok {
		t.Error("a key's ends with the AuthToken")
	}
	if _, err := records.SetKeyRole(t.Context(), key.SID, contract.RoleModerate); err != nil {
		t.Fatal(err)
	}
	if role, _ := found(s, keys); role != contract.RoleModerate {
		t.Errorf("the key's role is now moderate, and the session's %s", role)
	}
	if _, err := records.RemoveKey(t.Context(), key.SID); err != nil {
		t.Fatal(err)
	}
	if _, ok := found(s, keys); ok {
		t.Error("it outlives its key")
	}
	s.cfg.Life = -time.Second
	if _, ok := found(s, begun(t, s, api.Grant{Role: contract.RoleLook})); ok {
		t.Error("it outlives its time")
	}
	if _, ok := found(s, &http.Cookie{Name: s.name, Value: strings.Repeat("A", len(mine.Value))}); ok {
		t.Error("any secret will do")
	}
}

// Of all who come with a link at once, one is let in.
func TestLink_signsInOnce(t *testing.T) {
	records := newRecords(t)
	s := newSessions(t, "sesame", records)
	link, err := NewLink(t.Context(), records, contract.RoleLook)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 8 {
		wg.Go(func() {
			g, ok, err := s.takeLink(context.Background(), link)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || ok && g.Role != contract.RoleLook {
				t.Errorf("%v %v", g, err)
			}
			if ok {
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d were let in", in)
	}
	if url := LinkURL("http://127.0.0.1:8080/", link); url != "http://127.0.0.1:8080/console/#sign-in="+link {
		t.Error(url)
	}
}

// A cookie over TLS is one that no other host and no plain page can have set.
func TestCookie_overTLS(t *testing.T) {
	s := newSessions(t, "sesame", newRecords(t))
	w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "https://phone.example.com/console/session", nil)
	if err := s.begin(w, r, api.Grant{Role: contract.RoleLook}); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || !strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("%v", c)
	}
}

// A few tries at once, then one every few seconds; being right gives them back,
// and other sources are not in it.
func TestTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries tries
		here, there := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/64")
		for i := range triesAtOnce {
			if wait := tries.take(here, time.Now()); wait > 0 {
				t.Fatalf("try %d waits %v", i, wait)
			}
		}
		wait := tries.take(here, time.Now())
		if wait != tryEvery {
			t.Errorf("the next waits %v", wait)
		}
		if tries.take(there, time.Now()) > 0 {
			t.Error("another source waits too")
		}
		time.Sleep(wait)
		if tries.take(here, time.Now()) > 0 {
			t.Error("it waits after it has waited")
		}
		tries.give(here)
		if tries.take(here, time.Now()) > 0 {
			t.Error("who was right waits")
		}
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = "[2001:db8::1:2%eth0]:99"
		if source(r) != there {
			t.Errorf("source: %v", source(r))
		}
	})
}

// The page is served with what keeps a browser to it, and is asked for again only
// when it has changed.
func TestFiles(t *testing.T) {
	f, err := loadFiles()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		Root: 200, Root + "now": 200, Root + "conferences/CF1": 200, Root + "app.js": 200, Root + "style.css": 200,
		Root + "nothing.js": 404, Root + "../doc.go": 404, Root + "pages/nothing.js": 404,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		f.serve(w, r)
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
		if w.Code != 200 {
			continue
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		f.serve(again, r)
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Code)
		}
	}
	h := http.Header{}
	guard(h, httptest.NewRequest("GET", "http://127.0.0.1:8080/console/", nil))
	if p := h.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || strings.Contains(p, "*") || !strings.HasPrefix(p, "default-src 'none'; ") {
		t.Error(p)
	}
}
