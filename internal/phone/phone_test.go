package phone_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/phone"
	"confab/internal/sip"
)

// farEnd is who is called: it does with each call what its number says.
type farEnd struct {
	t    *testing.T
	wg   sync.WaitGroup
	mu   sync.Mutex
	legs []leg.Leg
}

func (f *farEnd) Accept(l leg.Leg) {
	f.mu.Lock()
	f.legs = append(f.legs, l)
	f.mu.Unlock()
	f.wg.Go(func() { f.serve(l) })
}

func (f *farEnd) last() leg.Leg {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.legs[len(f.legs)-1]
}

func (f *farEnd) serve(l leg.Leg) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	check := func(err error) {
		if err != nil && !errors.Is(err, media.ErrClosed) {
			f.t.Errorf("far end of %s: %v", l.Info().To, err)
		}
	}
	switch l.Info().To {
	case "busy":
		check(l.Hangup(ctx, contract.CauseBusy))
		return
	case "unknown":
		check(l.Hangup(ctx, contract.CauseNotFound))
		return
	}
	check(l.Ring(ctx))
	time.Sleep(2 * time.Second)
	switch l.Info().To {
	case "deaf":
		<-l.Done()
		return
	}
	if err := l.Answer(ctx); err != nil {
		return
	}
	switch l.Info().To {
	case "sings":
		check(l.Session().Play(ctx, audio.NewTone(8000, 660, -20, 3*time.Second)))
		check(l.Hangup(ctx, contract.CauseDocument))
	case "keys":
		check(l.Session().SendDigits(ctx, "w159#"))
		check(l.Hangup(ctx, contract.CauseDocument))
	case "vanishes":
		l.Session().Close() // its voice goes, its signalling stays
		<-l.Done()
	default:
		<-l.Done()
	}
}

// house is a network with a far end and a phone on it.
type house struct {
	t     *testing.T
	net   *memnet.Net
	far   *farEnd
	phone *phone.Phone
	at    string

	mu     sync.Mutex
	events []phone.Event
}

// with runs test in a bubble.
func with(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, net: memnet.New(), far: &farEnd{t: t}}
		plane, err := media.New(media.Config{ListenPacket: h.net.ListenPacket, Loops: 1})
		if err != nil {
			t.Fatal(err)
		}
		server, err := sip.New(sip.Config{Addr: "127.0.0.1:5060", Plane: plane, Handler: h.far,
			ListenPacket: h.net.ListenPacket, Listen: h.net.Listen, Dial: h.net.Dial})
		if err != nil {
			t.Fatal(err)
		}
		h.at = server.Addr().String()
		h.phone, err = phone.New(phone.Config{ListenPacket: h.net.ListenPacket, Listen: h.net.Listen, Dial: h.net.Dial})
		if err != nil {
			t.Fatal(err)
		}
		test(t, h)
		if err := h.phone.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		h.far.wg.Wait()
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (h *house) options(to string) phone.Options {
	return phone.Options{
		Target: leg.Target{URI: "sip:" + to + "@" + h.at, From: "ann"},
		OnEvent: func(e phone.Event) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.events = append(h.events, e)
		},
	}
}

func (h *house) call(to string) *phone.Call {
	h.t.Helper()
	c, err := h.phone.Call(h.t.Context(), h.options(to))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// story is what happened, in words, the sounds left out.
func (h *house) story() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var words []string
	for _, e := range h.events {
		switch e.Kind {
		case phone.Heard:
		case phone.Key:
			words = append(words, fmt.Sprintf("key %c", e.Key))
		case phone.Ended:
			words = append(words, fmt.Sprintf("ended %d %s", e.Code, e.Cause))
		default:
			words = append(words, fmt.Sprintf("%s %d", e.Kind, e.Code))
		}
	}
	return strings.Join(words, ", ")
}

