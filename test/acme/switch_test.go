package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
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

// domain is the name that the certificates are for. Nobody has it.
const domain = "phone.example.com"

// house is where a switch stands: what it keeps, and its ports.
type house struct {
	data          string
	secure, plain int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	free := freePorts(t, 2)
	return &house{filepath.Join(t.TempDir(), "data"), free[0], free[1]}
}

// running is a switch that runs.
type running struct {
	*house
	log    *lines
	client *http.Client // finds the domain there, and believes the authority
	roots  *x509.CertPool
	stop   func()
}

// open starts the switch, and waits until it serves. It has port 80 if it is given
// redirect. It must end cleanly when it is told to.
func (h *house) open(t *testing.T, p *pebble, args ...string) *running {
	t.Helper()
	r := &running{house: h, log: new(lines), roots: p.roots}
	cmd := run(t, r.log, nil, programs.confab, append([]string{"serve", "--data", h.data, "--sip", "127.0.0.1:0", "--rtp-ports", "16000-16999",
		"--http", fmt.Sprintf("127.0.0.1:%d", h.secure), "--speech-engine", "tones", "--drain-timeout", "1s",
		"--tls-domain", domain, "--tls-authority", p.directory}, args...)...)
	r.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}, DialContext: r.dial, ForceAttemptHTTP2: true}}
	r.stop = sync.OnceFunc(func() {
		r.client.CloseIdleConnections()
		if err := cmd.end(30 * time.Second); err != nil {
			t.Errorf("the switch ended with %v", err)
		}
		if text := r.log.String(); strings.Contains(text, "panic") || t.Failed() {
			t.Errorf("the switch's log:\n%s", text)
		}
	})
	t.Cleanup(r.stop)
	until(t, 20*time.Second, "the switch serves", func() bool { return strings.Contains(r.log.String(), "msg=serving") })
	return r
}

// redirect is the argument that gives it port 80.
func (h *house) redirect() []string {
	return []string{"--tls-redirect", fmt.Sprintf("127.0.0.1:%d", h.plain)}
}

// dial finds the domain at the switch, and nothing else anywhere.
func (r *running) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil && host != domain {
		err = fmt.Errorf("nothing is asked of %s", addr)
	}
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// url is one at the switch's domain.
func (r *running) url(scheme, path string) string {
	return fmt.Sprintf("%s://%s:%d%s", scheme, domain, r.secure, path)
}

// leaf is the certificate that is shown to who asks for a name.
func (r *running) leaf(t *testing.T, name string) (*x509.Certificate, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: r.roots}}
	conn, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", r.secure))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// account is the owner of the switch.
func (r *running) account(t *testing.T) (sid, token string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.data, "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		SID       string `json:"sid"`
		AuthToken string `json:"auth_token"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a.SID, a.AuthToken
}

// program is one that was started.
type program struct {
	cmd   *exec.Cmd
	ended chan error
}

// run starts a program, which ends with the test at the latest.
func run(t *testing.T, log *lines, env []string, path string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{cmd, make(chan error, 1)}
	go func() { p.ended <- cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-p.ended
	})
	return p
}

// end tells a program to stop, and returns how it did.
func (p *program) end(within time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(within):
		return fmt.Errorf("nothing: it still runs %v after SIGTERM", within)
	}
}

// until waits for a condition.
func until(t *testing.T, within time.Duration, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// freePorts are ports of 127.0.0.1 that nobody had just now, neither by TCP nor by UDP.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for len(ports) < n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all are found: none is found twice
		if u, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			u.Close()
			ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		}
	}
	return ports
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
