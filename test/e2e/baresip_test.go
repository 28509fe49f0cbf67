package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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
type baresip struct{ *handset }

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
	p := &baresip{startHandset(t, name, in, exec.Command("baresip", "-4", "-v", "-n", address, "-f", dir), "/quit\n", func(from int) []int16 {
		heard, _ := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
		if len(heard) != 1 {
			return nil // not in a call yet
		}
		return recording(heard[0], from)
	})}
	p.says("baresip is ready.", 1)
	p.write(fmt.Sprintf("/dial sip:%s@%s\n", number, at))
	p.says("Call established", 1)
	return p
}

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
