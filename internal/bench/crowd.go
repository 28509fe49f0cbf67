package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

// crowd is the callers of a scenario, in this process.
type crowd struct {
	plane  *media.Plane
	server *sip.Server
	to     string // the switch's SIP address
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // those who talk

	mu      sync.Mutex
	callers []*caller
	setups  []time.Duration
}

// caller is one of them.
type caller struct {
	leg    leg.Leg
	room   int
	place  int // in the room
	talks  bool
	before media.Stats
}

// pitches are the tones of those who talk and are listened for: none is a
// harmonic of another, or of 50 Hz, the rate of frames. Each is one talker's of
// a room: two of the same could cancel out.
var pitches = []float64{443, 617, 839, 1163, 1481, 1867, 2311, 2777}

// voice returns what a talker says. Those beyond the pitches murmur above them.
func voice(place int) audio.Source {
	if place < len(pitches) {
		return audio.NewTone(8000, pitches[place], -26, 0)
	}
	return audio.NewTone(8000, 3000+float64(place%200)*1.9, -45, 0)
}

func newCrowd(to string) (*crowd, error) {
	plane, err := media.New(generatorPlane())
	if err != nil {
		return nil, err
	}
	server, err := sip.New(sip.Config{Addr: "127.0.0.1:0", Plane: plane})
	if err != nil {
		plane.Close()
		return nil, err
	}
	c := &crowd{plane: plane, server: server, to: to}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// call makes everybody call, c.Rate calls a second.
func (w *crowd) call(ctx context.Context, s *Stage) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	every := time.NewTicker(time.Duration(float64(time.Second) / s.Rate))
	defer every.Stop()
	var calls sync.WaitGroup
	for i := range s.Load.Legs() {
		v := &caller{room: i / s.Load.People, place: i % s.Load.People}
		v.talks = v.place < s.Load.Talkers
		select {
		case <-every.C:
		case <-ctx.Done():
		}
		calls.Go(func() {
			if err := w.dial(ctx, v); err != nil {
				cancel(fmt.Errorf("caller %d of room %d: %w", v.place, v.room, err))
			}
		})
		if (i+1)%25 == 0 || i+1 == s.Load.Legs() {
			fmt.Fprintf(s.Out, "\r  calling: %d of %d", i+1, s.Load.Legs())
		}
	}
	calls.Wait()
	fmt.Fprintln(s.Out)
	return context.Cause(ctx)
}

func (w *crowd) dial(ctx context.Context, v *caller) error {
	began := time.Now()
	l, err := w.server.Dial(ctx, leg.Target{
		URI: fmt.Sprintf("sip:room-%d@%s", v.room, w.to), From: fmt.Sprintf("caller-%d-%d", v.room, v.place), Timeout: 30 * time.Second,
	}, nil)
	if err != nil {
		return err
	}
	v.leg = l
	w.mu.Lock()
	w.callers = append(w.callers, v)
	w.setups = append(w.setups, time.Since(began))
	w.mu.Unlock()
	if v.talks {
		w.wg.Go(func() { l.Session().Play(w.ctx, voice(v.place)) })
	}
	return nil
}

// mark begins the counting.
func (w *crowd) mark() {
	for _, v := range w.callers {
		v.before = v.leg.Session().Stats()
	}
}

// count ends it.
func (w *crowd) count(to Values) {
	var jitters []time.Duration
	for _, v := range w.callers {
		now := v.leg.Session().Stats()
		to["sent"] += float64(now.Sent - v.before.Sent)
		to["received"] += float64(now.Received - v.before.Received)
		to["lost_from"] += float64(now.Lost - v.before.Lost)
		jitters = append(jitters, now.Jitter)
	}
	to["jitter_p99"] = float64(quantile(jitters, 0.99)) / float64(time.Millisecond)
	to["setup_p99"] = float64(quantile(w.setups, 0.99)) / float64(time.Millisecond)
}

func quantile[T cmp.Ordered](values []T, q float64) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	slices.Sort(values)
	return values[min(len(values)-1, int(math.Ceil(q*float64(len(values))))-1)]
}

// ears is how many callers are listened to.
const ears = 16

// listen asks some of the callers, over all rooms, whom they hear: each talker of
// their own room, nobody of another, and not themselves.
func (w *crowd) listen(ctx context.Context, s *Stage) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	step := max(1, len(w.callers)/ears)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var wrong []error
	listened := 0
	for i := 0; i < len(w.callers); i += step {
		v := w.callers[i]
		listened++
		wg.Go(func() {
			if err := v.hearsTheOthers(ctx, s); err != nil {
				mu.Lock()
				wrong = append(wrong, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := errors.Join(wrong...); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d callers listened to: each hears those who talk in its own room, and not itself", listened), nil
}

func (v *caller) hearsTheOthers(ctx context.Context, s *Stage) error {
	tap, err := v.leg.Session().Tap()
	if err != nil {
		return err
	}
	defer tap.Close()
	heard := make([]int16, tap.Rate()) // a second
	for at := 0; at < len(heard); {
		n, err := tap.Read(ctx, heard[at:])
		if err != nil {
			return fmt.Errorf("caller %d of room %d: %w", v.place, v.room, err)
		}
		at += n
	}
	said := make(map[float64]bool) // by others of the room
	for place := range min(s.Load.Talkers, s.Load.People, len(pitches)) {
		if place != v.place {
			said[pitches[place]] = true
		}
	}
	for _, hz := range pitches {
		level := steady(heard, tap.Rate(), hz)
		if hears := level > -40; hears != said[hz] {
			return fmt.Errorf("caller %d of room %d hears %v Hz at %.0f dBov; said by others there: %v", v.place, v.room, hz, level, said[hz])
		}
	}
	return nil
}

// steady returns how loud a pitch is most of the time, in dBov: the median over
// fifths of a second. A frame lost or left out moves the phase of a tone, and
// over a longer time what stands before it and after it may cancel out.
func steady(heard []int16, rate int, hz float64) float64 {
	var levels []float64
	for piece := range slices.Chunk(heard, rate/5) {
		levels = append(levels, audio.LevelAt(piece, rate, hz))
	}
	return quantile(levels, 0.5)
}

// close hangs everybody up.
func (w *crowd) close() {
	w.cancel()
	w.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var calls sync.WaitGroup
	for _, v := range w.callers {
		calls.Go(func() { v.leg.Hangup(ctx, contract.CauseFarEnd) })
	}
	calls.Wait()
	w.server.Close()
	w.plane.Close()
}
