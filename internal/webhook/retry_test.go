package webhook_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// lot is a parking lot in memory.
type lot struct {
	mu     sync.Mutex
	parked map[contract.Pos]*parked
}

type parked struct {
	event    contract.Event
	attempts int
	message  string
	due      bool
}

func (l *lot) Park(e contract.Event, attempts int, w contract.Warning) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.parked {
		if p.event.Stream() == e.Stream() && p.event.Pos > e.Pos {
			p.due = false
		}
	}
	l.parked[e.Pos] = &parked{event: e, attempts: attempts, message: w.Message}
}

func (l *lot) Unpark(e contract.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.parked, e.Pos)
}

func (l *lot) DueStreams(context.Context, int) (streams []string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.parked {
		if p.due && !slices.Contains(streams, p.event.Stream()) {
			streams = append(streams, p.event.Stream())
		}
	}
	return streams, nil
}

func (l *lot) Due(_ context.Context, stream string, after contract.Pos) (e contract.Event, attempts int, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pos := range slices.Sorted(maps.Keys(l.parked)) {
		if p := l.parked[pos]; p.due && p.event.Stream() == stream && pos > after {
			return p.event, p.attempts, true, nil
		}
	}
	return e, 0, false, nil
}

func (l *lot) replay() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.parked {
		p.due = true
	}
}

func (l *lot) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, pos := range slices.Sorted(maps.Keys(l.parked)) {
		p := l.parked[pos]
		all = append(all, fmt.Sprintf("%s %d after %d", p.event.Stream(), p.event.Sequence, p.attempts))
	}
	return strings.Join(all, ", ")
}

// deliverFor runs a delivery that tries for a time and parks then.
func deliverFor(t *testing.T, j webhook.Journal, l *lot, a http.RoundTripper, long time.Duration) *running {
	t.Helper()
	c := webhook.New(webhook.Config{Tokens: tokens, Transport: a})
	r := &running{}
	r.Delivery = webhook.NewDelivery(webhook.DeliveryConfig{Client: c, Journal: j, Parking: l, RetryFor: long,
		Failed: func(e contract.Event, w contract.Warning) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failed = append(r.failed, w)
		}})
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { r.Run(ctx) })
	r.stop = sync.OnceFunc(func() {
		cancel()
		run.Wait()
		c.Close()
	})
	t.Cleanup(r.stop)
	return r
}

func newLot() *lot { return &lot{parked: make(map[contract.Pos]*parked)} }

// now is an event of this moment.
func now(stream string, n int, at string) contract.Event {
	e := told(stream, n, at)
	e.Time = time.Now()
	return e
}

// What fails for a while is told again with growing pauses, in its place in the
// order, until it is taken; another stream does not wait.
func TestRetry_untilItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a, l := newJournal(), newApp(t), newLot()
		start := time.Now()
		var tries []time.Duration
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			if stream != "CF1" || n != 1 {
				return 200, nil
			}
			tries = append(tries, time.Since(start))
			switch len(tries) {
			case 1:
				return 500, nil
			case 2:
				return 0, io.ErrUnexpectedEOF // reset
			case 3:
				return takes(r, time.Hour) // stalls
			case 4:
				return 503, nil
			}
			return 200, nil
		}
		j.append(now("CF1", 1, "http://app.test/"), now("CF1", 2, "http://app.test/"), now("CF2", 1, "http://app.test/"))
		d := deliverFor(t, j, l, a, time.Minute)
		time.Sleep(100 * time.Millisecond)
		if got := a.heard("CF2"); len(got) != 1 || len(a.heard("CF1")) != 1 { // with a 500
			t.Errorf("told %v at first", a.told)
		}
		d.flush(t)
		if got := a.heard("CF1"); !slices.Equal(got, []int{1, 1, 1, 2}) {
			t.Errorf("CF1 was told %v", got)
		}
		if len(tries) != 5 {
			t.Fatalf("tried at %v", tries)
		}
		pause := 500 * time.Millisecond
		for i, took := range []time.Duration{0, 0, 15 * time.Second, 0} { // of the attempts themselves
			gap := tries[i+1] - tries[i] - took
			if gap < pause*3/4 || gap > pause*5/4 {
				t.Errorf("pause %d is %v, want about %v", i, gap, pause)
			}
			pause *= 2
		}
		if l.String() != "" || len(d.failed) != 0 {
			t.Errorf("parked: %v; notices: %v", l, d.failed)
		}
		if got := d.Stats(); got.Retried != 4 || got.Delivered != 3 || got.GivenUp != 0 {
			t.Errorf("counted %+v", got)
		}
	})
}

