package confab_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/logtest"
)

// A callback that was given up is shown, kept over a restart, sent again when it
// is asked for, and gone when it was taken; its token is the same all the time.
func TestParked_overARestart(t *testing.T) {
	var mu sync.Mutex
	answer, tokens := http.StatusNotFound, []string{}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		tokens = append(tokens, r.FormValue("SequenceNumber")+" "+r.Header.Get("I-Twilio-Idempotency-Token"))
		w.WriteHeader(answer)
	}))
	defer app.Close()
	seen := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return tokens
	}
	c := config(t)
	c.Account = confab.Account{SID: "AC0123456789abcdef0123456789abcdef", AuthToken: "thetokenthatsigned0123456789what"}
	c.Log = logtest.Watch(t, c.Account.AuthToken, "sesame")
	conf := contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: contract.AccountSID(c.Account.SID), FriendlyName: "tea", Status: contract.ConferenceCompleted}
	journal := openStore(t, c)
	for n := range 2 {
		journal.Append(contract.Event{Type: contract.EventConferenceEnd, Sequence: n + 1, Time: time.Now(), Conference: &conf,
			Callback: &contract.Callback{URL: app.URL + "/conf?key=sesame#rc=0"}})
	}
	closed(t, journal)

	s, stop := start(t, c)
	parked := func(want int) (first struct {
		Event struct {
			Token  string
			Params map[string]string
		}
		Attempts, Code int
		Message        string
		Due            bool
	}) {
		t.Helper()
		var page struct{ Parked []json.RawMessage }
		client := &http.Client{}
		defer client.CloseIdleConnections()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			code, body := get(t, client, "http://"+s.HTTP().String()+"/v1/parked?conference="+string(conf.SID), c.Account.SID, c.Account.AuthToken)
			if err := json.Unmarshal([]byte(body), &page); err != nil || code != 200 {
				t.Fatalf("/v1/parked: %d %s", code, body)
			}
			if len(page.Parked) == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d are parked, want %d: %s", len(page.Parked), want, body)
			}
		}
		if want > 0 {
			if err := json.Unmarshal(page.Parked[0], &first); err != nil {
				t.Fatal(err)
			}
		}
		return first
	}
	first := parked(2)
	if first.Event.Params["SequenceNumber"] != "1" || first.Attempts != 1 || first.Code != int(contract.CodeEventDelivery) || first.Message == "" || first.Due {
		t.Errorf("parked: %+v", first)
	}
	if want := "1 " + first.Event.Token; seen()[0] != want {
		t.Errorf("sent with %q, want %q", seen()[0], want)
	}
	stop()

	mu.Lock()
	answer = http.StatusOK
	mu.Unlock()
	s, _ = start(t, c)
	if again := parked(2); again.Event.Token != first.Event.Token || len(seen()) != 2 {
		t.Errorf("after the restart: %+v, and %d were sent", again, len(seen()))
	}
	r, err := http.NewRequest("POST", fmt.Sprintf("http://%s/v1/parked?conference=%s", s.HTTP(), conf.SID), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(c.Account.SID, c.Account.AuthToken)
	asked, err := http.DefaultClient.Do(r)
	if err != nil || asked.StatusCode != http.StatusAccepted {
		t.Fatalf("replay: %v, %v", asked, err)
	}
	asked.Body.Close()
	parked(0)
	if got := seen(); len(got) != 4 || got[0] != got[2] || got[1] != got[3] || got[0] == got[1] {
		t.Errorf("sent, by number and token: %q", got)
	}
}
