package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a confab of ours, measured from outside.
type process struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	lines []string // the last that it printed
}

// startProcess starts the program and waits until it prints a line that
// contains ready. It runs on the switch's core.
func startProcess(ctx context.Context, on cores, ready string, binary string, args ...string) (*process, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: exec.CommandContext(ctx, binary, args...), cancel: cancel}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := on.start(p.cmd.Start); err != nil {
		cancel()
		return nil, "", fmt.Errorf("start %s: %w", binary, err)
	}
	found := make(chan string, 1)
	p.wg.Go(func() {
		defer close(found)
		told := false
		for lines := bufio.NewScanner(r); lines.Scan(); {
			p.keep(lines.Text())
			if !told && strings.Contains(lines.Text(), ready) {
				told = true
				found <- lines.Text()
			}
		}
		_, _ = io.Copy(io.Discard, r) // after a line too long to be read: the process must not wait for us
	})
	p.wg.Go(func() {
		p.cmd.Wait()
		w.Close()
	})
	select {
	case line, ok := <-found:
		if ok {
			return p, line, nil
		}
	case <-ctx.Done():
	case <-time.After(30 * time.Second):
	}
	p.stop()
	return nil, "", fmt.Errorf("%s %s did not become ready; it said:\n%s", binary, args[0], p.said())
}

func (p *process) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
	if len(p.lines) > 40 {
		p.lines = p.lines[1:]
	}
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// hold makes the process stand still until goOn.
func (p *process) hold() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// goOn ends hold.
func (p *process) goOn() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// stop ends the process, held or not, and waits for it.
func (p *process) stop() {
	_ = p.goOn() // it may be gone, which is what is wanted
	p.cancel()
	p.wg.Wait()
}
