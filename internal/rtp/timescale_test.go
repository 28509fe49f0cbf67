package rtp_test

import (
	"testing"
	"time"

	"confab/internal/rtp"
)

// scaler is a listener who changes the time scale: by a quarter of a frame per
// packet, until a frame has been won or lost.
type scaler struct {
	listener
	owed int // quarters of a frame: to be added, or (negative) taken away
}

func (l *scaler) tick(t *testing.T) {
	t.Helper()
	if l.fifo >= frame {
		l.j.Shift(l.now, 1)
		l.fifo -= frame
		return
	}
	for l.fifo < frame {
		p := l.j.Pop(l.now, uint32(frame-l.fifo))
		l.got = append(l.got, heard{Popped: p, at: l.now})
		switch {
		case p.Verdict != rtp.Play:
		case l.owed == 0 && p.Tight:
			l.owed = 4
		case l.owed == 0 && p.Spare:
			l.owed = -4
			l.j.Shift(l.now, -1)
		}
		l.fifo += int(p.Duration)
		switch {
		case l.owed > 0:
			l.fifo += frame / 4
			l.owed--
		case l.owed < 0:
			l.fifo -= frame / 4
			l.owed++
		}
	}
	l.fifo -= frame
}

// An hour of speech without a pause, by a clock that is as far off as clocks
// get: nothing is concealed, nothing left out, and the delay stays short.
func TestJitter_followsADriftingClockWithoutAGlitch(t *testing.T) {
	for _, ppm := range []float64{-200, -20, 0, 20, 200} {
		for _, spread := range []time.Duration{0, 3 * time.Millisecond, 10 * time.Millisecond} {
			s := newTalker(7 * time.Millisecond)
			s.clock = 1 + ppm/1e6
			random := lcg(7)
			s.speak(time.Hour, tick, func() time.Duration {
				if spread == 0 {
					return 0
				}
				return time.Duration(random() % uint64(spread))
			})
			l := &scaler{}
			l.j.Init(rate, 160)
			last := time.Duration(0)
			for _, p := range s.out {
				for ; l.now < p.arrival; l.now += tick {
					l.tick(t)
					if st := l.j.Stats(); l.now > 10*time.Second && st.Delay > 50*time.Millisecond {
						t.Fatalf("%v ppm, spread %v: delay %v at %v", ppm, spread, st.Delay, l.now)
					}
				}
				l.j.Push(max(p.arrival, last), p.Packet, p.duration)
				last = max(p.arrival, last)
			}
			st := l.j.Stats()
			glitches := count(l.after(10*time.Second), rtp.Empty) + count(l.after(10*time.Second), rtp.Lost)
			if glitches > 0 || st.Skipped > 0 || st.Late > 0 {
				t.Errorf("%v ppm, spread %v: %d concealed, %d skipped, %d late", ppm, spread, glitches, st.Skipped, st.Late)
			}
			// An hour · 200 ppm = 720 ms = 36 frames; what jitters may swing once or twice more.
			moved := int(st.Stretched) - int(st.Shortened)
			want := int(-ppm * 3600 / 20000)
			if st.Stretched+st.Shortened > 45 || moved < want-4 || moved > want+4 {
				t.Errorf("%v ppm, spread %v: %d stretched, %d shortened", ppm, spread, st.Stretched, st.Shortened)
			}
			t.Logf("%v ppm, spread %v: %d stretched, %d shortened", ppm, spread, st.Stretched, st.Shortened)
		}
	}
}
