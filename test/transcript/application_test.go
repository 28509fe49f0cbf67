package transcript

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"confab/internal/signature"
)

func TestApplication(t *testing.T) {
	f := parsed(t, "x", `-- POST /voice 201 text/plain A=b --
one $APP
-- POST /voice --
two
-- GET /tone.wav media --
tone 440 1s
-- timeline --
`)
	for name, test := range map[string]struct {
		method, target, body string
		token                string
		kind                 string
		status               int
		fault                string
	}{
		"signed":            {"POST", "/voice?x=1", "A=1", authToken, "", 201, ""},
		"another token":     {"POST", "/voice", "A=1", "other", "", 201, "POST /voice: the signature is wrong"},
		"unsigned":          {"POST", "/voice", "A=1", "", "", 201, "POST /voice: the signature is wrong"},
		"callback":          {"GET", "/ended?A=1", "", authToken, "", 204, ""},
		"unsigned callback": {"GET", "/ended?A=1", "", "", "", 204, "GET /ended: the signature is wrong"},
		"method":            {"GET", "/voice", "", authToken, "", 405, "GET /voice: the file serves that path to another method"},
		"repeated":          {"POST", "/voice?A=1", "A=1", authToken, "", 201, "POST /voice: A is there 2 times"},
		"type":              {"POST", "/voice", "{}", authToken, "application/json", 400, "POST /voice: Content-Type application/json"},
		"sound":             {"GET", "/tone.wav", "", "", "", 200, ""},
		"sound with more":   {"GET", "/tone.wav?CallSid=CA1", "", "", "", 200, "GET /tone.wav: parameters with a request for sound"},
	} {
		a := &application{file: f, base: "http://app", token: authToken}
		a.open(func(url.Values) {})
		r := httptest.NewRequest(test.method, test.target, strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		form, _ := url.ParseQuery(test.body)
		if test.token != "" {
			r.Header.Set(signature.Header, signature.Sign(test.token, "http://app"+test.target, form))
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if got := strings.Join(a.faults, "; "); got != test.fault || w.Code != test.status {
			t.Errorf("%s: %d, fault %q", name, w.Code, got)
		}
	}
}

// Documents to one request are given in turn, and the last again and again.
func TestApplication_inTurn(t *testing.T) {
	f := parsed(t, "x", "-- GET /v A=b --\none $APP/x\n-- GET /w --\nother\n-- GET /v 500 --\ntwo\n-- timeline --")
	a := &application{file: f, base: "http://app", token: authToken}
	a.open(func(url.Values) {})
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v", nil))
		return w
	}
	if w := get(); w.Body.String() != "one http://app/x" || w.Header().Get("A") != "b" || w.Header().Get("Content-Type") != "text/xml" {
		t.Errorf("first: %v", w)
	}
	for range 2 {
		if w := get(); w.Body.String() != "two" || w.Code != 500 {
			t.Errorf("then: %v", w)
		}
	}
	if n := len(a.ledger.all()); n != 3 || len(a.ledger.left("")) != 0 || len(a.ledger.left("/v")) != 3 {
		t.Errorf("%d in the ledger", n)
	}
}
