package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// baresips are phones of another make, each on a host of its own: it writes its
// own address into its SDP, which is never loopback's. Their tones are at -3
// dBov, and they key by RFC 4733.
type baresips struct{ *site }

// baresipStage is the program as it comes, in a network with phones.
func baresipStage(t *testing.T) (*server, phones) {
	t.Helper()
	need(t, "baresip")
	site := newSite(t, "10.77")
	const addr = "10.77.0.1"
	site.give(t, addr)
	return start(t, settings{in: site.server, host: addr}), baresips{site}
}

// baresip is one of them.
type baresip struct {
	*ears
	log   *lines
	stdin io.Writer
	done  chan struct{}
}

// modules are where Debian, and others, keep them.
func modules(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/baresip/modules", "/usr/lib/*/baresip/modules", "/usr/local/lib/baresip/modules"} {
		if found, _ := filepath.Glob(pattern + "/ausine.so"); found != nil {
			return filepath.Dir(found[0])
		}
	}
	skip(t, "baresip has no modules; `make test` installs them")
	return ""
}

func (b baresips) call(t *testing.T, s *server, name string, tone float64) caller {
	t.Helper()
	return b.dial(t, s.sip, name, tone)
}

// dial lets one call the number at a server's address.
func (b baresips) dial(t *testing.T, at, name string, tone float64) *baresip {
	t.Helper()
	in, address := b.host(t)
	dir := t.TempDir()
	for file, text := range map[string]string{
		"config": strings.Join([]string{
			"poll_method epoll",
			"sip_listen " + address + ":5060",
			"audio_source ausine," + strconv.Itoa(int(tone)),
			"ausrc_srate 48000", "ausrc_channels 2", // ausine knows no other
			"snd_path " + dir,
			"module_path " + modules(t),
			"module stdio.so", "module g711.so", "module ausine.so", "module sndfile.so",
			"module_tmp account.so", "module_app menu.so",
		}, "\n") + "\n",
		"accounts": fmt.Sprintf("<sip:%s@%s:5060>;regint=0;dtmfmode=rtpevent;audio_codecs=pcmu;ptime=20\n", name, address),
		"contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &baresip{log: new(lines), done: make(chan struct{})}
	cmd := exec.Command("baresip", "-4", "-v", "-n", address, "-f", dir)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	p.ears = &ears{t: t, who: name, since: func(from int) []int16 {
		heard, _ := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
		if len(heard) != 1 {
			return nil // not in a call yet
		}
		return recording(heard[0], from)
	}}
	if err := in.start(cmd); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s's baresip ended with %v", name, err)
		}
		close(p.done)
	})
	t.Cleanup(func() {
		p.write("/quit\n")
		select {
		case <-p.done:
		case <-time.After(10 * time.Second):
			t.Errorf("%s's baresip does not quit", name)
			cmd.Process.Kill()
		}
		wg.Wait()
		if t.Failed() {
			t.Logf("%s's baresip:\n%s", name, tail(p.log.String(), 100))
		}
	})
	p.says("baresip is ready.", 1)
	p.write(fmt.Sprintf("/dial sip:%s@%s\n", number, at))
	p.says("Call established", 1)
	return p
}

// write writes to its keyboard.
func (p *baresip) write(text string) { io.WriteString(p.stdin, text) } // one that has ended is seen elsewhere

// says waits until it has printed text n times.
func (p *baresip) says(text string, n int) {
	p.t.Helper()
	until(p.t, patience, fmt.Sprintf("%s's baresip prints %q, %d times", p.who, text, n), func() bool {
		select {
		case <-p.done:
			p.t.Fatalf("%s's baresip has ended:\n%s", p.who, p.log)
		default:
		}
		return p.log.count(text) >= n
	})
}

func (p *baresip) ear() *ears { return p.ears }

func (p *baresip) press(keys string) {
	p.t.Helper()
	for _, key := range keys {
		up := fmt.Sprintf("send DTMF digit end: '%c'", key)
		n := p.log.count(up)
		p.write(string(key))
		p.says(up, n+1)
	}
}

func (p *baresip) hangUp() {
	p.t.Helper()
	p.write("/hangup\n")
	p.says("terminated", 1)
}