func TestCall_hearsWhatIsSaidAndIsHeard(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		file, err := os.Create(filepath.Join(t.TempDir(), "heard.wav"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		o := h.options("sings")
		o.Record, o.Pitches = file, []float64{440, 660}
		c, err := h.phone.Call(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		far := h.far.last().Session()
		tap, err := far.Tap()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.Play(t.Context(), audio.NewTone(8000, 440, -20, 0)); !errors.Is(err, media.ErrClosed) {
				t.Errorf("play: %v", err)
			}
		})
		heard, err := c.Ears().Listen(t.Context(), time.Second)
		if err != nil || len(heard) != 8000 {
			t.Fatalf("heard %d samples, %v", len(heard), err)
		}
		for hz, want := range map[float64]bool{660: true, 440: false} {
			if got := c.Ears().Hears(hz) > -30; got != want {
				t.Errorf("hears %v Hz: %v (%.0f dBov)", hz, got, c.Ears().Hears(hz))
			}
		}
		samples := make([]int16, 0, 8000)
		for len(samples) < 4000 {
			b := make([]int16, 400)
			n, err := tap.Read(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			samples = append(samples, b[:n]...)
		}
		if got := audio.LevelAt(samples[len(samples)-1600:], 8000, 440); got < -22 {
			t.Errorf("the far end hears 440 Hz at %.0f dBov", got)
		}
		if st := c.Stats(); st.Codec != "PCMU" || st.Received < 40 || st.Sent < 40 || st.Lost != 0 {
			t.Errorf("stats %+v", st)
		}
		<-c.Done()
		wg.Wait()
		if c.Err() != nil || c.Ears().Loudest() < -22 || c.Ears().Level() < -127 {
			t.Errorf("%v, loudest %.0f", c.Err(), c.Ears().Loudest())
		}
		if got, want := h.story(), "ringing 180, answered 200, ended 200 far end hung up"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		loud := 0
		for i, e := range h.events {
			if e.Kind == phone.Heard && e.Sound.Pitches[1] > -30 && e.Sound.Level > -30 && e.Sound.Pitches[0] < -50 {
				loud++
			}
			if e.Kind == phone.Heard && i > 2 && e.Sound.At != h.events[i-1].Sound.At+phone.SoundLength {
				t.Errorf("sound %d began at %v", i, e.Sound.At)
			}
		}
		if loud < 28 || loud > 31 {
			t.Errorf("the tone of 3 s was heard in %d sounds", loud)
		}
		if _, err := c.Ears().Listen(t.Context(), time.Second); !errors.Is(err, media.ErrClosed) {
			t.Errorf("listening on: %v", err)
		}

		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		src, err := audio.NewWAVReader(file)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := audio.Samples(src)
		if err != nil || len(recorded) < 24000 || len(recorded) > 25600 || audio.LevelAt(recorded[8000:16000], 8000, 660) < -21 {
			t.Errorf("recorded %d samples, %v", len(recorded), err)
		}
	})
}

func TestCall_keys(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		c := h.call("keys")
		<-c.Done()
		if got := c.Ears().Keys(); got != "159#" {
			t.Errorf("heard keys %q", got)
		}
		if got, want := h.story(), "ringing 180, answered 200, key 1, key 5, key 9, key #, ended 200 far end hung up"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}

		c = h.call("listens")
		start := time.Now()
		if err := c.Press(t.Context(), "ww12#"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < time.Second || took > 3*time.Second {
			t.Errorf("took %v", took)
		}
		var got []byte
		for range 3 {
			key, err := h.far.last().Session().Digit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, key)
		}
		if string(got) != "12#" {
			t.Errorf("pressed %q", got)
		}
		if err := c.Press(t.Context(), "1x"); err == nil || !strings.Contains(err.Error(), `'x'`) {
			t.Errorf("pressed an x: %v", err)
		}
	})
}

