package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

// called is who `confab call` calls: it does what the number dialled says.
type called struct {
	t  *testing.T
	wg sync.WaitGroup

	mu    sync.Mutex
	keys  string
	level float64 // of 440 Hz, loudest
}

func (c *called) Accept(l leg.Leg) { c.wg.Go(func() { c.serve(l) }) }

func (c *called) serve(l leg.Leg) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch l.Info().To {
	case "busy":
		_ = l.Hangup(ctx, contract.CauseBusy)
		return
	case "deaf":
		_ = l.Ring(ctx)
		<-l.Done()
		return
	case "unknown":
		_ = l.Hangup(ctx, contract.CauseNotFound)
		return
	case "mute": // not a word, not even 180
		<-l.Done()
		return
	}
	if err := l.Ring(ctx); err != nil {
		c.t.Error(err)
	}
	if err := l.Answer(ctx); err != nil {
		c.t.Error(err)
	}
	tap, err := l.Session().Tap()
	if err != nil {
		c.t.Error(err)
		return
	}
	c.wg.Go(func() { c.hear(tap) })
	for {
		key, err := l.Session().Digit(ctx)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.keys += string(rune(key))
		c.mu.Unlock()
		if key == '#' {
			break
		}
	}
	_ = l.Session().Play(ctx, audio.NewTone(8000, 660, -20, time.Second))
	_ = l.Session().SendDigits(ctx, "7")
	_ = l.Hangup(ctx, contract.CauseDocument)
}

func (c *called) hear(tap *media.Tap) {
	samples, filled := make([]int16, tap.Rate()/5), 0
	for {
		n, err := tap.Read(context.Background(), samples[filled:])
		if err != nil {
			return
		}
		if filled += n; filled == len(samples) {
			c.mu.Lock()
			c.level = max(c.level, 127+audio.LevelAt(samples, tap.Rate(), 440))
			c.mu.Unlock()
			filled = 0
		}
	}
}

