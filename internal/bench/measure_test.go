package bench

import (
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestQuantile_isABoundThatCanBeWritten(t *testing.T) {
	before := counts{`late_bucket{loop="0",le="0.001"}`: 100, `late_bucket{loop="0",le="0.01"}`: 100, `late_bucket{loop="0",le="+Inf"}`: 100}
	for _, c := range []struct {
		name                     string
		within1ms, within10, all float64
		want                     float64
	}{
		{"all soon", 1100, 1100, 1100, 0.001},
		{"some later", 1050, 1100, 1100, 0.01},
		{"some beyond every bound", 200, 300, 1100, 0.01},
		{"nothing new", 100, 100, 100, 0.001},
	} {
		after := counts{`late_bucket{loop="0",le="0.001"}`: c.within1ms, `late_bucket{loop="0",le="0.01"}`: c.within10,
			`late_bucket{loop="0",le="+Inf"}`: c.all, `other_bucket{le="5"}`: 7}
		if got := after.since(before).quantile("late", 0.99); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (counts{}).quantile("late", 0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// A process that prints a line longer than can be read goes on, and is ended.
func TestProcess_isReadAndEnded(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	began := time.Now()
	p, line, err := startProcess(t.Context(), cores{}, "ready", sh, "-c", "echo ready; head -c 1000000 /dev/zero; echo; while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	if line != "ready" {
		t.Errorf("told %q", line)
	}
	before, err := p.cpu()
	if err != nil {
		t.Skip(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if now, err := p.cpu(); err != nil || now-before > 20*time.Millisecond {
			break // it works on behind the long line
		}
	}
	if now, err := p.cpu(); err != nil || now <= before {
		t.Errorf("used %v and then %v, %v: the process stands still", before, now, err)
	}
	p.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v to end it", took)
	}
	if p.cmd.ProcessState == nil {
		t.Error("the process has not been waited for")
	}
	if _, err := p.cpu(); err == nil {
		t.Error("the process is still there")
	}
}

func TestEcho_sendsBackWhatComes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Echo(ctx, "127.0.0.1:0", w) }()
	line := make([]byte, 100)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, r)
	to := strings.TrimSpace(strings.TrimPrefix(string(line[:n]), echoReady))
	conn, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := range 200 {
		want := bytes.Repeat([]byte{byte(i)}, 172)
		if _, err := conn.Write(want); err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		got := make([]byte, 200)
		if n, err := conn.Read(got); err != nil || !bytes.Equal(got[:n], want) {
			t.Fatalf("packet %d: %v, %v", i, got[:n], err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
