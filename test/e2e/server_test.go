package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "confab-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "confab")
	if out, err := exec.Command("go", "build", "-o", binary, "confab/cmd/confab").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// need skips the test, or fails it where all tools are required, if a tool is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real phones take real time: not under -short")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is not installed; scripts/install-test does it", tool)
		}
		t.Skipf("%s is not installed; `make test` installs it", tool)
	}
}

// server is the running program.
type server struct {
	t    *testing.T
	sip  string // address
	http string
	data string
	log  *lines
}

// start starts the program on host (loopback, or an address in the namespace
// netns) with the given numbers (YAML) and waits until it is ready. When the test
// ends it is told to stop, and must do so cleanly and without a panic.
func start(t *testing.T, host, netns, numbers string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), log: new(lines)}
	s.sip, s.http = freeAddr(t, host, netns), freeAddr(t, host, netns)
	config := filepath.Join(s.data, "confab.yaml")
	if err := os.WriteFile(config, []byte(numbers), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{binary, "serve", "--config", config, "--data", filepath.Join(s.data, "data"), "--sip", s.sip,
		"--http", s.http, "--rtp-ports", "14000-14999", "--log-level", "DEBUG", "--drain-timeout", "1s",
		"--webhook-allow-private"}
	// Not the test's context: it ends before the clean-up that stops the program.
	cmd := inNamespace(context.Background(), netns, args...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { ended <- cmd.Wait() })
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the program ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the program did not end within 20s of SIGTERM")
			cmd.Process.Kill()
		}
		wg.Wait()
		if strings.Contains(s.log.String(), "panic") || strings.Contains(s.log.String(), "DATA RACE") {
			t.Error("the log tells of a panic")
		}
		if t.Failed() {
			t.Logf("the program's log:\n%s", s.log)
		}
	})
	until(t, 15*time.Second, "the program prints where to dial", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the program ended with %v:\n%s", err, s.log)
		default:
		}
		return strings.Contains(s.log.String(), "sip:")
	})
	return s
}

// metric returns the sum of a metric's series that contain all of labels.
func (s *server) metric(name string, labels ...string) float64 {
	s.t.Helper()
	resp, err := http.Get("http://" + s.http + "/metrics")
	if err != nil {
		s.t.Fatal(err)
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
			s.t.Fatalf("metric line %q: %v", line, err)
		}
		sum += v
	}
	return sum
}

// inNamespace makes a command that runs in the network namespace ns ("": here).
func inNamespace(ctx context.Context, ns string, args ...string) *exec.Cmd {
	if ns != "" {
		args = append([]string{"ip", "netns", "exec", ns}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...)
}

var nextPort struct {
	sync.Mutex
	n int
}

// freeAddr returns an address of host with a port that is free for TCP and UDP.
// In a namespace all ports are.
func freeAddr(t *testing.T, host, netns string) string {
	t.Helper()
	nextPort.Lock()
	defer nextPort.Unlock()
	for range 100 {
		nextPort.n++
		addr := fmt.Sprintf("%s:%d", host, 15000+nextPort.n%900)
		if netns != "" {
			return addr
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		ln.Close()
		conn, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		conn.Close()
		return addr
	}
	t.Fatal("no free port")
	return ""
}

// until waits for a condition.
func until(t *testing.T, d time.Duration, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(d)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", d, what)
		}
		time.Sleep(20 * time.Millisecond)
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

// run runs a tool to its end and returns what it printed.
func run(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = fmt.Errorf("%s: exit code %d", filepath.Base(cmd.Path), exit.ExitCode())
	}
	return string(out), err
}

var _ io.Writer = (*lines)(nil)