// answering starts somebody to call and returns "host:port" of them.
func answering(t *testing.T) (*called, string) {
	t.Helper()
	plane, err := media.New(media.Config{PortLow: 16000, PortHigh: 16999})
	if err != nil {
		t.Fatal(err)
	}
	c := &called{t: t}
	codecs := []codec.Codec{codec.PCMU, codec.PCMA, codec.G722, codec.L16At48000}
	server, err := sip.New(sip.Config{Addr: "127.0.0.1:0", Plane: plane, Handler: c, Codecs: codecs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		c.wg.Wait()
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, server.Addr().String()
}

func TestCall_saysPressesHearsAndRecords(t *testing.T) {
	t.Parallel()
	who, at := answering(t)
	dir := t.TempDir()
	stdout, stderr, code := runs(t, dir, "call", "sip:anybody@"+at, "--tone", "440", "--digits", "w12#", "--listen", "660,880",
		"--record", "heard.wav", "--json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	var got callSummary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if !got.Answered || got.Code != 200 || got.Ended != "the far end hung up" || got.Keys != "7" || got.Codec != "PCMU" || got.Recording != "heard.wav" || got.Error != "" {
		t.Errorf("%+v", got)
	}
	if got.Seconds < 1.5 || got.Seconds > 15 || got.Received < 50 || got.Sent < 50 || got.Loudest < -22 || got.Loudest > -18 {
		t.Errorf("%+v", got)
	}
	if len(got.Pitches) != 2 || got.Pitches[0].Level < -22 || got.Pitches[1].Level > -40 {
		t.Errorf("pitches %+v", got.Pitches)
	}
	who.mu.Lock()
	if who.keys != "12#" || who.level < 127-22 {
		t.Errorf("the far end heard keys %q, and 440 Hz at %.0f dBov", who.keys, who.level-127)
	}
	who.mu.Unlock()

	file, err := os.Open(filepath.Join(dir, "heard.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	src, err := audio.NewWAVReader(file)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := audio.Samples(src)
	if err != nil || len(samples) < 8000 || audio.LevelAt(samples, 8000, 660) < -40 {
		t.Errorf("recorded %d samples with 660 Hz at %.0f dBov, %v", len(samples), audio.LevelAt(samples, 8000, 660), err)
	}
}

func TestCall_codecs(t *testing.T) {
	t.Parallel()
	for codec, want := range map[string]string{"G722": "G722", "PCMA,g722,L16/48000": "L16", "PCMA,PCMU": "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			who, at := answering(t)
			stdout, stderr, code := runs(t, t.TempDir(), "call", "sip:anybody@"+at, "--codec", codec, "--tone", "440", "--digits", "w12#", "--listen", "660", "--json")
			if code != exitOK || stderr != "" {
				t.Fatalf("exit %d, %s", code, stderr)
			}
			var got callSummary
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%v: %s", err, stdout)
			}
			if got.Codec != want || got.Keys != "7" || len(got.Pitches) != 1 || got.Pitches[0].Level < -22 {
				t.Errorf("%+v, want %s", got, want)
			}
			who.mu.Lock()
			defer who.mu.Unlock()
			if who.keys != "12#" || who.level < 127-22 {
				t.Errorf("the far end heard keys %q, and 440 Hz at %.0f dBov", who.keys, who.level-127)
			}
		})
	}
}

func TestCall_showsWhatHappens(t *testing.T) {
	t.Parallel()
	_, at := answering(t)
	dir := t.TempDir()
	wav, err := os.Create(filepath.Join(dir, "say.wav"))
	if err != nil {
		t.Fatal(err)
	}
	tone, _ := audio.Samples(audio.NewTone(16000, 440, -20, time.Second))
	if err := audio.WriteWAV(wav, 16000, tone); err != nil {
		t.Fatal(err)
	}
	wav.Close()
	stdout, stderr, code := runs(t, dir, "call", "sip:anybody@"+at+";transport=tcp", "--say", "say.wav", "--for", "1200ms")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	for _, want := range []string{"calling sip:anybody@", "ringing (180)\n", "answered after ", "hung up here after 1.", "heard silence; ", " 0 lost", "(PCMU)"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") {
		t.Errorf("a meter in what is no terminal:\n%s", stdout)
	}
}

func TestCall_exitCodes(t *testing.T) {
	t.Parallel()
	_, at := answering(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "no.wav"), []byte("this is no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"busy", []string{"sip:busy@" + at}, exitBusy, "busy (486"},
		{"nobody answers", []string{"sip:deaf@" + at, "--ring", "1s"}, exitNoAnswer, "--ring"},
		{"nobody is there", []string{"sip:mute@" + at, "--ring", "1s"}, exitNoAnswer, "confab serve"},
		{"no such number", []string{"sip:unknown@" + at}, exitRefused, "confab number list"},
		{"no address", nil, exitUsage, "confab help call"},
		{"no SIP address", []string{"+15550100"}, exitUsage, "sip:+15550100@127.0.0.1:5060"},
		{"no host", []string{"sip:x@"}, exitUsage, "names no host"},
		{"both voices", []string{"sip:x@" + at, "--tone", "440", "--say", "no.wav"}, exitUsage, "--say"},
		{"no file", []string{"sip:x@" + at, "--say", "none.wav"}, exitUsage, "none.wav"},
		{"no WAV", []string{"sip:x@" + at, "--say", "no.wav"}, exitUsage, "sox"},
		{"no key", []string{"sip:x@" + at, "--digits", "12x"}, exitUsage, "'x' is no key"},
		{"no tone", []string{"sip:x@" + at, "--tone", "5"}, exitUsage, "want one that can be heard"},
		{"no place to record", []string{"sip:x@" + at, "--record", "nowhere/x.wav"}, exitUsage, "--record"},
		{"no address of ours", []string{"sip:x@" + at, "--bind", "192.0.2.77"}, exitFailed, "--bind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, stderr, code := runs(t, dir, append([]string{"call"}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, want %d; said %q, want %q", code, c.code, stderr, c.want)
			}
		})
	}
}

func TestCall_aRefusalIsJSONToo(t *testing.T) {
	t.Parallel()
	_, at := answering(t)
	stdout, _, code := runs(t, t.TempDir(), "call", "sip:busy@"+at, "--json")
	var got callSummary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitBusy {
		t.Fatalf("exit %d, %v: %s", code, err, stdout)
	}
	if got.Answered || got.Code != 486 || got.Ended != "busy" || got.Loudest != audio.Quietest {
		t.Errorf("%+v", got)
	}
}

// Ctrl-C hangs up, properly, and is a normal end; before the answer it gives up.
func TestCall_interrupted(t *testing.T) {
	t.Parallel()
	_, at := answering(t)
	for _, c := range []struct {
		to, when, want string
		code           int
	}{
		{"anybody", "answered", "hung up here", exitOK},
		{"deaf", "ringing", "given up before it was answered", exitFailed},
	} {
		cmd := command(t, t.TempDir(), "call", "sip:"+c.to+"@"+at)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = cmd.Stdout
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if strings.HasPrefix(lines.Text(), c.when) {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // its exit code is looked at
		if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: exit %d, said\n%s", c.to, got, said.String())
		}
	}
}
