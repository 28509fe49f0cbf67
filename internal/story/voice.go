package story

import (
	"time"

	"confab/internal/contract"
)

// voice is the quality of a call over its life: samples of one length each, which
// doubles after so many. They are written every minute, so that a call holds no more
// of them after hours than after a minute.
type voice struct {
	done  []sampled // not yet written
	open  sampled   // of less than the length; seconds is 0 when there is none
	long  float64
	taken int       // of that length
	saved time.Time // when some were written last, or the first came
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

// samplesHeld is how many samples are held: those of saveVoice, and one.
const samplesHeld = int(saveVoice/SampleEvery) + 1

// add adds a sample behind the others.
func (v *voice) add(s Sample) {
	if v.long == 0 {
		v.long, v.saved = s.Seconds, s.At.Time
		v.done = make([]sampled, 0, samplesHeld)
	}
	if v.open.seconds > 0 {
		s = merge(v.open.sample(), s)
		v.open = sampled{}
	}
	if s.Seconds < v.long*0.9 {
		v.open = pack(s)
		return
	}
	v.done = append(v.done, pack(s))
	if v.taken++; v.taken == maxSamples {
		v.taken, v.long = 0, 2*v.long
	}
}

// due reports whether there are samples to be written; last, that there will be no more.
func (v *voice) due(now time.Time, last bool) bool {
	return len(v.done) > 0 && (last || now.Sub(v.saved) >= saveVoice) || last && v.open.seconds > 0
}

// take returns the samples that are not yet written, and holds them no longer.
func (v *voice) take(now time.Time, last bool) []Sample {
	all := v.series(last)
	v.done, v.saved = v.done[:0], now
	if last {
		v.open = sampled{}
	}
	return all
}

// series returns the samples that are not yet written, and open says: the one that is not
// complete too.
func (v *voice) series(open bool) []Sample {
	all := make([]Sample, 0, len(v.done)+1)
	for _, s := range v.done {
		all = append(all, s.sample())
	}
	if open && v.open.seconds > 0 {
		all = append(all, v.open.sample())
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
