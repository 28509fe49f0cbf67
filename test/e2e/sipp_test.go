package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"confab/internal/contract"
)

// documents are what the application says, by the number that is called.
var documents = map[string]string{
	"/hold":    `<Response><Pause length="1"/><Say>Hello.</Say><Pause length="30"/></Response>`,
	"/answer":  `<Response><Say>Hello.</Say><Pause length="60"/></Response>`,
	"/ringing": `<Response><Pause length="30"/></Response>`,
	"/goodbye": `<Response><Say>Goodbye.</Say><Hangup/></Response>`,
	"/gather":  `<Response><Gather timeout="20" finishOnKey="#" action="/keyed"><Say>Please enter your access code.</Say></Gather></Response>`,
	"/keyed":   `<Response><Pause length="30"/></Response>`,
}

// numbers is the configuration by which each document has its number.
func numbers(a *app) string {
	var b strings.Builder
	b.WriteString("numbers:\n")
	for path := range documents {
		fmt.Fprintf(&b, "  - {number: %q, voice_url: %q, status_callback: %q}\n", path[1:], a.URL+path, a.URL+"/status"+path)
	}
	return b.String()
}

// sipp is one run of a scenario.
type sipp struct {
	scenario  string
	number    string // to call
	transport string // u1 (UDP) or t1 (TCP)
	in        *namespace
	host      string // its address; empty: 127.0.0.1
	media     string // its port for voice; empty: one of its own
	args      []string
}

// sippPorts are where sipps listen: below those that the system gives away, so
// that nobody takes them meanwhile.
const (
	firstSippPort = 31000
	lastSippPort  = 32600
	portsOfSipp   = 8 // one for SIP, then those of voice
)

var nextSipp atomic.Int32

// sippPort returns the first of some ports that no other sipp of this process
// has had for long, and nobody else now. In a namespace all are free.
func sippPort(t *testing.T, in *namespace) int {
	t.Helper()
	const room = (lastSippPort - firstSippPort) / portsOfSipp
	for range room {
		port := firstSippPort + (os.Getpid()*7+int(nextSipp.Add(1)))%room*portsOfSipp
		if in != nil || free(port) {
			return port
		}
	}
	t.Fatal("no port is free for sipp")
	return 0
}

// free reports whether nobody listens on the ports of a sipp.
func free(port int) bool {
	for i := range portsOfSipp {
		conn, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port+i))
		if err != nil {
			return false
		}
		conn.Close()
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}

// play plays the scenario against s, once unless its arguments say otherwise.
func (p sipp) play(t *testing.T, s *server) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../scenarios", p.scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	if p.host == "" {
		p.host = "127.0.0.1"
	}
	port := sippPort(t, p.in)
	if p.media == "" {
		p.media = strconv.Itoa(port + 2)
	}
	args := append([]string{s.sip, "-sf", file, "-s", p.number, "-m", "1", "-t", p.transport, "-nostdin",
		"-i", p.host, "-p", strconv.Itoa(port), "-mi", p.host, "-mp", p.media, "-recv_timeout", "20000", "-trace_err", "-timeout", "60s"}, p.args...)
	var out lines
	cmd := exec.Command("sipp", args...)
	cmd.Dir = t.TempDir()
	cmd.Stdout, cmd.Stderr = &out, &out
	err = p.in.start(cmd)
	if err == nil {
		err = cmd.Wait() // -timeout bounds it
	}
	if err != nil {
		complaints := out.String()
		files, _ := filepath.Glob(filepath.Join(cmd.Dir, "*errors.log"))
		for _, name := range files {
			b, _ := os.ReadFile(name)
			complaints += "\n" + string(b)
		}
		t.Errorf("sipp %s over %s: %v\n%s", p.scenario, p.transport, err, tail(complaints, 60))
	}
}

func TestSipp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scenario, number string
		documents        [2]int // that the application is asked for, at least and at most
		status, sipCode  string // of the call's final callback; "": no call comes about
		only             string // one transport
		args             []string
		check            func(*testing.T, *server, *app)
	}{
		// It takes 64*T1 (RFC 3261 §13.3.1.4), so it begins first.
		{scenario: "uac-never-ack", number: "answer", documents: [2]int{1, 1}, status: "failed", sipCode: "408", args: []string{"-nr"}},
		{scenario: "uac-basic", number: "answer", documents: [2]int{1, 1}, status: "completed", sipCode: "200"},
		{scenario: "uac-options", number: "answer"},
		{scenario: "uac-unknown-number", number: "nobody"},
		{scenario: "uac-no-codec", number: "answer"},
		// CANCEL may come before the application has been asked.
		{scenario: "uac-early-cancel", number: "ringing", documents: [2]int{0, 1}, status: "canceled", sipCode: "487"},
		{scenario: "uac-cancel", number: "ringing", documents: [2]int{1, 1}, status: "canceled", sipCode: "487"},
		{scenario: "uac-early-bye", number: "answer", documents: [2]int{1, 1}, status: "completed", sipCode: "200"},
		{scenario: "uac-bye-before-ack", number: "answer", documents: [2]int{1, 1}, status: "completed", sipCode: "200"},
		{scenario: "uac-lost-ack", number: "answer", documents: [2]int{1, 1}, status: "completed", sipCode: "200", args: []string{"-nr"}, check: resentUntilAck},
		{scenario: "uac-retransmission", number: "hold", documents: [2]int{1, 1}, status: "completed", sipCode: "200", only: "u1", args: []string{"-nr"}},
		{scenario: "uac-dtmf-info", number: "gather", documents: [2]int{1, 1}, status: "completed", sipCode: "200", check: keyed123},
		{scenario: "uac-dtmf-4733", number: "gather", documents: [2]int{1, 1}, status: "completed", sipCode: "200", check: keyed123},
		{scenario: "uac-late-offer", number: "answer", documents: [2]int{1, 1}, status: "completed", sipCode: "200"},
		{scenario: "uac-hung-up", number: "goodbye", documents: [2]int{1, 1}, status: "completed", sipCode: "200"},
	} {
		for _, transport := range []string{"u1", "t1"} {
			if c.only != "" && c.only != transport {
				continue
			}
			t.Run(c.scenario+" "+transports[transport], func(t *testing.T) {
				t.Parallel()
				need(t, "sipp")
				a := newApp(t, nil, documents)
				s := start(t, settings{config: numbers(a)})
				sipp{scenario: c.scenario, number: c.number, transport: transport, args: c.args}.play(t, s)
				if c.status == "" {
					a.expect(t, "/status/"+c.number, 0)
				} else {
					final := a.expect(t, "/status/"+c.number, 1)[0]
					if got := final.Get("CallStatus"); got != c.status {
						t.Errorf("CallStatus %q, want %q", got, c.status)
					}
					if got := final.Get("SipResponseCode"); got != c.sipCode {
						t.Errorf("SipResponseCode %q, want %q", got, c.sipCode)
					}
				}
				if n := len(a.to("/" + c.number)); n < c.documents[0] || n > c.documents[1] {
					t.Errorf("the application was asked for %d documents, want %d to %d", n, c.documents[0], c.documents[1])
				}
				if c.check != nil {
					c.check(t, s, a)
				}
				s.quiet()
			})
		}
	}
}

