package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The application behind the numbers that sipp calls.
var documents = map[string]string{
	"/hold":    `<Response><Pause length="1"/><Say>Hello.</Say><Pause length="30"/></Response>`,
	"/answer":  `<Response><Say>Hello.</Say><Pause length="30"/></Response>`,
	"/ringing": `<Response><Pause length="30"/></Response>`,
	"/goodbye": `<Response><Say>Goodbye.</Say><Hangup/></Response>`,
	"/gather":  `<Response><Gather timeout="20" finishOnKey="#" action="/keyed"><Say>Please enter your access code.</Say></Gather></Response>`,
	"/keyed":   `<Response><Pause length="30"/></Response>`,
}

func numbers(a *app) string {
	var b strings.Builder
	b.WriteString("numbers:\n")
	for path := range documents {
		fmt.Fprintf(&b, "  - {number: %q, voice_url: %q, status_callback: %q}\n", path[1:], a.URL+path, a.URL+"/status"+path)
	}
	return b.String()
}

// sipp plays a scenario, once, over transport ("u1" or "t1").
func sipp(t *testing.T, s *server, scenario, number, transport string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../scenarios", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	port := freeAddr(t, "127.0.0.1", "")
	cmd := inNamespace(ctx, "", "sipp", s.sip, "-sf", file, "-s", number, "-m", "1", "-t", transport, "-nostdin",
		"-i", "127.0.0.1", "-p", portOf(port), "-mi", "127.0.0.1", "-mp", mediaPort(), "-recv_timeout", "20000", "-trace_err", "-timeout", "40s")
	cmd.Dir = t.TempDir()
	if out, err := run(t, cmd); err != nil {
		errors, _ := filepath.Glob(filepath.Join(cmd.Dir, "*errors.log"))
		for _, name := range errors {
			b, _ := os.ReadFile(name)
			out += "\n" + string(b)
		}
		t.Errorf("%s over %s: %v\n%s", scenario, transport, err, tail(out, 60))
	}
}

var nextMediaPort atomic.Int32

// mediaPort returns the first of ten ports that no other sipp of this run uses.
func mediaPort() string { return strconv.Itoa(int(24000 + 10*nextMediaPort.Add(1))) }

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

func tail(text string, n int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

func TestSipp(t *testing.T) {
	need(t, "sipp")
	for _, c := range []struct {
		scenario, number string
		status           string // of the call's final callback; "": no call comes about
		sipCode          string
		udpOnly          bool
	}{
		{scenario: "uac-basic", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-options", number: "answer"},
		{scenario: "uac-unknown-number", number: "nobody"},
		{scenario: "uac-no-codec", number: "answer"},
		{scenario: "uac-early-cancel", number: "ringing", status: "canceled", sipCode: "487"},
		{scenario: "uac-early-bye", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-bye-before-ack", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-lost-ack", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-retransmission", number: "answer", status: "completed", sipCode: "200", udpOnly: true},
		{scenario: "uac-dtmf-info", number: "gather", status: "completed", sipCode: "200"},
		{scenario: "uac-dtmf-4733", number: "gather", status: "completed", sipCode: "200", udpOnly: true},
		{scenario: "uac-reinvite-hold", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-late-offer", number: "answer", status: "completed", sipCode: "200"},
		{scenario: "uac-hung-up", number: "goodbye", status: "completed", sipCode: "200"},
	} {
		for _, transport := range []string{"u1", "t1"} {
			if c.udpOnly && transport != "u1" {
				continue
			}
			t.Run(c.scenario+" "+map[string]string{"u1": "udp", "t1": "tcp"}[transport], func(t *testing.T) {
				t.Parallel()
				a := newApp(t, documents)
				s := start(t, "127.0.0.1", "", numbers(a))
				sipp(t, s, c.scenario, c.number, transport)
				if c.status == "" {
					a.expect(t, "/"+c.number, 0)
				} else {
					a.expect(t, "/"+c.number, 1) // one call, however often its messages came
					final := a.expect(t, "/status/"+c.number, 1)[0]
					if got := final.Get("CallStatus"); got != c.status {
						t.Errorf("CallStatus %q, want %q", got, c.status)
					}
					if got := final.Get("SipResponseCode"); got != c.sipCode {
						t.Errorf("SipResponseCode %q, want %q", got, c.sipCode)
					}
				}
				if strings.Contains(c.scenario, "dtmf") {
					if got := a.expect(t, "/keyed", 1)[0].Get("Digits"); got != "123" {
						t.Errorf("Digits %q, want 123", got)
					}
				}
				until(t, 5*time.Second, "no call is left", func() bool { return s.metric("confab_calls") == 0 })
				if n := s.metric("confab_panics_total"); n != 0 {
					t.Errorf("%v panics", n)
				}
			})
		}
	}
}
