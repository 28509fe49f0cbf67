package demo

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// levels are what is heard when one person speaks.
func levels(speaker int) []float64 {
	all := make([]float64, len(cast))
	for i := range all {
		all[i] = -90
	}
	all[speaker] = loudness
	return all
}

func TestTimeline_aTurnIsHeardByThoseWhoHearIt(t *testing.T) {
	line := newTimeline(usual)
	complete := line.speaks(before, 1)
	for range enough {
		select {
		case <-complete:
			t.Fatal("it is heard by all before it is")
		default:
		}
		for _, listener := range []int{0, 2, 3} {
			line.hears(listener, levels(1))
			line.hears(listener, levels(2)) // who does not speak: a beep, say
		}
	}
	<-complete
	line.silent(1)
	line.hears(1, levels(1)) // too late
	p := line.picture()
	for listener := range cast {
		if got, want := p.hearing(before, listener, 1) == heard, listener != 1; got != want {
			t.Errorf("%s heard it: %v", cast[listener].name, got)
		}
	}
	if got := p.hearing(after, 0, 1); got != unknown {
		t.Errorf("in the other scene: %v", got)
	}
	if last := p.notes[len(p.notes)-1].plainLine(); !strings.HasSuffix(last, "heard by Mary, Bob and Charles") {
		t.Errorf("note %q", last)
	}
}

// Nobody should hear who is muted: there is nothing to wait for.
func TestTimeline_whoIsMutedIsNotWaitedFor(t *testing.T) {
	<-newTimeline(usual).speaks(after, 1)
}

func TestTimeline_await(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := newTimeline(usual)
		began := time.Now()
		err := line.await(t.Context(), "nobody came", 10*time.Second, func(p *picture) bool { return p.opened != never })
		if err == nil || err.Error() != "nobody came within 10s" || time.Since(began) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		broken := errors.New("broken")
		time.AfterFunc(time.Second, func() { line.fail(broken) })
		if err := line.await(t.Context(), "nobody came", 10*time.Second, func(p *picture) bool { return p.opened != never }); !errors.Is(err, broken) {
			t.Errorf("got %v, want what went wrong", err)
		}
		if err := line.until(t.Context(), 1); !errors.Is(err, broken) {
			t.Errorf("the story goes on after what went wrong: %v", err)
		}
	})
}
