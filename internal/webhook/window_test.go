package webhook_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
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
