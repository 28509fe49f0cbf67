package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
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
// contains ready.
func startProcess(ctx context.Context, ready string, binary string, args ...string) (*process, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &process{cmd: exec.CommandContext(ctx, binary, args...), cancel: cancel}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
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

// stop ends the process and waits for it.
func (p *process) stop() {
	p.cancel()
	p.wg.Wait()
}

// clockTick is the unit of /proc/PID/stat: USER_HZ is 100 on every Linux.
const clockTick = 10 * time.Millisecond

// cpu returns the CPU time that the process has used, from /proc/PID/stat
// (proc(5): utime and stime).
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("CPU time of the switch: %w (it can be measured on Linux only)", err)
	}
	_, rest, ok := strings.Cut(string(b), ") ") // after the name, which may hold anything
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("CPU time of the switch: /proc/PID/stat is not as proc(5) says")
	}
	user, err1 := strconv.ParseUint(fields[11], 10, 64)
	system, err2 := strconv.ParseUint(fields[12], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("CPU time of the switch: %w", err)
	}
	return time.Duration(user+system) * clockTick, nil
}
