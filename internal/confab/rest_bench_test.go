package confab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

const (
	restRooms = 50 // conferences that are up
	restCalls = 4  // calls in each
	restAsked = 8  // requests in flight
)

// site is a switch with 200 calls up, on real sockets: SIP and RTP on one side,
// the REST API on the other.
type site struct {
	b        *testing.B
	client   *http.Client
	account  string // URL of the account, without an end
	user     string
	password string
	seats    []benchSeat
}

// benchSeat is a participant, whose muting is changed by one request at a time.
type benchSeat struct {
	conference, call string
	mu               *sync.Mutex
	muted            bool
}

func newSite(b *testing.B) *site {
	room := regexp.MustCompile(`room-\d+`)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<Response><Dial><Conference beep="false" waitUrl="">%s</Conference></Dial></Response>`, room.FindString(r.FormValue("To")))
	}))
	b.Cleanup(app.Close)
	c := config(b)
	c.RTPPorts = confab.PortRange{First: 20000, Last: 28999}
	c.Numbers = []confab.Number{{Number: "*", VoiceURL: app.URL}}
	s, _ := start(b, c)
	call(b, s.SIP().String())
	transport := &http.Transport{MaxIdleConnsPerHost: restAsked}
	b.Cleanup(transport.CloseIdleConnections)
	account := s.Account()
	w := &site{b: b, client: &http.Client{Transport: transport}, user: string(account.SID), password: account.AuthToken,
		account: "http://" + s.HTTP().String() + api.Root + "Accounts/" + string(account.SID)}
	for len(w.seats) < restRooms*restCalls { // who is answered has not joined yet
		w.look()
	}
	return w
}

// call puts the calls up: each sends voice and is sent voice until the end.
func call(b *testing.B, to string) {
	plane, err := media.New(media.Config{PortLow: 30000, PortHigh: 59999, Loops: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { plane.Close() })
	phones, err := sip.New(sip.Config{Addr: "127.0.0.1:0", Plane: plane})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { phones.Close() })
	for n := range restRooms * restCalls {
		l, err := phones.Dial(b.Context(), leg.Target{URI: fmt.Sprintf("sip:room-%d@%s", n/restCalls, to), From: "caller", Timeout: 30 * time.Second}, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			l.Hangup(ctx, contract.CauseFarEnd)
		})
	}
}

// look finds who is in which conference.
func (w *site) look() {
	w.seats = nil
	var conferences struct{ Conferences []struct{ SID string } }
	w.read("/Conferences.json?Status=in-progress&PageSize=1000", &conferences)
	for _, c := range conferences.Conferences {
		var in struct {
			Participants []struct {
				Call string `json:"call_sid"`
			}
		}
		w.read("/Conferences/"+c.SID+"/Participants.json", &in)
		for _, p := range in.Participants {
			w.seats = append(w.seats, benchSeat{conference: c.SID, call: p.Call, mu: new(sync.Mutex)})
		}
	}
}

func (w *site) read(path string, into any) {
	body, err := w.ask(http.MethodGet, path, "")
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		w.b.Fatal(err)
	}
}

// ask makes a request and returns the body of an answer 200.
func (w *site) ask(method, path, form string) ([]byte, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, w.account+path, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(w.user, w.password)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, body)
	}
	return body, err
}

// want makes a request whose answer must have words in it.
func (w *site) want(words, method, path, form string) error {
	body, err := w.ask(method, path, form)
	if err == nil && !strings.Contains(string(body), words) {
		err = fmt.Errorf("%s %s %s: no %s in %s", method, path, form, words, body)
	}
	return err
}

func (w *site) list(s *benchSeat) error {
	return w.want(s.call, http.MethodGet, "/Conferences/"+s.conference+"/Participants.json", "")
}

func (w *site) fetch(s *benchSeat) error {
	return w.want(s.call, http.MethodGet, "/Calls/"+s.call+".json", "")
}

func (w *site) mute(s *benchSeat) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = !s.muted
	return w.want(fmt.Sprintf(`"muted":%v`, s.muted), http.MethodPost, "/Conferences/"+s.conference+"/Participants/"+s.call+".json",
		fmt.Sprintf("Muted=%v", s.muted))
}

// run makes b.N requests, eight in flight, each about another participant, of
// the kinds in turn.
func (w *site) run(b *testing.B, kinds ...func(*benchSeat) error) {
	var next atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	var asking sync.WaitGroup
	began := time.Now()
	for range restAsked {
		asking.Go(func() {
			var mine []time.Duration
			for n := int(next.Add(1)) - 1; n < b.N; n = int(next.Add(1)) - 1 {
				asked := time.Now()
				if err := kinds[n%len(kinds)](&w.seats[n%len(w.seats)]); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(asked))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	asking.Wait()
	b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "requests/s")
	if len(took) > 0 {
		b.ReportMetric(quantile(took, 0.5), "p50-ms")
		b.ReportMetric(quantile(took, 0.99), "p99-ms")
	}
}

// How many REST requests are answered in a second while 200 calls are up, and
// how long each takes. The callers and the client have their share of the
// machine.
func BenchmarkREST(b *testing.B) {
	w := newSite(b)
	b.Run("list-participants", func(b *testing.B) { w.run(b, w.list) })
	b.Run("fetch-call", func(b *testing.B) { w.run(b, w.fetch) })
	b.Run("mute", func(b *testing.B) { w.run(b, w.mute) })
	b.Run("mix", func(b *testing.B) { w.run(b, w.list, w.fetch, w.mute) })
}
