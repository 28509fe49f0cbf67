package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
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

	"confab/internal/contract"
	"confab/internal/store"
)

// server is the running program.
type server struct {
	t      *testing.T
	sip    string // address
	http   string // address
	scheme string // of http
	data   string // directory
	log    *lines // what it prints
	cmd    *exec.Cmd
	ended  chan struct{} // closed when err is set
	err    error
	client *http.Client
	once   sync.Once // for stop
}

// settings are how a server is started. The zero value is the program as it comes.
type settings struct {
	host   string     // to listen on for SIP; empty: 127.0.0.1
	in     *namespace // nil: the machine's own network
	tls    bool       // HTTPS, with a certificate that the program makes itself
	config string     // YAML; empty: none
	args   []string   // more flags
}

var serving = regexp.MustCompile(`msg=serving sip=(\S+) http=(\S+)`)

// start starts the program and waits until it serves. When the test ends the
// program is told to stop, and must have done so cleanly and without a panic.
func start(t *testing.T, o settings) *server {
	t.Helper()
	if o.host == "" {
		o.host = "127.0.0.1"
	}
	dir := t.TempDir()
	s := &server{t: t, data: filepath.Join(dir, "data"), log: new(lines), ended: make(chan struct{}), client: o.in.client(), scheme: "http"}
	args := []string{"serve", "--data", s.data, "--sip", o.host + ":0", "--http", "127.0.0.1:0",
		"--rtp-ports", "14000-15999", "--log-level", "DEBUG", "--drain-timeout", "1s"}
	if o.config != "" {
		file := filepath.Join(dir, "confab.yaml")
		if err := os.WriteFile(file, []byte(o.config), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", file)
	}
	if o.tls {
		s.scheme, args = "https", append(args, "--tls-self")
	}
	s.cmd = exec.Command(program(t, "confab"), append(args, o.args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	logs.keep(t.Name(), s.log)
	if err := o.in.start(s.cmd); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	})
	t.Cleanup(func() {
		s.stop()
		wg.Wait()
		if t.Failed() {
			t.Logf("the program's log:\n%s", tail(s.log.String(), 300))
		}
	})
	until(t, 20*time.Second, "the program serves", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the program ended with %v:\n%s", s.err, s.log)
		default:
		}
		found := serving.FindStringSubmatch(s.log.String())
		if found == nil {
			return false
		}
		s.sip, s.http = found[1], found[2]
		return true
	})
	logs.account(t, s.data)
	return s
}

// stop tells the program to stop and waits until it has. Nothing may have gone
// wrong within it.
func (s *server) stop() {
	s.t.Helper()
	s.once.Do(func() {
		if s.http != "" {
			if n := s.metric("confab_panics_total"); n != 0 {
				s.t.Errorf("%v panics", n)
			}
		}
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			s.t.Errorf("stop the program: %v", err)
		}
		select {
		case <-s.ended:
		case <-time.After(30 * time.Second):
			s.t.Error("the program did not end within 30s of SIGTERM")
			s.cmd.Process.Kill()
			<-s.ended
		}
		if s.err != nil {
			s.t.Errorf("the program ended with %v", s.err)
		}
		for _, word := range []string{"panic", "DATA RACE"} {
			if strings.Contains(s.log.String(), word) {
				s.t.Errorf("the log tells of a %s", word)
			}
		}
	})
}

// metric returns the sum of a metric's series that contain all of labels.
func (s *server) metric(name string, labels ...string) float64 {
	s.t.Helper()
	resp, err := s.client.Get(s.scheme + "://" + s.http + "/metrics")
	if err != nil {
		s.t.Errorf("metrics: %v", err)
		return 0
	}
	defer resp.Body.Close()
	var sum float64
series:
	for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
		line := scan.Text()
		if !strings.HasPrefix(line, name+"{") && !strings.HasPrefix(line, name+" ") {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(line, l) {
				continue series
			}
		}
		var v float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &v); err != nil {
			s.t.Errorf("metric line %q: %v", line, err)
		}
		sum += v
	}
	return sum
}

// quiet waits until no call is left.
func (s *server) quiet() {
	s.t.Helper()
	until(s.t, 10*time.Second, "no call is left", func() bool { return s.metric("confab_calls") == 0 })
}

// standing returns how many stand in the live conference of that name, by the
// server's records.
func (s *server) standing(name string) int {
	s.t.Helper()
	r, err := store.OpenShared(s.t.Context(), s.data, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	live, err := r.LiveConferences(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range live {
		if c.FriendlyName != name {
			continue
		}
		in, err := r.Participants(s.t.Context(), c.SID)
		if err != nil {
			s.t.Fatal(err)
		}
		return len(in)
	}
	return 0
}

// journal stops the server and returns all that it has written down.
func (s *server) journal() []contract.Event {
	s.t.Helper()
	s.stop()
	kept, err := store.Open(s.t.Context(), s.data, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer kept.Close()
	events, err := kept.Tail(s.t.Context(), 0, 100_000)
	if err != nil {
		s.t.Fatal(err)
	}
	return events
}

// holding returns a file of the server's data in which text is, if there is one.
func (s *server) holding(text string) (file string) {
	s.t.Helper()
	err := filepath.WalkDir(s.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			file = path
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}

// joins returns how many calls have joined each conference, by its name.
func joins(events []contract.Event) map[string]int {
	names := map[string]int{}
	for _, e := range events {
		if e.Type == contract.EventParticipantJoin {
			names[e.Conference.FriendlyName]++
		}
	}
	return names
}

// lines keeps what a program prints.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count returns how often word has been printed.
func (l *lines) count(word string) int { return strings.Count(l.String(), word) }