// For so long and no longer; then it is parked, the gap marked, and the stream
// goes on. A stream falls no further behind than that.
func TestRetry_parksAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a, l := newJournal(), newApp(t), newLot()
		start := time.Now()
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			if stream == "CF-refused" {
				return 404, nil
			}
			if time.Since(start) < 3*time.Minute {
				return 500, nil
			}
			return 200, nil
		}
		d := deliverFor(t, j, l, a, time.Minute)
		synctest.Wait()
		for n := 1; n <= 10; n++ {
			j.append(now("CF1", n, "http://app.test/"))
		}
		j.append(now("CF-refused", 1, "http://app.test/"), now("CF-refused", 2, "http://app.test/#rc=3&rp=4xx"))
		d.flush(t)
		if took := time.Since(start); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("ten were given up after %v, want a minute", took)
		}
		if got := len(d.failed); got != 12 {
			t.Errorf("%d notices, want 12", got)
		}
		for _, w := range d.failed {
			if w.Code != contract.CodeEventDelivery {
				t.Errorf("notice %+v", w)
			}
		}
		l.mu.Lock()
		if p := l.parked[1]; p == nil || p.attempts < 8 || !strings.Contains(p.message, fmt.Sprintf("it answered 500 (the last of %d attempts)", p.attempts)) {
			t.Errorf("the first is parked as %+v", p)
		}
		if p := l.parked[11]; p == nil || p.attempts != 1 {
			t.Errorf("what was refused is parked as %+v, want after one attempt", p)
		}
		if p := l.parked[12]; p == nil || p.attempts != 4 {
			t.Errorf("what was refused, with a policy of its own, is parked as %+v, want after 4 attempts", p)
		}
		l.mu.Unlock()
		time.Sleep(3 * time.Minute)
		j.append(now("CF1", 11, "http://app.test/"))
		d.flush(t)
		if got := a.heard("CF1"); got[len(got)-1] != 11 {
			t.Errorf("told %v after the gap", got)
		}
	})
}

// Parked ones are sent again when somebody asks, in order, one in flight with
// what the stream sends else, with their tokens (app watches both); the first
// that fails again ends that.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a, l := newJournal(), newApp(t), newLot()
		var mu sync.Mutex
		down, bad := true, 0
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if down || n == bad {
				return 500, nil
			}
			mu.Unlock()
			defer mu.Lock()
			return takes(r, 100*time.Millisecond)
		}
		for n := 1; n <= 5; n++ {
			j.append(now("CF1", n, "http://app.test/"), now("CF2", n, "http://app.test/"))
		}
		d := deliverFor(t, j, l, a, 0)
		d.flush(t)
		if got := len(l.parked); got != 10 {
			t.Fatalf("%d are parked, want 10: %v", got, l)
		}
		time.Sleep(time.Minute)
		if got := len(a.heard("CF1")); got != 5 {
			t.Errorf("CF1 was told %d times before anybody asked", got)
		}
		mu.Lock()
		down, bad = false, 3
		a.mu.Lock()
		clear(a.told)
		a.mu.Unlock()
		mu.Unlock()
		l.replay()
		for n := 6; n <= 20; n++ { // the stream goes on meanwhile
			j.append(now("CF1", n, "http://app.test/"))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		if got := fmt.Sprint(a.heard("CF2")); got != "[1 2 3]" {
			t.Errorf("CF2 was sent %s again, want 1 2, and 3 in vain", got)
		}
		if got := l.String(); got != "CF1 3 after 2, CF2 3 after 2, CF1 4 after 1, CF2 4 after 1, CF1 5 after 1, CF2 5 after 1" {
			t.Errorf("parked still: %s", got)
		}
		mu.Lock()
		bad = 0
		mu.Unlock()
		l.replay()
		time.Sleep(10 * time.Second)
		if got := l.String(); got != "" {
			t.Errorf("parked still: %s", got)
		}
		var again, live []int
		for _, n := range a.heard("CF1") {
			if n <= 5 {
				again = append(again, n)
			} else {
				live = append(live, n)
			}
		}
		if !slices.Equal(again, []int{1, 2, 3, 3, 4, 5}) || !slices.Equal(live, sequence(6, 20)) {
			t.Errorf("CF1 was sent %v again, and %v", again, live)
		}
		d.flush(t)
		if got := d.Stats().Streams; got != 0 {
			t.Errorf("%d streams are remembered", got)
		}
	})
}
