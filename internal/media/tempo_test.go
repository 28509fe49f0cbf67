package media

import (
	"fmt"
	"math"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

// drifting is a far end with a clock of its own, heard by an inlet.
type drifting struct {
	in     inlet
	coder  codec.Encoder
	voice  audio.Source
	frame  []int16
	coded  []byte
	heard  []int16
	pauses bool // it speaks for two seconds and is silent for one

	next     time.Duration // when it sends
	every    time.Duration
	sequence uint16
	stamp    uint32
	now      time.Duration
}

func newDrifting(c codec.Codec, ppm float64, hz float64) *drifting {
	d := &drifting{coder: c.NewEncoder(), voice: audio.NewTone(c.SampleRate(), hz, -12, 0),
		next: 7 * time.Millisecond, every: time.Duration(float64(tickDuration) / (1 + ppm/1e6))}
	d.in.set(Params{Codec: c, Send: true, Receive: true}, 0)
	d.frame, d.coded, d.heard = make([]int16, d.in.size), make([]byte, 2*d.in.size), make([]int16, d.in.size)
	return d
}

// tick returns the next frame heard, or nil.
func (d *drifting) tick() []int16 {
	for ; d.next <= d.now; d.next += d.every {
		d.voice.Read(d.frame)
		if d.pauses && d.next%(3*time.Second) > 2*time.Second {
			clear(d.frame)
		}
		payload := d.coded[:d.coder.Encode(d.coded, d.frame)]
		d.sequence++
		d.stamp += d.in.units(len(d.frame))
		d.in.jitter.Push(d.next, rtp.Packet{SSRC: 1, Sequence: d.sequence, Timestamp: d.stamp, Payload: payload}, d.in.units(len(d.frame)))
	}
	heard := d.in.hear(d.now, d.heard, true, false)
	d.now += tickDuration
	return heard
}

// An hour of a voice without a pause whose clock is as far off as clocks get:
// nothing is concealed, nothing left out, no seam is heard, and the delay stays
// what it was.
func TestTempo_driftOfAnHourIsNotHeard(t *testing.T) {
	for _, c := range []codec.Codec{codec.PCMU, codec.L16At16000} {
		for _, ppm := range []float64{-200, 200} {
			t.Run(fmt.Sprintf("%s %v ppm", c.Name(), ppm), func(t *testing.T) {
				t.Parallel()
				const hz = 220
				d := newDrifting(c, ppm, hz)
				// A perfect sine obeys x[i+1] = 2cos(w)x[i] − x[i−1]; what does not is a
				// seam, or the codec's noise.
				w := 2 * math.Cos(2*math.Pi*hz/float64(c.SampleRate()))
				worst, a, b := 0.0, 0.0, 0.0
				for i := range 180_000 {
					frame := d.tick()
					if i < 100 {
						continue
					}
					if frame == nil {
						t.Fatalf("silence after %v", d.now)
					}
					for j, v := range frame {
						if off := math.Abs(float64(v) - w*b + a); i > 101 || j > 2 {
							worst = max(worst, off)
						}
						a, b = b, float64(v)
					}
					if delay := d.in.jitter.Stats().Delay; delay > 45*time.Millisecond {
						t.Fatalf("a delay of %v after %v", delay, d.now)
					}
				}
				st := d.in.jitter.Stats()
				if st.Empty > 2 || st.Lost > 0 || st.Skipped > 0 || st.Late > 0 {
					t.Errorf("%+v", st)
				}
				if moved := st.Stretched + st.Shortened; moved < 34 || moved > 38 {
					t.Errorf("%d stretched, %d shortened in 720 ms of drift", st.Stretched, st.Shortened)
				}
				// The steps of µ-law at this level are 512 at most, three times over.
				limit := 1600.0
				if c != codec.PCMU {
					limit = 400
				}
				if worst > limit {
					t.Errorf("a seam of %.0f, want at most %.0f", worst, limit)
				}
			})
		}
	}
}

// In pauses the delay is changed at once, and nothing of the voice is touched.
func TestTempo_pausesTakeTheDrift(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		d := newDrifting(codec.PCMU, ppm, 220)
		d.pauses = true
		for range 60_000 {
			d.tick()
		}
		st := d.in.jitter.Stats()
		if st.Empty > 2 || st.Lost > 0 || st.Late > 0 {
			t.Errorf("%v ppm: %+v", ppm, st)
		}
		if moved := st.Stretched + st.Shortened + st.Skipped; moved < 10 || moved > 14 {
			t.Errorf("%v ppm: %+v in 240 ms of drift", ppm, st)
		}
		if len(d.in.rest) > 0 && d.in.loud == 0 {
			t.Errorf("%v ppm: %d samples are left over in silence", ppm, len(d.in.rest))
		}
	}
}

func TestTempo_allocatesNothingMore(t *testing.T) {
	d := newDrifting(codec.PCMU, 20000, 220) // it changes all the time
	for range 2000 {
		d.tick()
	}
	was := d.in.jitter.Stats().Shortened
	if n := testing.AllocsPerRun(1000, func() { d.tick() }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
	if d.in.jitter.Stats().Shortened == was {
		t.Error("nothing was changed meanwhile")
	}
}

// When the network becomes slower for all senders at once, they change their time scale
// a few at a time, so that no tick is late by it; all do in the end.
func TestTempo_aFewAtATime(t *testing.T) {
	const senders = 4 * mostScaled
	s := newStudio(t)
	for i := range senders {
		s.join(codec.PCMU, tone(150+float64(i), -30))
	}
	s.turns(100)
	s.late = true
	stretched := func() (n int) {
		for _, f := range s.far {
			if f.session.in.jitter.Stats().Stretched > 0 {
				n++
			}
		}
		return n
	}
	most := 0
	for range 1000 {
		s.turn()
		if most = max(most, s.loop().scaled.n); stretched() == senders {
			break
		}
	}
	if n := stretched(); n < senders || most != mostScaled {
		t.Errorf("%d of %d voices became longer, %d at the most in a tick; want all, and %d", n, senders, most, mostScaled)
	}
	for _, f := range s.far {
		if st := f.session.in.jitter.Stats(); st.Skipped+st.Shortened+st.Lost+st.Empty > 0 {
			t.Fatalf("%+v", st)
		}
	}
}
