package sdk

import (
	"encoding/json"
	"fmt"
	"net/url"
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

// repository is where the program's sources are.
const repository = "../../.."

// server is the running program.
type server struct {
	program string
	sip     string   // address
	http    *url.URL // of the API
	account struct {
		SID       string `json:"sid"`
		AuthToken string `json:"auth_token"`
	}
}

var serving = regexp.MustCompile(`msg=serving sip=(\S+) http=(\S+)`)

// start builds the program, starts it with a configuration, and waits until it
// serves. When the test ends it is told to stop, and must have done so cleanly.
func start(t *testing.T, config string) *server {
	t.Helper()
	if testing.Short() {
		t.Skip("real calls take real time: not under -short")
	}
	dir := t.TempDir()
	s := &server{program: filepath.Join(dir, "confab")}
	build := exec.Command("go", "build", "-o", s.program, "./cmd/confab")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	file, data := filepath.Join(dir, "confab.yaml"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(lines)
	cmd := exec.Command(s.program, "serve", "--config", file, "--data", data, "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0",
		"--rtp-ports", "16000-16999", "--speech-engine", "tones", "--log-level", "DEBUG", "--drain-timeout", "1s")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended, log) })

	until(t, "the program serves", func() bool {
		found := serving.FindStringSubmatch(log.String())
		if found == nil {
			return false
		}
		s.sip, s.http = found[1], &url.URL{Scheme: "http", Host: found[2]}
		return true
	})
	kept, err := os.ReadFile(filepath.Join(data, "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(kept, &s.account); err != nil {
		t.Fatal(err)
	}
	return s
}

// stop tells the program to stop and waits until it has.
func stop(t *testing.T, cmd *exec.Cmd, ended <-chan error, log *lines) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stop the program: %v", err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the program did not end within 30s of SIGTERM")
		cmd.Process.Kill()
		<-ended
	}
	if strings.Contains(log.String(), "panic") {
		t.Error("the log tells of a panic")
	}
	if t.Failed() {
		t.Logf("the program's log:\n%s", log)
	}
}

// call has somebody call a number until hangUp is called, which may be done
// twice. What ends with the test needs none.
func (s *server) call(t *testing.T, from, number string) (hangUp func()) {
	t.Helper()
	log := new(lines)
	cmd := exec.Command(s.program, "call", "--from", from, "--tone", "440", "--for", "2m", fmt.Sprintf("sip:%s@%s", number, s.sip))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hangUp = sync.OnceFunc(func() {
		cmd.Process.Signal(os.Interrupt) // it may have ended by itself
		cmd.Wait()
		if t.Failed() {
			t.Logf("the call from %s:\n%s", from, log)
		}
	})
	t.Cleanup(hangUp)
	return hangUp
}

// until waits for a condition.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20s: %s", what)
		}
	}
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
