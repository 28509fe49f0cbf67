package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// What waits in a stream whose application takes it is read in pieces, not one
// by one.
func TestDelivery_readsAheadOfWhoTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, _ int) (int, error) { return takes(r, time.Millisecond) }
		const each = 1000
		for n := 1; n <= each; n++ {
			for _, stream := range []string{"CF1", "CF2", "CF3"} {
				j.append(told(stream, n, "http://app.test/"))
			}
		}
		d := deliver(t, j, a, 0)
		d.flush(t)
		for _, stream := range []string{"CF1", "CF2", "CF3"} {
			if got := a.heard(stream); !slices.Equal(got, sequence(1, each)) {
				t.Errorf("%s heard %v", stream, got)
			}
		}
		// 1, 2, 4 … 32, and then 33 at a time.
		if most := 3 * (6 + each/33); j.asked > most || j.asked < 3 {
			t.Errorf("the journal was asked %d times for more of a stream, want at most %d", j.asked, most)
		}
		if got := d.Stats().Held; got != 0 {
			t.Errorf("%d events are held of streams that are done", got)
		}
	})
}

// Who reads more of a stream may meet events that the journal's one reader has
// not come to: they are not told twice.
func TestDelivery_tellsOnceWhatIsReadByTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, _ int) (int, error) { return takes(r, time.Second) }
		for n := 1; n <= 3; n++ {
			j.append(told("CF1", n, "http://app.test/"))
		}
		d := deliver(t, j, a, 0)
		time.Sleep(time.Millisecond)
		j.mu.Lock()
		j.slow = time.Minute
		j.mu.Unlock()
		j.append(told("CF1", 4, "http://app.test/"), told("CF1", 5, "http://app.test/"))
		d.flush(t)
		if got := a.heard("CF1"); !slices.Equal(got, sequence(1, 5)) {
			t.Errorf("told %v, want 1 to 5", got)
		}
	})
}

// However much waits for applications that are dead, one event of a stream is
// all that is held ahead, and none once it is plain that it is not taken. So it
// is with those that were alive before.
func TestDelivery_holdsNextToNothingForTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams, each = 200, 500
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, n int) (int, error) {
			if n <= 10 {
				return 200, nil
			}
			return takes(r, time.Hour)
		}
		for n := 1; n <= each; n++ {
			for s := range streams {
				e := told(fmt.Sprintf("CF%d-", s), n, "http://app.test/")
				if s%2 == 0 { // never alive
					e.Sequence += 10
				}
				j.append(e)
			}
		}
		d := deliver(t, j, a, 0)
		time.Sleep(10 * time.Second) // all are told of one that they do not take
		if got, most := d.Stats(), streams/2*(1+32); got.Streams != streams || got.Held > most {
			t.Errorf("%+v, want %d streams and at most %d events held", got, streams, most)
		}
		time.Sleep(time.Hour) // some have met what is not taken many times over
		if got := d.Stats(); got.Held > streams {
			t.Errorf("%d events are held for %d streams of the dead", got.Held, streams)
		}
	})
}

// What all streams hold together is bounded, however many have earned a lot.
func TestDelivery_holdsSoManyInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams, first, each = 1000, 8, 40
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, n int) (int, error) {
			if n <= first {
				return takes(r, time.Millisecond) // meanwhile the journal is read
			}
			return takes(r, time.Hour)
		}
		for n := 1; n <= each; n++ {
			for s := range streams {
				j.append(told(fmt.Sprintf("CF%d-", s), n, "http://app.test/"))
			}
		}
		d := deliver(t, j, a, 0)
		time.Sleep(10 * time.Second) // nearly all have taken what they take, and could hold 31 each
		if got := d.Stats(); got.Held < 19_000 || got.Held > 20_000 {
			t.Errorf("%+v, want as many held as may be: 20000", got)
		}
	})
}

// Applications that are dead, in each of the ways, delay nobody else: to the
// nanosecond, the others hear of each event when they would have without them.
func TestDelivery_theDeadDelayNobodyElse(t *testing.T) {
	delays := func(dead bool) (heard map[string]time.Duration) {
		synctest.Test(t, func(t *testing.T) { heard = hearBeside(t, dead) })
		return heard
	}
	alone, beside := delays(false), delays(true)
	if len(alone) != living*10 {
		t.Fatalf("%d events were heard, want %d: the test proves nothing", len(alone), living*10)
	}
	if !maps.Equal(alone, beside) {
		sorted := func(of map[string]time.Duration) []time.Duration { return slices.Sorted(maps.Values(of)) }
		a, b := sorted(alone), sorted(beside)
		t.Errorf("%d events alone, %d beside the dead; p50 %v and %v, p99 %v and %v", len(a), len(b),
			a[len(a)/2], b[len(b)/2], a[len(a)*99/100], b[len(b)*99/100])
	}
}

// living is how many conferences have an application that lives; as many have
// one that does not.
const living = 100

// hearBeside returns when each event was heard of, counted from when it
// happened, by the applications that live.
func hearBeside(t *testing.T, dead bool) map[string]time.Duration {
	j, a := newJournal(), newApp(t)
	var mu sync.Mutex
	happened, heard := make(map[string]time.Time), make(map[string]time.Duration)
	a.answer = func(r *http.Request, stream string, n int) (int, error) {
		switch r.URL.Host {
		case "refuses.test":
			return 0, errors.New("connection refused")
		case "stalls.test":
			return takes(r, time.Hour)
		case "fails.test":
			return 500, nil
		}
		mu.Lock()
		key := fmt.Sprint(stream, " ", n)
		heard[key] = time.Since(happened[key])
		mu.Unlock()
		return takes(r, time.Duration(1+(n*7+len(stream))%20)*time.Millisecond)
	}
	client := webhook.New(webhook.Config{Tokens: tokens, Transport: a})
	d := webhook.NewDelivery(webhook.DeliveryConfig{Client: client, Journal: j, Parking: &lot{parked: map[contract.Pos]*parked{}}, RetryFor: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { d.Run(ctx) })
	happen := func(e contract.Event) {
		e.Time = time.Now()
		mu.Lock()
		happened[fmt.Sprint(e.Stream(), " ", e.Sequence)] = e.Time
		mu.Unlock()
		j.append(e)
	}
	hosts := []string{"refuses", "stalls", "fails"}
	for n := 1; n <= 10; n++ {
		for s := range living {
			if dead {
				happen(told(fmt.Sprint("CF-dead-", s), n, "http://"+hosts[s%len(hosts)]+".test/"))
			}
			happen(told(fmt.Sprint("CF-", s), n, "http://lives.test/"))
			time.Sleep(2 * time.Millisecond)
		}
	}
	time.Sleep(time.Minute)
	if got := d.Stats(); dead && (got.Retried < 3*living || got.GivenUp == 0) {
		t.Errorf("%+v: the dead were hardly told of anything, and the test proves nothing", got)
	}
	cancel()
	run.Wait()
	return heard
}
