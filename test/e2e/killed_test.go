package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/phone"
)

// A call is given another status callback, and as soon as that is answered the
// server is killed: the next start ends the call, and tells whom it was given.
func TestKilled_whoIsToldOfACallIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("real calls take real time: not under -short")
	}
	t.Parallel()
	told := make(chan url.Values, 10)
	mine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		told <- r.Form
	}))
	defer mine.Close()
	s := newMortal(t, newReceiver(t, false), "")
	api := freePort(t)
	s.args = append(s.args, "--http", api)
	s.start()
	set, err := phone.New(phone.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	patient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := set.Call(patient, phone.Options{Target: leg.Target{URI: "sip:room1@" + s.sip, From: "caller"}})
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp(c)

	var live []contract.CallInfo
	until(t, 10*time.Second, "the call is answered in the journal", func() bool {
		live, err = s.open.LiveCalls(t.Context())
		return err == nil && len(live) == 1 && !live[0].Answered.IsZero()
	})
	var account struct {
		SID   string `json:"sid"`
		Token string `json:"auth_token"`
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "account.json"))
	if err == nil {
		err = json.Unmarshal(text, &account)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(patient, "POST", "http://"+api+"/2010-04-01/Accounts/"+account.SID+"/Calls/"+string(live[0].SID)+".json",
		strings.NewReader(url.Values{"StatusCallback": {mine.URL + "/mine"}, "StatusCallbackMethod": {"GET"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(account.SID, account.Token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	s.kill()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d", answer.StatusCode)
	}
	s.start()
	select {
	case form := <-told:
		if form.Get("CallSid") != string(live[0].SID) || form.Get("CallStatus") != "failed" || form.Get("SequenceNumber") != "2" {
			t.Errorf("told %v", form)
		}
	case <-time.After(20 * time.Second):
		t.Error("nobody is told of the end")
	}
	s.terminate()
}
