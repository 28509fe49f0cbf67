package story

import (
	"time"

	"confab/internal/contract"
)

// voice is the quality of a call over its life: samples of one length each, which
// doubles whenever there are too many.
type voice struct {
	done  []Sample
	open  Sample // of less than the length; Seconds is 0 when there is none
	long  float64
	saved time.Time
	dirty bool
}

// Reading is what a call's voice was like since the reading before.
type Reading struct {
	At      time.Time
	Over    time.Duration
	Quality contract.Quality // of that time alone; Delay is the mean in it
	Out     float64          // level of what was said to the far end, dBov; 0: nothing was, or silence
}

// Sample takes a reading of a call's voice.
func (b *Book) Sample(call contract.CallSID, r Reading) {
	if b == nil || r.Over <= 0 {
		return
	}
	q := r.Quality
	s := Sample{At: Time{r.At}, Seconds: round(r.Over.Seconds(), 1000), Received: q.Received, Sent: q.Sent, Lost: q.Lost, Late: q.Late,
		LostPart: round(q.LostPart(), 1e4), Jitter: Milliseconds(q.Jitter), Delay: Milliseconds(q.Delay), RoundTrip: Milliseconds(q.RoundTrip),
		Speech: level(q.Speech), Noise: level(q.Noise), Out: level(r.Out), Clipped: round(q.Clipped, 1e4), MOS: round(q.MOS(), 100)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.call(call); t != nil {
		t.voice.add(s)
	}
}

func level(dbov float64) *float64 {
	if dbov >= 0 {
		return nil
	}
	dbov = round(dbov, 10)
	return &dbov
}

func round(v, steps float64) float64 { return float64(int64(v*steps+half(v))) / steps }

func half(v float64) float64 {
	if v < 0 {
		return -0.5
	}
	return 0.5
}

// add adds a sample behind the others.
func (v *voice) add(s Sample) {
	v.dirty = true
	if v.long == 0 {
		v.long = s.Seconds
	}
	if v.open.Seconds > 0 {
		s = merge(v.open, s)
		v.open = Sample{}
	}
	if s.Seconds < v.long*0.9 {
		v.open = s
		return
	}
	v.done = append(v.done, s)
	if len(v.done) < maxSamples {
		return
	}
	for i := range len(v.done) / 2 {
		v.done[i] = merge(v.done[2*i], v.done[2*i+1])
	}
	v.done = v.done[:len(v.done)/2]
	v.long *= 2
}

// series returns all samples, the one that is not complete too.
func (v *voice) series() []Sample {
	all := append([]Sample(nil), v.done...)
	if v.open.Seconds > 0 {
		all = append(all, v.open)
	}
	return all
}

// merge returns one sample of two that follow each other.
func merge(a, b Sample) Sample {
	whole := a.Seconds + b.Seconds
	mean := func(x, y float64) float64 { return (x*a.Seconds + y*b.Seconds) / whole }
	m := Sample{At: b.At, Seconds: round(whole, 1000), Received: a.Received + b.Received, Sent: a.Sent + b.Sent, Lost: a.Lost + b.Lost, Late: a.Late + b.Late,
		Jitter: round(mean(a.Jitter, b.Jitter), 1000), Delay: round(mean(a.Delay, b.Delay), 1000), RoundTrip: b.RoundTrip,
		Speech: louder(a.Speech, b.Speech), Noise: louder(a.Noise, b.Noise), Out: louder(a.Out, b.Out),
		Clipped: round(mean(a.Clipped, b.Clipped), 1e4), MOS: round(min(a.MOS, b.MOS), 100)}
	m.LostPart = round(contract.Quality{Received: m.Received, Lost: m.Lost, Late: m.Late}.LostPart(), 1e4)
	return m
}

// louder returns the louder level of two: peaks are what is looked for.
func louder(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
