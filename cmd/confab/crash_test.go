package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// After kill -9, the next start sends BYE to whoever stood in a call, and tells
// the application that the call has ended.
func TestServe_hangsUpWhomACrashLeft(t *testing.T) {
	told := make(chan url.Values, 10)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/voice":
			w.Header().Set("Content-Type", "text/xml")
			w.Write([]byte(`<Response><Say>Wait.</Say><Pause length="600"/></Response>`))
		case "/status":
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			told <- r.Form
		}
	}))
	defer app.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "confab.yaml")
	if err := os.WriteFile(config, []byte(`
numbers:
  - {number: "+15550100", voice_url: "`+app.URL+`/voice", status_callback: "`+app.URL+`/status"}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", config, "--data", filepath.Join(dir, "data")}
	first := serve(t, args...)
	ann := dial(t, first.sip, "ann")
	answer := ann.wants("SIP/2.0 200")
	ann.send("ACK", 1, "")
	waitForText(t, filepath.Join(dir, "data", "dialogs.jsonl"))
	waitForMetric(t, first, "confab_journal_events_total 2") // it rang, it was answered
	first.signal(t, syscall.SIGKILL)
	if first.end(t) == nil {
		t.Fatal("it survived")
	}

	second := serve(t, append(args, "--sip", first.sip)...)
	bye := ann.wants("BYE ")
	if header(bye, "Call-ID") != header(answer, "Call-ID") {
		t.Errorf("BYE of another call: %s", bye)
	}
	ann.answer(bye)
	select {
	case form := <-told:
		if form.Get("CallStatus") != "failed" || form.Get("CallSid") == "" || form.Get("SequenceNumber") != "2" {
			t.Errorf("told %v", form)
		}
	case <-time.After(patience):
		t.Errorf("the application was not told; the log:\n%s", second.log)
	}
	waitForMetric(t, second, `confab_callbacks_total{result="delivered"} 1`)
	second.signal(t, syscall.SIGTERM)
	if err := second.end(t); err != nil {
		t.Errorf("%v; its log:\n%s", err, second.log)
	}
	third := serve(t, args...)
	third.signal(t, syscall.SIGTERM)
	if err := third.end(t); err != nil {
		t.Errorf("%v; its log:\n%s", err, third.log)
	}
	// Opening it leaves out who has ended.
	if left, err := os.ReadFile(filepath.Join(dir, "data", "dialogs.jsonl")); err != nil || len(left) != 0 {
		t.Errorf("dialogs are left: %s, %v", left, err)
	}
}

// waitForText waits until there is something in the file.
func waitForText(t *testing.T, file string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(file); err == nil && len(text) > 0 {
			return
		}
	}
	t.Fatalf("nothing in %s", file)
}

// waitForMetric waits until the server says line among its metrics.
func waitForMetric(t *testing.T, s *server, line string) {
	t.Helper()
	text := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get(s.api + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if text = string(all); strings.Contains(text, "\n"+line+"\n") {
			return
		}
	}
	t.Fatalf("no %s in %s", line, text)
}
