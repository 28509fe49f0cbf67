package e2e

import (
	"bytes"
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

	"github.com/coder/websocket"
)

// The server is killed while a client rings that it calls into a conference: the next
// start ends the call as failed, and the conference, and tells who asked for it.
func TestKilled_whileItRings(t *testing.T) {
	if testing.Short() {
		t.Skip("real calls take real time: not under -short")
	}
	t.Parallel()
	told := make(chan post, 20)
	mine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		told <- post{r.URL.Path, r.Form}
	}))
	defer mine.Close()
	s := newMortal(t, newReceiver(t, false), "")
	api := freePort(t)
	s.args = append(s.args, "--http", api)
	s.start()
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
	ask := func(method, path, kind, body string) (answer map[string]any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+api+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(account.SID, account.Token)
		r.Header.Set("Content-Type", kind)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		if err := json.NewDecoder(w.Body).Decode(&answer); err != nil || w.StatusCode/100 != 2 {
			t.Fatalf("%s %s: %d %v %v", method, path, w.StatusCode, answer, err)
		}
		return answer
	}
	token, _ := ask("POST", "/v1/tokens", "application/json", `{"identity":"bob"}`)["token"].(string)
	logs.secret(token)
	rings := clientOf(t, api, token)

	own := "/2010-04-01/Accounts/" + account.SID
	made := ask("POST", own+"/Conferences/tea/Participants.json", "application/x-www-form-urlencoded", url.Values{
		"To": {"client:bob"}, "From": {"+15550100"}, "StatusCallback": {mine.URL + "/progress"}, "StatusCallbackEvent": {"ringing completed"},
		"ConferenceStatusCallback": {mine.URL + "/room"}, "ConferenceStatusCallbackEvent": {"leave end"},
	}.Encode())
	sid, _ := made["call_sid"].(string)
	select {
	case <-rings:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing rings")
	}
	next := func(what string) url.Values {
		t.Helper()
		select {
		case p := <-told:
			return p.form
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody is told of %s", what)
			return nil
		}
	}
	if form := next("the ringing"); form.Get("CallSid") != sid || form.Get("CallStatus") != "ringing" {
		t.Errorf("told %v", form)
	}
	s.kill()
	s.start()
	forms := map[string]url.Values{}
	for len(forms) < 3 {
		form := next("the end")
		if form.Get("CallStatus") == "ringing" {
			continue // again: it was told in the last moment before the kill
		}
		forms[form.Get("CallStatus")+form.Get("StatusCallbackEvent")] = form
	}
	if form := forms["failed"]; form.Get("CallSid") != sid || form.Get("SequenceNumber") != "2" || form.Get("Direction") != "outbound-api" {
		t.Errorf("of the call: %v", forms)
	}
	if form := forms["participant-leave"]; form.Get("CallSid") != sid || form.Get("ReasonParticipantLeft") != "server_restarted" {
		t.Errorf("of who was called: %v", forms)
	}
	if form := forms["conference-end"]; form.Get("ConferenceSid") != made["conference_sid"] || form.Get("ReasonConferenceEnded") != "server-restarted" {
		t.Errorf("of the conference: %v", forms)
	}
	if got := ask("GET", own+"/Calls/"+sid+".json", "", ""); got["status"] != "failed" || got["duration"] != "0" {
		t.Errorf("the call reads %v", got)
	}
	s.terminate()
}

// clientOf registers a client that answers nothing, and says when it is rung.
func clientOf(t *testing.T, api, token string) (rings <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	conn, _, err := websocket.Dial(ctx, "ws://"+api+"/signal", nil)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	for _, frame := range []string{
		`{"type":"listen","version":"1.6","payload":{"token":"` + token + `"}}`,
		`{"type":"register","version":"1.6","payload":{"media":{"audio":true}}}`,
	} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	ready, rung, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, frame, err := conn.Read(ctx)
			if err != nil {
				return // the server was killed, or the test is over
			}
			switch {
			case bytes.Equal(frame, []byte("\n")):
				_ = conn.Write(ctx, websocket.MessageText, frame)
			case bytes.Contains(frame, []byte(`"ready"`)):
				close(ready)
			case bytes.Contains(frame, []byte(`"invite"`)):
				close(rung)
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = conn.CloseNow()
	})
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		t.Fatal("the client is not registered")
	}
	return rung
}