var transports = map[string]string{"u1": "udp", "t1": "tcp"}

// keyed123 sees that the keys have arrived, each once.
func keyed123(t *testing.T, _ *server, a *app) {
	t.Helper()
	if got := a.expect(t, "/keyed", 1)[0].Get("Digits"); got != "123" {
		t.Errorf("Digits %q, want 123", got)
	}
}

// resentUntilAck sees that the answer was sent four times, and no more once it
// was acknowledged.
func resentUntilAck(t *testing.T, s *server, _ *app) {
	t.Helper()
	before, after, _ := strings.Cut(s.log.String(), `line="ACK `)
	const ok = `line="SIP/2.0 200 OK"`
	if n := strings.Count(before, ok); n != 4 {
		t.Errorf("the answer was sent %d times before the ACK, want 4", n)
	}
	if n := strings.Count(after, ok); n != 1 {
		t.Errorf("%d answers were sent after the ACK, want 1, to BYE", n)
	}
}

// The voice follows re-INVITEs: none to who has put us on hold, and to the
// address that was named last.
func TestSipp_reinvite(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transports[transport], func(t *testing.T) {
			t.Parallel()
			need(t, "sipp")
			a := newApp(t, nil, documents)
			s := start(t, settings{config: numbers(a)})
			moved, err := net.ListenPacket("udp", "127.0.0.2:0")
			if err != nil {
				skip(t, fmt.Sprintf("there is no second loopback address: %v", err))
			}
			defer moved.Close()
			_, port, err := net.SplitHostPort(moved.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			sipp{scenario: "uac-reinvite-hold", number: "answer", transport: transport, media: port}.play(t, s)
			if err := moved.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			packets, buffer := 0, make([]byte, 1500)
			for {
				n, _, err := moved.ReadFrom(buffer)
				if err != nil {
					break
				}
				if n == 12+160 && buffer[0] == 0x80 && buffer[1]&0x7f == 0 {
					packets++
				}
			}
			if packets < 10 { // of 50
				t.Errorf("%d packets of voice came to the new address", packets)
			}
			a.expect(t, "/answer", 1)
			if got := a.expect(t, "/status/answer", 1)[0].Get("CallStatus"); got != "completed" {
				t.Errorf("CallStatus %q", got)
			}
			s.quiet()
		})
	}
}

// The built-in line, called by sipp.
func TestSipp_line(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scenario string
		args     []string
		calls    int
		joins    int // of conference 1
	}{
		{scenario: "uac-dtmf-4733", calls: 1, joins: 1},
		{scenario: "uac-bye-in-prompt", calls: 1},
		{scenario: "uac-basic", calls: 20, args: []string{"-m", "20", "-r", "10"}},
	} {
		for _, transport := range []string{"u1", "t1"} {
			t.Run(c.scenario+" "+transports[transport], func(t *testing.T) {
				t.Parallel()
				need(t, "sipp")
				s := start(t, settings{})
				sipp{scenario: c.scenario, number: "+15550100", transport: transport, args: c.args}.play(t, s)
				s.quiet()
				if sent := s.metric("confab_media_packets_sent_total"); sent < float64(20*c.calls) {
					t.Errorf("%v packets of voice were sent", sent)
				}
				completed := 0
				events := s.journal()
				for _, e := range events {
					if e.Type == contract.EventCallWarning {
						t.Errorf("warning %d: %s", e.Warning.Code, e.Warning.Message)
					}
					if e.Type == contract.EventCallCompleted {
						if completed++; e.Call.Status != contract.CallCompleted || e.Call.Cause != contract.CauseFarEnd {
							t.Errorf("call ended as %s by %s", e.Call.Status, e.Call.Cause)
						}
					}
				}
				if completed != c.calls {
					t.Errorf("%d calls ended, want %d", completed, c.calls)
				}
				if got := joins(events); got["conference 1"] != c.joins || len(got) > 1 {
					t.Errorf("joined: %v, want %d in conference 1", got, c.joins)
				}
			})
		}
	}
}
