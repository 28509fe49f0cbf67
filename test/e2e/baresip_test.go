package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
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
	*handset
	dir string // of its files
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
	return b.dial(t, s.sip, name, tone, "pcmu")
}

// dial lets one call the number at a server's address, with a codec, and with what else its
// account says.
func (b baresips) dial(t *testing.T, at, name string, tone float64, codec string, account ...string) *baresip {
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
			"module stdio.so", "module g711.so", "module g722.so", "module opus.so", "module ausine.so", "module sndfile.so",
			"module dtls_srtp.so", "module ice.so", "rtcp_mux yes",
			"module_tmp account.so", "module_app menu.so",
		}, "\n") + "\n",
		"accounts": fmt.Sprintf("<sip:%s@%s:5060>;regint=0;dtmfmode=rtpevent;audio_codecs=%s;ptime=20%s\n", name, address, codec, strings.Join(append([]string{""}, account...), ";")),
		"contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &baresip{dir: dir, handset: startHandset(t, name, in, exec.Command("baresip", "-4", "-v", "-n", address, "-f", dir), "/quit\n", func(from int) []int16 {
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

// heard returns all that was heard in the call so far, and at which rate.
func (p *baresip) heard() ([]int16, int) {
	p.t.Helper()
	files, _ := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if len(files) != 1 {
		return nil, 0 // not in a call yet
	}
	f, err := os.Open(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	src, err := audio.NewWAVReader(f)
	if err != nil {
		return nil, 0 // no header yet
	}
	samples, _ := audio.Samples(src) // as far as it has been written
	return samples, src.Rate()
}

// Phones of another make with HD codecs and without meet: who can hears the whole band
// of who says it, and a telephone hears nothing of what it cannot. Keys come by the
// telephone-events of each codec.
func TestBaresip_HD(t *testing.T) {
	t.Parallel()
	s, people := baresipStage(t)
	b := people.(baresips)
	const low, high = 617, 5300 // Hz
	// The one who plays Opus is told by maxplaybackrate that it may have all of it.
	ann := b.dial(t, s.sip, "ann", low, "opus/48000/2")
	bob := b.dial(t, s.sip, "bob", high, "G722/16000/1")
	cid := b.dial(t, s.sip, "cid", 1163, "pcma")
	all := []*baresip{ann, bob, cid}
	for _, p := range all {
		until(t, patience, "the line speaks", func() bool {
			heard, rate := p.heard()
			return len(heard) > 4*rate // it has said hello, and asks
		})
		p.press("123#")
	}
	until(t, patience, "three stand in conference 1", func() bool { return s.standing("conference 1") == 3 })
	time.Sleep(9 * time.Second)    // what is said on the way in is over by then, and they hear each other
	ends := make(map[*baresip]int) // before the first hangs up
	for _, p := range all {
		heard, rate := p.heard()
		ends[p] = len(heard) - rate/2
	}
	for _, p := range all {
		p.hangUp()
	}
	for _, c := range []struct {
		who  string
		p    *baresip
		rate int
		hz   float64
		want bool
	}{
		{"Opus", ann, 48000, high, true}, {"Opus", ann, 48000, 1163, true}, {"Opus", ann, 48000, low, false},
		{"G.722", bob, 16000, low, true}, {"G.722", bob, 16000, 1163, true}, {"G.722", bob, 16000, high, false},
		{"G.711", cid, 8000, low, true}, {"G.711", cid, 8000, 8000 - high, false},
	} {
		heard, rate := c.p.heard()
		if rate != c.rate {
			t.Fatalf("%s is played at %d Hz, want %d", c.who, rate, c.rate)
		}
		end := ends[c.p]
		level := audiotest.Hears(heard[max(0, end-rate):end], rate, c.hz)
		if is := level > -30; is != c.want {
			t.Errorf("%s hears %.0f Hz at %.1f dBov, want it heard: %v", c.who, c.hz, level, c.want)
		}
	}
}

// Phones that protect their voice (DTLS-SRTP), with ICE and without, meet one that
// does not.
func TestBaresip_protectedVoice(t *testing.T) {
	t.Parallel()
	s, people := baresipStage(t)
	b := people.(baresips)
	tones := map[string]float64{"ann": 617, "bob": 1163, "cid": 1741}
	all := map[string]*baresip{
		"ann": b.dial(t, s.sip, "ann", tones["ann"], "pcmu", "mediaenc=dtls_srtp"),
		"bob": b.dial(t, s.sip, "bob", tones["bob"], "pcmu", "mediaenc=dtls_srtp", "medianat=ice"),
		"cid": b.dial(t, s.sip, "cid", tones["cid"], "pcmu"),
	}
	for _, p := range all {
		until(t, patience, "the line speaks", func() bool {
			heard, rate := p.heard()
			return rate > 0 && len(heard) > 4*rate
		})
		p.press("123#")
	}
	until(t, patience, "three stand in conference 1", func() bool { return s.standing("conference 1") == 3 })
	time.Sleep(9 * time.Second)    // what is said on the way in is over by then, and they hear each other
	ends := make(map[*baresip]int) // before the first hangs up
	for _, p := range all {
		heard, rate := p.heard()
		ends[p] = len(heard) - rate/2
	}
	for _, p := range all {
		p.hangUp()
	}
	for name, p := range all {
		if n := p.log.count("DTLS-SRTP complete"); n > 0 != (name != "cid") {
			t.Errorf("%s has agreed on %d keys", name, n)
		}
		heard, rate := p.heard()
		end := ends[p]
		for other, hz := range tones {
			level := audiotest.Hears(heard[max(0, end-rate):end], rate, hz)
			if is := level > -30; is != (other != name) {
				t.Errorf("%s hears %s at %.1f dBov", name, other, level)
			}
		}
	}
}
