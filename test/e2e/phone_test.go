package e2e

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// handset is a phone in a process of its own, that is told what to do on its
// standard input and tells what it does on its output.
type handset struct {
	*ears
	log   *lines
	stdin io.Writer
	done  chan struct{} // closed when it has ended
}

// startHandset starts one. When the test ends it is told to end, by quit, and
// must do so well.
func startHandset(t *testing.T, name string, in *namespace, cmd *exec.Cmd, quit string, since func(int) []int16) *handset {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	h := &handset{ears: &ears{t: t, who: name, since: since}, log: new(lines), stdin: stdin, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = h.log, h.log
	if err := in.start(cmd); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s's phone ended with %v", name, err)
		}
		close(h.done)
	})
	t.Cleanup(func() {
		h.write(quit)
		stdin.Close()
		select {
		case <-h.done:
		case <-time.After(15 * time.Second):
			t.Errorf("%s's phone does not end", name)
			cmd.Process.Kill()
		}
		wg.Wait()
		if t.Failed() {
			t.Logf("%s's phone:\n%s", name, tail(h.log.String(), 100))
		}
	})
	return h
}

// write writes to its standard input. That it has ended is seen elsewhere.
func (h *handset) write(text string) { io.WriteString(h.stdin, text) }

// says waits until it has printed text n times.
func (h *handset) says(text string, n int) {
	h.t.Helper()
	until(h.t, patience, fmt.Sprintf("%s's phone prints %q, %d times", h.who, text, n), func() bool {
		ended := false
		select {
		case <-h.done:
			ended = true // and what it printed is all there
		default:
		}
		said := h.log.count(text) >= n
		if ended && !said {
			h.t.Fatalf("%s's phone has ended:\n%s", h.who, h.log)
		}
		return said
	})
}

func (h *handset) ear() *ears { return h.ears }

// ourPhones are phones of internal/phone, by the program in the directory phone.
type ourPhones struct{ params string } // of the URI that they call

type ourPhone struct{ *handset }

func (p ourPhones) call(t *testing.T, s *server, name string, tone float64) caller {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".wav")
	cmd := exec.Command(program(t, "phone"), "-to", "sip:"+number+"@"+s.sip+p.params, "-from", name, "-tone", fmt.Sprint(tone), "-record", file)
	h := startHandset(t, name, nil, cmd, "", func(from int) []int16 { return recording(file, from) })
	h.says("answered", 1)
	return ourPhone{h}
}

func (p ourPhone) press(keys string) {
	p.t.Helper()
	n := strings.Count(p.log.String(), "pressed")
	p.write("press " + keys + "\n")
	p.says("pressed", n+1)
}

func (p ourPhone) hangUp() {
	p.t.Helper()
	p.write("hangup\n")
	p.says("hung up", 1)
}
