package call

import (
	"maps"
	"slices"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
)

// qualityOf sums up what a session has counted.
func qualityOf(s media.Stats) contract.Quality {
	q := contract.Quality{
		Codec: s.Codec, Received: s.Received, Sent: s.Sent, Lost: s.Lost, Late: s.Buffer.Late,
		Jitter: s.Jitter, Delay: s.Delay, MaxDelay: s.MaxDelay,
		Concealed: time.Duration(s.Buffer.Lost+s.Buffer.Empty) * frame, Skipped: time.Duration(s.Buffer.Skipped) * frame,
		RoundTrip: s.RoundTrip, RemoteLost: s.RemoteLost,
		Speech: s.Speech, Noise: s.Noise, Clipped: s.Clipped,
	}
	switch {
	case s.Unheard:
		q.OneWay = contract.NothingHeard
	case s.Deaf:
		q.OneWay = contract.NothingPasses
	}
	return q
}

// frame is what the jitter buffer conceals or leaves out at a time.
const frame = 20 * time.Millisecond

// Quality returns what the voice of the call is like, as of now: nothing of one
// that has none (see Session). It waits for the media loop.
func (c *Call) Quality() contract.Quality {
	if v := c.Session(); v != nil {
		return qualityOf(v.Stats())
	}
	return contract.Quality{}
}

// account puts the quality of a call that is over into its record, if it was
// ever answered, and into the sums.
func (c *Call) account() {
	if c.Info().Answered.IsZero() {
		return
	}
	q := c.Quality()
	c.calls.quality.add(q)
	if q.OneWay != "" {
		c.log().Warn("voice went one way only", "which", q.OneWay, "received", q.Received, "sent", q.Sent)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info.Quality = &q
	c.appendLocked(contract.EventCallQuality, time.Now(), nil)
}

// Histogram counts values by upper bounds.
type Histogram struct {
	Bounds []float64 // rising; shared, not to be changed
	Counts []uint64  // of values up to each bound, and above that before; the last: above all
	Sum    float64
}

func newHistogram(bounds ...float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) add(v float64) {
	h.Sum += v
	for i, bound := range h.Bounds {
		if v <= bound {
			h.Counts[i]++
			return
		}
	}
	h.Counts[len(h.Bounds)]++
}

func (h Histogram) clone() Histogram {
	h.Counts = slices.Clone(h.Counts)
	return h
}

// Qualities sums up the quality of calls that have ended.
type Qualities struct {
	Lost   Histogram // part of the packets that did not come in time
	Jitter Histogram // seconds
	Delay  Histogram // seconds in the jitter buffer, mean of the call
	MOS    Histogram
	OneWay map[contract.OneWay]uint64
	Clips  uint64 // calls of whose speech more than a thousandth was at full scale
}

// clips is the part of the speech at full scale from which a call counts as clipping.
const clips = 0.001

type qualities struct {
	mu  sync.Mutex
	sum Qualities
}

func (q *qualities) init() {
	q.sum = Qualities{
		Lost:   newHistogram(0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
		Jitter: newHistogram(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
		Delay:  newHistogram(0.01, 0.02, 0.04, 0.06, 0.1, 0.2),
		MOS:    newHistogram(1.5, 2, 2.5, 3, 3.5, 4, 4.3),
		OneWay: map[contract.OneWay]uint64{contract.NothingHeard: 0, contract.NothingPasses: 0},
	}
}

func (q *qualities) add(v contract.Quality) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sum.Lost.add(v.LostPart())
	q.sum.Jitter.add(v.Jitter.Seconds())
	q.sum.Delay.add(v.Delay.Seconds())
	q.sum.MOS.add(v.MOS())
	if v.OneWay != "" {
		q.sum.OneWay[v.OneWay]++
	}
	if v.Clipped > clips {
		q.sum.Clips++
	}
}

// Qualities returns the sums over the calls that were answered and have ended.
func (cs *Calls) Qualities() Qualities {
	cs.quality.mu.Lock()
	defer cs.quality.mu.Unlock()
	sum := cs.quality.sum
	for _, h := range []*Histogram{&sum.Lost, &sum.Jitter, &sum.Delay, &sum.MOS} {
		*h = h.clone()
	}
	sum.OneWay = maps.Clone(sum.OneWay)
	return sum
}
