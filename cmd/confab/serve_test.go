package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// server is the program as a process of its own.
type server struct {
	*exec.Cmd
	sip, api string // addresses, as the banner tells them
	log      *lines // standard error
	ended    chan error
}

// lines are what a process has written, to be waited for.
type lines struct {
	mu   sync.Mutex
	text string
}

func (l *lines) read(r io.Reader) {
	for s := bufio.NewScanner(r); s.Scan(); {
		l.mu.Lock()
		l.text += s.Text() + "\n"
		l.mu.Unlock()
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// find waits for what matches and returns its first group.
func (l *lines) find(t *testing.T, pattern string) string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := want.FindStringSubmatch(l.String()); found != nil {
			return found[len(found)-1]
		}
	}
	t.Fatalf("no %s in %s", pattern, l)
	return ""
}

// serve starts the program on free ports of loopback.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	cmd := command(t, dir, append([]string{"serve", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--speech-engine", "tones"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var banner, log lines
	var readers sync.WaitGroup
	readers.Go(func() { banner.read(stdout) })
	readers.Go(func() { log.read(stderr) })
	s := &server{Cmd: cmd, log: &log, ended: make(chan error, 1)}
	go func() {
		readers.Wait()
		s.ended <- cmd.Wait()
	}()
	t.Cleanup(func() { cmd.Process.Kill() })
	s.sip = banner.find(t, `sip:\+15550100@(\S+)`)
	s.api = banner.find(t, `(http://[^/]+)/2010-04-01/`)
	return s
}

// signal sends a signal; end waits for the process and returns its error.
func (s *server) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

func (s *server) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("it does not end; its log:\n%s", s.log)
		return nil
	}
}

func TestServe_signalsWithoutCalls(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := serve(t)
		resp, err := http.Get(s.api + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("/readyz: %d", resp.StatusCode)
		}
		s.signal(t, sig)
		if err := s.end(t); err != nil {
			t.Errorf("%v: %v; its log:\n%s", sig, err, s.log)
		}
	}
}

// A call that stands is let be until the drain deadline, and then gets BYE; a
// new one gets 503 meanwhile.
func TestServe_drains(t *testing.T) {
	s := serve(t, "--drain-timeout", "2s")
	ann := dial(t, s.sip, "ann")
	ann.wants("SIP/2.0 200")
	ann.send("ACK", 1, "")

	s.signal(t, syscall.SIGTERM)
	s.log.find(t, "draining")
	bob := dial(t, s.sip, "bob")
	if refusal := bob.wants("SIP/2.0 503"); !strings.Contains(refusal, "Retry-After:") {
		t.Errorf("no Retry-After in %q", refusal)
	}
	bob.send("ACK", 1, "")
	resp, err := http.Get(s.api + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz while draining: %d", resp.StatusCode)
	}
	bye := ann.wants("BYE ")
	ann.answer(bye)
	if err := s.end(t); err != nil {
		t.Errorf("%v; its log:\n%s", err, s.log)
	}
}

// A second signal ends it at once, calls or none.
func TestServe_secondSignalExitsAtOnce(t *testing.T) {
	s := serve(t)
	ann := dial(t, s.sip, "ann")
	ann.wants("SIP/2.0 200")
	ann.send("ACK", 1, "")
	s.signal(t, syscall.SIGTERM)
	s.log.find(t, "draining")
	begin := time.Now()
	s.signal(t, syscall.SIGTERM)
	err := s.end(t)
	if took := time.Since(begin); took > 5*time.Second { // the drain deadline is 30 s
		t.Errorf("it took %v", took)
	}
	if status, ok := s.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("got %v, want death by SIGTERM", err)
	}
}

// What cannot work is one line and exit code 1.
func TestServe_failsInOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"file": "", "bad.yaml": "http: 127.0.0.1:0\nhttps: 127.0.0.1:0\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	running := serve(t, "--data", filepath.Join(dir, "shared"))
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"port taken":           {[]string{"--http", taken.Addr().String()}, "taken"},
		"bad address":          {[]string{"--sip", "192.0.2.7:5060"}, "192.0.2.7:5060"},
		"bad port":             {[]string{"--http", "127.0.0.1:99999"}, `"99999" is not a port`},
		"bad ports":            {[]string{"--rtp-ports", "5-3"}, "10000-10999"},
		"unwritable directory": {[]string{"--data", "file/data"}, "file/data"},
		"data in use":          {[]string{"--data", "shared"}, "in use"},
		"no configuration":     {[]string{"--config", "nothing.yaml"}, "nothing.yaml"},
		"bad configuration":    {[]string{"--config", "bad.yaml"}, `bad.yaml:2: unknown field "https"`},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := runs(t, dir, append([]string{"serve", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--speech-engine", "none"}, test.args...)...)
			if code != exitFailed || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			if !strings.HasPrefix(stderr, "confab: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, test.want) {
				t.Errorf("stderr %q, want one line with %q", stderr, test.want)
			}
		})
	}
	running.signal(t, syscall.SIGTERM)
	if err := running.end(t); err != nil {
		t.Error(err)
	}
}

// caller is a far end of the simplest kind: SIP over UDP, no voice.
type caller struct {
	t         *testing.T
	conn      net.Conn
	name, uri string
	to        string // the To header, with its tag once there is one
	answered  bool   // by a 2xx
}

// dial sends an INVITE for the number that every switch has.
func dial(t *testing.T, addr, name string) *caller {
	t.Helper()
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &caller{t: t, conn: conn, name: name, uri: "sip:+15550100@" + addr}
	c.to = "To: <" + c.uri + ">"
	c.send("INVITE", 1, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n")
	return c
}

func (c *caller) send(method string, cseq int, body string) {
	me := c.conn.LocalAddr().String()
	branch := fmt.Sprintf("z9hG4bK-%s-%d", c.name, cseq)
	if method == "ACK" && c.answered {
		branch += "-ack" // RFC 3261 §13.2.2.4: the ACK of a 2xx is a transaction of its own
	}
	fmt.Fprintf(c.conn, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\n%s\r\n"+
		"Call-ID: %s-%s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, c.uri, me, branch, c.name, me, c.name, c.to, c.name, me, cseq, method, c.name, me, len(body), body)
}

// wants waits for a message that begins so, and returns it.
func (c *caller) wants(begin string) string {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	for buf := make([]byte, 65536); ; {
		n, err := c.conn.Read(buf)
		if err != nil {
			c.t.Fatalf("%s waits for %q: %v", c.name, begin, err)
		}
		message := string(buf[:n])
		if !strings.HasPrefix(message, begin) {
			continue
		}
		if to := header(message, "To"); strings.HasPrefix(begin, "SIP/2.0") && to != "" {
			c.to, c.answered = to, strings.HasPrefix(message, "SIP/2.0 2")
		}
		return message
	}
}

// answer says 200 to a request.
func (c *caller) answer(request string) {
	fmt.Fprintf(c.conn, "SIP/2.0 200 OK\r\n%s\r\n%s\r\n%s\r\n%s\r\n%s\r\nContent-Length: 0\r\n\r\n",
		header(request, "Via"), header(request, "From"), header(request, "To"), header(request, "Call-ID"), header(request, "CSeq"))
}

// header returns the line of the first header of that name.
func header(message, name string) string {
	for line := range strings.SplitSeq(message, "\r\n") {
		if strings.HasPrefix(line, name+":") {
			return line
		}
	}
	return ""
}