func TestCall_refused(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			to    string
			code  int
			cause contract.Cause
			story string
		}{
			{"busy", 486, contract.CauseBusy, "ended 486 busy"},
			{"unknown", 404, contract.CauseNotFound, "ended 404 not found"},
		} {
			h.events = nil
			_, err := h.phone.Call(t.Context(), h.options(c.to))
			var refused *leg.Refused
			if !errors.As(err, &refused) || refused.End.Code != c.code || refused.End.Cause != c.cause {
				t.Errorf("%s: %v", c.to, err)
			}
			if got := h.story(); got != c.story {
				t.Errorf("%s: got %s, want %s", c.to, got, c.story)
			}
		}
		h.events = nil
		o := h.options("deaf")
		o.Timeout = 10 * time.Second
		start := time.Now()
		_, err := h.phone.Call(t.Context(), o)
		var refused *leg.Refused
		if !errors.As(err, &refused) || refused.End.Cause != contract.CauseNoAnswer || time.Since(start) < 10*time.Second || time.Since(start) > 11*time.Second {
			t.Errorf("deaf: %v after %v", err, time.Since(start))
		}
		if got := h.story(); !strings.HasPrefix(got, "ringing 180, ended ") || !strings.HasSuffix(got, "no answer") {
			t.Errorf("deaf: %s", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.phone.Call(ctx, h.options("deaf")); err == nil {
			t.Error("a call that was given up was answered")
		}
	})
}

func TestCall_weHangUp(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		c := h.call("listens")
		if end := c.End(); end != (leg.End{}) {
			t.Errorf("ended before it did: %+v", end)
		}
		if err := c.Hangup(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-c.Done()
		<-h.far.last().Done()
		if got := h.far.last().End(); got.Cause != contract.CauseFarEnd {
			t.Errorf("the far end saw %+v", got)
		}
		if got, want := h.story(), "ringing 180, answered 200, ended 200 document ended"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if err := c.Play(t.Context(), audio.NewTone(8000, 440, -20, time.Second)); !errors.Is(err, media.ErrClosed) {
			t.Errorf("play afterwards: %v", err)
		}
	})
}

func TestCall_voiceIsGone(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		c := h.call("vanishes")
		<-c.Done()
		if got := c.End().Cause; got != contract.CauseMediaTimeout {
			t.Errorf("ended with %v", got)
		}
		if took := time.Since(c.Answered()); took < time.Minute || took > 2*time.Minute {
			t.Errorf("noticed after %v", took)
		}
	})
}

func TestPhone_closeEndsItsCalls(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		var calls []*phone.Call
		for range 5 {
			calls = append(calls, h.call("listens"))
		}
		if err := h.phone.Close(); err != nil {
			t.Error(err)
		}
		for _, c := range calls {
			<-c.Done()
		}
		for _, l := range h.far.legs {
			<-l.Done()
			if l.End().Cause != contract.CauseFarEnd {
				t.Errorf("the far end saw %+v", l.End())
			}
		}
		if _, err := h.phone.Call(t.Context(), h.options("sings")); !errors.Is(err, phone.ErrClosed) {
			t.Errorf("call from a closed phone: %v", err)
		}
	})
}

func TestPhone_manyCallsAtOnce(t *testing.T) {
	with(t, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		heard := make([]bool, 20)
		for i := range heard {
			wg.Go(func() {
				c, err := h.phone.Call(t.Context(), h.options("sings"))
				if err != nil {
					t.Error(err)
					return
				}
				err = c.Ears().Await(t.Context(), func() bool { return c.Ears().Hears(660) > -25 })
				heard[i] = err == nil
				<-c.Done()
			})
		}
		wg.Wait()
		if slices.Contains(heard, false) {
			t.Errorf("heard: %v", heard)
		}
	})
}

func TestNew_refusesWhatItCannotBind(t *testing.T) {
	n := memnet.New()
	n.Host(netip.MustParseAddr("192.0.2.9"))
	_, err := phone.New(phone.Config{Bind: netip.MustParseAddr("192.0.2.9"), ListenPacket: n.ListenPacket, Listen: n.Listen, Dial: n.Dial})
	if err == nil || !strings.Contains(err.Error(), "192.0.2.9") {
		t.Errorf("got %v", err)
	}
}
