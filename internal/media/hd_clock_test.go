package media_test

import (
	"math"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

// payloadType is one of its own for each codec, so that what was sent before a change
// is not taken for what comes after it.
func payloadType(c codec.Codec) uint8 {
	return map[codec.Codec]uint8{codec.PCMU: 0, codec.PCMA: 8, codec.G722: 9, codec.L16At8000: 97, codec.L16At16000: 98, codec.L16At48000: 99}[c]
}

// speak lets both ends of a call speak c.
func speak(t *testing.T, c codec.Codec, n, f *media.Session) {
	t.Helper()
	for _, end := range [][2]*media.Session{{n, f}, {f, n}} {
		err := end[0].Set(media.Params{Codec: c, PayloadType: payloadType(c), DTMF: 101, Remote: end[1].Local(), Send: true, Receive: true})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// hears checks how loud f hears hz.
func hears(t *testing.T, who string, f *media.Session, hz, want float64) {
	t.Helper()
	tap, err := f.Tap()
	if err != nil {
		t.Fatal(err)
	}
	rate := tap.Rate()
	tap.Close()
	heard := hear(t, f, 500*time.Millisecond)
	if level := audiotest.Hears(heard, rate, hz); math.Abs(level-want) > 2 && !(want < -50 && level < want) {
		t.Errorf("%s hears %.0f Hz at %.1f dBov, want %.0f", who, hz, level, want)
	}
}

// Members of other rates on other loops hear each other, a prompt to all, and a coach
// alone who is meant; whatever codec each of them changes to in the middle of it.
func TestRates_acrossLoopsAndChanges(t *testing.T) {
	twoLoops(t, func(t *testing.T, near *media.Plane, n, phones [2]*media.Session) {
		bridge := near.NewBridge()
		defer bridge.Close()
		pitches := []float64{450, 650}
		join := func(i int) {
			if err := bridge.Join(n[i], false); err != nil {
				t.Fatal(err)
			}
		}
		join(0)
		speak(t, codec.G722, n[1], phones[1])
		join(1)
		for i, f := range phones {
			say(t, f, pitches[i])
		}
		check := func(when string, prompt float64) {
			t.Helper()
			time.Sleep(600 * time.Millisecond)
			for i, f := range phones {
				hears(t, when, f, pitches[1-i], -20)
				hears(t, when, f, pitches[i], -60)
				if prompt > 0 {
					hears(t, when, f, prompt, -30)
				}
			}
		}
		check("PCMU and G722", 0)
		speak(t, codec.L16At48000, n[0], phones[0])
		check("L16/48000 and G722", 0)
		speak(t, codec.PCMA, n[1], phones[1])
		check("L16/48000 and PCMA", 0)
		bridge.Leave(n[0])
		speak(t, codec.G722, n[0], phones[0])
		join(0)
		check("G722 and PCMA", 0)
		done := make(chan error, 1)
		go func() { done <- bridge.Play(t.Context(), audio.NewTone(8000, 1000, -30, 6*time.Second)) }()
		check("G722 and PCMA, with a prompt", 1000)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := bridge.HeardOnlyBy(n[0], n[1]); err != nil {
			t.Fatal(err)
		}
		check("G722 coaches PCMA", 0)
		speak(t, codec.L16At16000, n[1], phones[1])
		check("G722 coaches L16/16000", 0)
		speak(t, codec.L16At8000, n[0], phones[0])
		check("L16/8000 coaches L16/16000", 0)
		bridge.Leave(n[1])
		time.Sleep(100 * time.Millisecond)
		hears(t, "after the coached one has left", phones[1], pitches[0], -60)
	})
}

// A coach stays a coach when a codec changes: at no moment does anybody else hear it.
func TestRates_aCoachStaysAlone(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		bridge := near.NewBridge()
		defer bridge.Close()
		var n, f [3]*media.Session
		for i := range n {
			f[i] = open(t, far, media.SessionConfig{Alone: true})
			n[i] = open(t, near, media.SessionConfig{Remote: f[i].Local(), Signal: phoneAddr})
			start(t, n[i], f[i].Local())
			start(t, f[i], n[i].Local())
			if err := bridge.Join(n[i], false); err != nil {
				t.Fatal(err)
			}
		}
		if err := bridge.HeardOnlyBy(n[0], n[1]); err != nil {
			t.Fatal(err)
		}
		say(t, f[0], 1000)
		time.Sleep(300 * time.Millisecond)
		tap, err := f[2].Tap()
		if err != nil {
			t.Fatal(err)
		}
		defer tap.Close()
		for i, c := range []codec.Codec{codec.G722, codec.PCMA, codec.L16At48000, codec.G722, codec.L16At16000, codec.PCMU} {
			speak(t, c, n[i%2], f[i%2])
			time.Sleep(500 * time.Millisecond)
			hears(t, c.Name(), f[1], 1000, -20)
			heard := make([]int16, 8000) // since the last change, and the change
			k, err := tap.Read(t.Context(), heard)
			if err != nil || k < 7000 {
				t.Fatal(k, err)
			}
			for at := 0; at+400 <= k; at += 400 {
				if level := audio.Level(heard[at : at+400]); level > -60 {
					t.Fatalf("%s: the third hears the coach at %.0f dBov", c.Name(), level)
				}
			}
		}
	})
}

// Prompts and taps go on when the codec changes in the middle of them.
func TestRates_promptsAndTapsGoOn(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		n, f := call(t, near, far)
		say(t, n, 500)
		say(t, f, 700)
		time.Sleep(300 * time.Millisecond)
		tap, err := n.Tap()
		if err != nil {
			t.Fatal(err)
		}
		defer tap.Close()
		for _, c := range []codec.Codec{codec.G722, codec.L16At48000, codec.PCMA} {
			speak(t, c, n, f)
			time.Sleep(300 * time.Millisecond)
			hears(t, c.Name(), f, 500, -20)
			drain := make([]int16, 8000)
			for read := 0; read < 6400; {
				k, err := tap.Read(t.Context(), drain)
				if err != nil {
					t.Fatal(err)
				}
				read += k
				if level := audiotest.Hears(drain[:k], tap.Rate(), 700); read > 3200 && k > 800 && math.Abs(level+20) > 2 {
					t.Errorf("%s: the tap hears %.1f dBov, want −20", c.Name(), level)
				}
			}
		}
	})
}
