package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const browserTests = "../browser"

// hostile is an application that fills whatever it can with markup, fails where it
// is asked to, and is mended by POST /mend?event=….
type hostile struct {
	*httptest.Server
	mu     sync.Mutex
	mended map[string]bool // the events that it takes after all
	told   []string        // events that were taken
}

func newHostile(t *testing.T) *hostile {
	h := &hostile{mended: make(map[string]bool)}
	const markup = `<img src=x onerror=slipped(2)>`
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(markup)
	documents := map[string]string{
		"/voice": `<?xml version="1.0" encoding="UTF-8"?><Response><Gather numDigits="4" timeout="20" action="/code"><Say>` + escaped + `</Say></Gather></Response>`,
		"/code": `<Response><Frobnicate/><Dial timeLimit="3"><Conference statusCallback="/events" statusCallbackEvent="start end join leave" participantLabel="` +
			escaped + `">standup ` + escaped + `</Conference></Dial><Redirect>/broken</Redirect></Response>`,
		"/wait": `<Response><Say>Hold on.</Say><Pause length="120"/></Response>`,
	}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		event := r.Form.Get("StatusCallbackEvent")
		w.Header().Set("X-Powered-By", markup)
		switch document, ok := documents[r.URL.Path]; {
		case ok:
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, document)
		case r.URL.Path == "/mend":
			h.mended[r.Form.Get("event")] = true
		case r.URL.Path == "/told":
			json.NewEncoder(w).Encode(h.told)
		case r.URL.Path == "/events" && (event == "participant-leave" || event == "conference-end") && !h.mended[event]:
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, markup+" busy")
		case r.URL.Path == "/events":
			h.told = append(h.told, event)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, markup+" oops")
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// The pages of the console in Chromium: test/browser/pages.test.js says what is done
// with them. Pictures of them are kept where CONFAB_SHOTS says.
func TestConsole_pages(t *testing.T) {
	need(t, "node", "chromium")
	if _, err := os.Stat(browserTests + "/node_modules/playwright-core"); err != nil {
		skip(t, "playwright-core is not installed; `make test` installs it")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	app := newHostile(t)
	s := start(t, settings{config: fmt.Sprintf(`
numbers:
  - {number: "+15550100"}
  - {number: "+15550123", voice_url: %[1]s/voice, friendly_name: "desk <script>slipped(7)</script>"}
  - {number: "+15550124", voice_url: %[1]s/wait}
number_blocks:
  - {first: "+15550200", last: "+15550299", country: US, type: local}
webhook: {retry_for: 1s}
`, app.URL)})
	var keys account
	if err := json.Unmarshal([]byte(read(t, filepath.Join(s.data, "account.json"))), &keys); err != nil {
		t.Fatal(err)
	}
	logs.secret("97531")
	consoleCallers(t, s)
	strangeInvite(t, s)
	until(t, 60*time.Second, "the callbacks are given up", func() bool { return strings.Count(s.log.String(), "callback given up") >= 2 })

	shots := os.Getenv("CONFAB_SHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	cmd := exec.Command("node", "--test", "--test-reporter=spec", "pages.test.js")
	cmd.Dir = browserTests
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "CONSOLE=http://"+s.http, "ACCOUNT="+keys.SID, "TOKEN="+keys.AuthToken,
		"APP="+app.URL, "SHOTS="+shots, "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", out)
}

// consoleCallers have somebody of each kind call: one who keys a code and whose
// name is markup, one who keys none, two in a room, one who waits.
func consoleCallers(t *testing.T, s *server) {
	t.Helper()
	for _, c := range []struct{ name, to, keys, lasts string }{
		{"<script>slipped(1)</script>", "+15550123", "WWW9753", "60s"},
		{"Silent Cal", "+15550123", "", "4s"},
		{"<img src=x onerror=slipped(2)>", "+15550100", "123#", "10m"},
		{"Mary", "+15550100", "123#", "10m"},
		{"Lena", "+15550124", "", "10m"},
	} {
		args := []string{"call", "sip:" + c.to + "@" + s.sip, "--name", c.name, "--tone", "440", "--for", c.lasts, "--bind", "127.0.0.1"}
		if c.keys != "" {
			args = append(args, "--digits", c.keys)
		}
		cmd := exec.Command(program(t, "confab"), args...)
		log := new(lines)
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = cmd.Wait() })
		t.Cleanup(func() {
			cmd.Process.Kill()
			wg.Wait()
			if t.Failed() {
				t.Logf("%s:\n%s", c.name, log)
			}
		})
	}
}

// strangeInvite asks for a number that is not there, with markup in every header
// that a caller can fill.
func strangeInvite(t *testing.T, s *server) {
	t.Helper()
	conn, err := net.Dial("udp", s.sip)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := conn.LocalAddr().String()
	const markup = `"><svg onload=slipped(3)>`
	fmt.Fprintf(conn, "INVITE sip:nobody@%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=z9hG4bKstrange\r\nMax-Forwards: 70\r\n"+
		"From: \"<img src=x onerror=slipped(2)>\" <sip:+15550666@%[2]s>;tag=1\r\nTo: <sip:nobody@%[1]s>\r\nCall-ID: <svg/onload=slipped(5)>\r\nCSeq: 1 INVITE\r\n"+
		"Contact: <sip:x@%[2]s>\r\nUser-Agent: %[3]s\r\nSubject: %[3]s\r\nX-Strange: <script>slipped(6)</script>\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n", s.sip, at, markup)
	answer := make([]byte, 4096)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := conn.Read(answer)
	for err == nil && strings.HasPrefix(string(answer[:n]), "SIP/2.0 100") {
		n, err = conn.Read(answer)
	}
	if err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 404") {
		t.Fatalf("a strange INVITE: %v, %s", err, answer[:n])
	}
	_, to, _ := strings.Cut(string(answer[:n]), "\r\nTo:")
	to, _, _ = strings.Cut(to, "\r\n")
	fmt.Fprintf(conn, "ACK sip:nobody@%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=z9hG4bKstrange\r\nMax-Forwards: 70\r\n"+
		"From: \"<img src=x onerror=slipped(2)>\" <sip:+15550666@%[2]s>;tag=1\r\nTo:%[3]s\r\nCall-ID: <svg/onload=slipped(5)>\r\nCSeq: 1 ACK\r\n"+
		"Content-Length: 0\r\n\r\n", s.sip, at, to)
}
