package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/confab"
	"confab/internal/leg"
	"confab/internal/logtest"
	"confab/internal/memnet"
	"confab/internal/phone"
	"confab/internal/speech"
)

const (
	switchAddr = "192.0.2.1"
	appAddr    = "192.0.2.9:80"
	phoneAddr  = "192.0.2.20"
)

// live is a whole switch on an in-memory network under a fake clock, with an
// application and people who call.
type live struct {
	t       *testing.T
	network *memnet.Net
	client  *http.Client
	data    string // the directory
	phones  *phone.Phone

	mu        sync.Mutex
	documents map[string]string // by path
	events    []string          // the words of the conference's callbacks, with the label of whom they concern
	forms     []url.Values      // and their parameters
	dialled   []string          // addresses that the switch has connected to
}

// onStage plays f against a switch, and checks that nothing is left behind.
func onStage(t *testing.T, f func(s *live)) {
	data := filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		s := &live{t: t, network: memnet.New(), documents: map[string]string{}, data: data}
		defer s.serveApplication()()
		c := confab.Default()
		c.Data, c.HTTP, c.SIP, c.SpeechEngine = data, switchAddr+":8080", switchAddr+":5060", speech.NewTones()
		c.Webhook.AllowPrivate = true
		c.Webhook.Allow = append(c.Webhook.Allow, netip.MustParsePrefix("192.0.2.0/24"))
		c.Account.SID, c.Account.AuthToken = string(account), token
		c.Log = logtest.Watch(t, token)
		c.Numbers = []confab.Number{{Number: "*", VoiceURL: "http://" + appAddr + "/voice", VoiceFallbackURL: "http://" + appAddr + "/fallback"}}
		at := s.network.Host(netip.MustParseAddr(switchAddr))
		c.NumberBlocks = []confab.NumberBlock{{First: "+15550200", Last: "+15550209", Country: "US", Type: "local"}}
		c.Net = confab.Net{ListenPacket: at.ListenPacket, Listen: at.Listen, Dial: s.dials(at.Dial)}
		program, err := confab.New(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- program.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		far := s.network.Host(netip.MustParseAddr(phoneAddr))
		s.phones, err = phone.New(phone.Config{Bind: netip.MustParseAddr(phoneAddr), ListenPacket: far.ListenPacket, Listen: far.Listen, Dial: far.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.phones.Close()
		s.client = &http.Client{Transport: &http.Transport{DialContext: far.Dial}}
		defer s.client.CloseIdleConnections()
		f(s)
	})
}

// dials notes where the switch connects to.
func (s *live) dials(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		s.mu.Lock()
		s.dialled = append(s.dialled, addr)
		s.mu.Unlock()
		return dial(ctx, network, addr)
	}
}

// serveApplication serves the documents, each by the path and the caller's name
// in it, and writes down what it is told.
func (s *live) serveApplication() (stop func()) {
	l, err := s.network.Host(netip.MustParseAddrPort(appAddr).Addr()).Listen("tcp", appAddr)
	if err != nil {
		s.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.documents[r.URL.Path] == "503" {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		if event := r.Form.Get("StatusCallbackEvent"); event != "" {
			s.events = append(s.events, strings.TrimSpace(event+" "+r.Form.Get("ParticipantLabel")))
			s.forms = append(s.forms, r.Form)
			return
		}
		who, _, _ := strings.Cut(strings.TrimPrefix(r.Form.Get("From"), "sip:"), "@")
		document := s.documents[r.URL.Path]
		if d, ok := s.documents[r.URL.Path+" "+who]; ok {
			document = d
		}
		if document == "404" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, strings.ReplaceAll(document, "$who", who))
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	return func() { server.Close(); <-done }
}

// says gives the application a document; 404 is that it has none, 503 that it is down.
func (s *live) says(path, document string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents[path] = document
}

// told returns what the application was told so far.
func (s *live) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// meeting is the document that brings a caller, by name, into a conference.
const meeting = `<Response><Dial><Conference participantLabel="$who" waitUrl="" statusCallback="/events"
	statusCallbackEvent="start end join leave mute hold modify announcement">tea</Conference></Dial></Response>`

// calls has somebody call, humming at a pitch.
func (s *live) calls(who string, hz float64) *phone.Call {
	s.t.Helper()
	return s.callsNumber(who, "tea", hz)
}

// callsNumber has somebody call a number.
func (s *live) callsNumber(who, number string, hz float64) *phone.Call {
	s.t.Helper()
	c, err := s.phones.Call(s.t.Context(), phone.Options{Pitches: []float64{443, 617, 839, 1163, 2003},
		Target: leg.Target{URI: "sip:" + number + "@" + switchAddr + ":5060", From: who, Timeout: 20 * time.Second}})
	if err != nil {
		s.t.Fatalf("%s: %v", who, err)
	}
	go c.Play(s.t.Context(), audio.NewTone(8000, hz, -20, 0)) // until the call ends
	return c
}

// leave hangs everybody up who is still there.
func (s *live) leave(calls ...*phone.Call) {
	for _, c := range calls {
		if err := c.Hangup(context.Background()); err != nil {
			s.t.Errorf("hang up: %v", err)
		}
		<-c.Done()
	}
}

// hears listens for half a second and reports whether a pitch is in it.
func (s *live) hears(c *phone.Call, hz float64) bool {
	s.t.Helper()
	if _, err := c.Ears().Listen(s.t.Context(), 500*time.Millisecond); err != nil {
		s.t.Fatalf("listen: %v", err)
	}
	return c.Ears().Hears(hz) > -40
}

// ask asks the switch, with the account's credentials. form, if not nil, is the
// body.
func (s *live) ask(method, target string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+switchAddr+":8080"+target, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.SetBasicAuth(string(account), token)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	w := httptest.NewRecorder()
	w.Code = resp.StatusCode
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	if _, err := io.Copy(w.Body, resp.Body); err != nil {
		s.t.Fatal(err)
	}
	if strings.HasPrefix(target, own) {
		wellFormed(s.t, r, w)
	}
	return w
}

func (s *live) get(target string) map[string]any {
	s.t.Helper()
	return decode(s.t, s.ask("GET", target, nil), 200)
}

func (s *live) post(target string, form url.Values) map[string]any {
	s.t.Helper()
	return decode(s.t, s.ask("POST", target, form), 200)
}

// refused posts what must be refused.
func (s *live) refused(target string, form url.Values, status int, code float64) {
	s.t.Helper()
	if got := decode(s.t, s.ask("POST", target, form), status); got["code"] != code {
		s.t.Errorf("%s %v: got %v, want %v", target, form, got, code)
	}
}

// room returns the address of the one conference that lives, without extension.
func (s *live) room() string {
	s.t.Helper()
	list := s.get(own + "/Conferences.json?FriendlyName=tea&PageSize=1")["conferences"].([]any)
	if len(list) != 1 {
		s.t.Fatalf("conferences: %v", list)
	}
	return strings.TrimSuffix(list[0].(map[string]any)["uri"].(string), ".json")
}

// labels returns the labels of those in a conference, the last to join first.
func (s *live) labels(room, query string) string {
	s.t.Helper()
	var labels []string
	for _, p := range s.get(room + "/Participants.json" + query)["participants"].([]any) {
		labels = append(labels, fmt.Sprint(p.(map[string]any)["label"]))
	}
	return strings.Join(labels, " ")
}
