package confab_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"confab/internal/confab"
	"confab/internal/contract"
)

// catchUp is a switch whose journal has some events of two conferences.
type catchUp struct {
	t    *testing.T
	s    *confab.Switch
	url  string
	conf [2]contract.ConferenceSID
}

func newCatchUp(t *testing.T, more ...contract.Event) *catchUp {
	c := config(t)
	c.Account.SID, c.Account.AuthToken = "AC00112233445566778899aabbccddeeff", "abcdefghijklmnop0123"
	u := &catchUp{t: t, conf: [2]contract.ConferenceSID{contract.NewConferenceSID(), contract.NewConferenceSID()}}
	journal := openStore(t, c)
	for n := range 10 {
		e := contract.Event{Type: contract.EventParticipantJoin, Sequence: n/2 + 1, Time: time.Now(),
			Conference:  &contract.ConferenceInfo{SID: u.conf[n%2], Account: contract.AccountSID(c.Account.SID), FriendlyName: "tea", Status: contract.ConferenceCompleted},
			Participant: &contract.ParticipantInfo{Conference: u.conf[n%2], Call: contract.NewCallSID()}}
		if n == 9 {
			e.Type = contract.EventConferenceEnd
		}
		journal.Append(e)
	}
	for _, e := range more {
		e.Call.Account = contract.AccountSID(c.Account.SID)
		journal.Append(e)
	}
	closed(t, journal)
	var err error
	if u.s, err = confab.New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- u.s.Run(ctx) }()
	t.Cleanup(func() {
		begin := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > 8*time.Second {
			t.Errorf("it took %v to stop: a stream held it up", took)
		}
	})
	u.url = "http://" + u.s.HTTP().String()
	return u
}

func (u *catchUp) ask(method, path string, header ...string) *http.Response {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), method, u.url+path, nil)
	if err != nil {
		u.t.Fatal(err)
	}
	r.SetBasicAuth(string(u.s.Account().SID), u.s.Account().AuthToken)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

type page struct {
	Events []struct {
		Position, Sequence int
		Type, Token        string
		Params             map[string]string
	}
	Next, First, Last int
	More              bool
}

func (u *catchUp) page(path string) (p page) {
	u.t.Helper()
	answer := u.ask("GET", path)
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || answer.StatusCode != 200 {
		u.t.Fatalf("%s: %d, %v: %s", path, answer.StatusCode, err, text)
	}
	return p
}

func TestEvents_pages(t *testing.T) {
	u := newCatchUp(t)
	p := u.page("/v1/events?limit=4")
	if len(p.Events) != 4 || !p.More || p.Next != 4 || p.First != 1 || p.Last != 10 {
		t.Errorf("first page: %+v", p)
	}
	if e := p.Events[0]; e.Params["ConferenceSid"] != string(u.conf[0]) || e.Params["SequenceNumber"] != "1" || len(e.Token) != 32 {
		t.Errorf("an event: %+v", e)
	}
	p = u.page(fmt.Sprintf("/v1/events?limit=4&after=%d&conference=%s", p.Next, u.conf[1]))
	if len(p.Events) != 3 || p.More || p.Events[0].Position != 6 || p.Events[2].Type != "conference-end" {
		t.Errorf("the rest of a conference: %+v", p)
	}
	if p = u.page("/v1/events?type=conference-end"); len(p.Events) != 1 {
		t.Errorf("one type: %+v", p)
	}
	if p = u.page("/v1/events?after=10"); len(p.Events) != 0 || p.Next != 10 {
		t.Errorf("behind the end: %+v", p)
	}
	for path, want := range map[string]int{
		"/v1/events?limit=0": 400, "/v1/events?limit=1001": 400, "/v1/events?after=x": 400, "/v1/events?conference=CF1": 400,
		"/v1/events?call=CA1": 400, "/v1/events?confrence=" + string(u.conf[0]): 400, "/v1/nothing": 404, "/v1/parked": 200,
		"/v1/events/stream?after=-1": 400,
	} {
		if got := u.ask("GET", path).StatusCode; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := u.ask("POST", "/v1/parked?conference="+string(u.conf[0])).StatusCode; got != 202 {
		t.Errorf("replay: %d", got)
	}
	for _, path := range []string{"/v1/events", "/v1/events/stream", "/v1/live", "/v1/quality", "/v1/parked"} {
		answer, err := http.Get(u.url + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s without credentials: %d", path, answer.StatusCode)
		}
	}
}

// A stream begins where the last one ended, by the reader's own word, and ends
// when the switch does.
func TestEvents_stream(t *testing.T) {
	u := newCatchUp(t)
	for name, open := range map[string]*http.Response{
		"Last-Event-ID": u.ask("GET", "/v1/events/stream?after=1", "Last-Event-ID", "7"),
		"after":         u.ask("GET", "/v1/events/stream?after=7"),
	} {
		if got := open.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
			t.Fatalf("%s: %s", name, got)
		}
		var ids []string
		for lines := bufio.NewScanner(open.Body); len(ids) < 3 && lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				ids = append(ids, id)
			}
		}
		if got := strings.Join(ids, " "); got != "8 9 10" {
			t.Errorf("%s: %s", name, got)
		}
	}
	u.ask("GET", "/v1/live") // stays open
}

// A reader that does not read holds nobody up: not other readers, not the end.
func TestEvents_slowReader(t *testing.T) {
	u := newCatchUp(t)
	slow, err := net.Dial("tcp", u.s.HTTP().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	slow.(*net.TCPConn).SetReadBuffer(4096)
	r, err := http.NewRequestWithContext(t.Context(), "GET", u.url+"/v1/events/stream?after=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(string(u.s.Account().SID), u.s.Account().AuthToken)
	if err := r.Write(slow); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReaderSize(slow, 16).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	// It has begun, and is read no further; another one is.
	quick := u.ask("GET", "/v1/events/stream?after=9")
	for lines := bufio.NewScanner(quick.Body); lines.Scan(); {
		if lines.Text() == "id: 10" {
			return // and the cleanup finds that the slow one does not hold up the end
		}
	}
	t.Error("the quick reader was not told")
}
