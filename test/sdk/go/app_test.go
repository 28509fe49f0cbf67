package sdk

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/twilio/twilio-go/client"
)

// app is a customer's application, which lets in only what the library's
// validator says is from the owner of the token.
type app struct {
	*httptest.Server
	mu    sync.Mutex
	token string
	got   []request
}

// request is what the switch has asked, and whether it was signed as it must be.
type request struct {
	method, path string
	form         url.Values
	valid        bool
}

// team is where everybody meets. Its callbacks come with odd characters in
// their address, and by GET and POST.
const team = `<Response><Dial><Conference participantLabel="label %s" statusCallback="%s/events?room=a%%20b&amp;who=%%C3%%A9+~" ` +
	`statusCallbackMethod="%s" statusCallbackEvent="start end join leave mute hold">Team</Conference></Dial></Response>`

// newApp serves /team, by the number that calls, /faulty, which has an unknown
// noun, and takes callbacks at all other paths.
func newApp(t *testing.T) *app {
	t.Helper()
	a := &app{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, ok := a.take(t, r)
		if !ok {
			http.Error(w, "not signed by the owner of the token", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		switch r.URL.Path {
		case "/team":
			method := "POST" // the first one's choice is the conference's
			if form.Get("To") == byGET {
				method = "GET"
			}
			fmt.Fprintf(w, team, form.Get("From"), a.URL, method)
		case "/faulty":
			fmt.Fprint(w, `<Response><Pause length="soon"/><Hangup/></Response>`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(a.Close)
	t.Cleanup(func() { a.check(t) })
	return a
}

// take keeps a request and tells its parameters, and whether it is valid.
func (a *app) take(t *testing.T, r *http.Request) (url.Values, bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	validator := client.NewRequestValidator(a.token)
	asked, signature := a.URL+r.RequestURI, r.Header.Get("X-Twilio-Signature")
	var valid bool
	if r.Method == http.MethodGet {
		form = r.URL.Query()
		valid = validator.Validate(asked, nil, signature)
	} else {
		valid = validator.ValidateBody(asked, body, signature)
	}
	a.got = append(a.got, request{r.Method, r.URL.Path, form, valid})
	return form, valid
}

// trust tells the application the token.
func (a *app) trust(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = token
}

// asked returns what has come.
func (a *app) asked() []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.got)
}

// events returns the conference events that have come by a method.
func (a *app) events(method string) (names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.got {
		if r.path == "/events" && r.method == method {
			names = append(names, r.form.Get("StatusCallbackEvent"))
		}
	}
	return names
}

// check finds every request valid.
func (a *app) check(t *testing.T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.got) == 0 {
		t.Error("the application was asked nothing")
	}
	for _, r := range a.got {
		if !r.valid {
			t.Errorf("the library's validator refuses %s %s %v", r.method, r.path, r.form)
		}
	}
}
