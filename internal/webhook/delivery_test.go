package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// One stream's order is kept, whatever each takes; another stream does not wait.
func TestDeliveryInOrderPerStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		start := time.Now()
		var quick atomic.Int64
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			if stream == "CF-quick" {
				quick.Store(int64(time.Since(start)))
				return 200, nil
			}
			return takes(r, time.Duration(11-n)*time.Second)
		}
		for n := 1; n <= 10; n++ {
			j.append(told("CF-slow", n, "http://app.test/"), told("CF-quick", n, "http://app.test/"))
		}
		d := deliver(t, j, a, 0)
		d.flush(t)
		for _, stream := range []string{"CF-slow", "CF-quick"} {
			if got := a.heard(stream); !slices.Equal(got, sequence(1, 10)) {
				t.Errorf("%s was told in the order %v", stream, got)
			}
		}
		if quick.Load() != 0 || time.Since(start) != 55*time.Second {
			t.Errorf("the quick stream was done after %v, the slow one after %v; want 0 and 55s", time.Duration(quick.Load()), time.Since(start))
		}
		if want := map[string]contract.Pos{"": 20}; !cmp.Equal(j.cursors, want) {
			t.Errorf("cursors %v, want %v", j.cursors, want)
		}
		j.append(told("CF-slow", 11, "http://app.test/"), told("CF-late", 1, "http://app.test/")) // Run was waiting
		d.flush(t)
		if got := a.heard("CF-slow"); len(got) != 11 {
			t.Errorf("what came later was not told: %v", got)
		}
	})
}

// Call events have their own form and stream.
func TestDeliveryOfCallEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		c := call
		e := contract.Event{Type: contract.EventCallCompleted, Sequence: 3, Time: noon, Call: &c, Callback: &contract.Callback{URL: "http://app.test/status?a=1#rc=0", Method: "POST"}}
		get := e
		get.Sequence, get.Callback = 4, &contract.Callback{URL: "http://app.test/status?a=1", Method: "GET"}
		var seen []string
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				q := r.URL.Query()
				seen = append(seen, "GET "+q.Get("a")+q.Get("CallSid")+q.Get("SequenceNumber"))
				return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
			}
			seen = append(seen, r.Method+" "+r.URL.String())
			return a.RoundTrip(r)
		})
		j.append(e, get)
		deliver(t, j, transport, 0).flush(t)
		if want := []string{"POST http://app.test/status?a=1", "GET 1CA14"}; !slices.Equal(seen, want) {
			t.Errorf("requests %q, want %q", seen, want)
		}
	})
}

// A callback that fails is tried as its URL asks, recorded with the documented
// code, and does not hold up the next.
func TestDeliveryFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var mu sync.Mutex
		var got []string
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			mu.Lock()
			got = append(got, r.URL.Path+" "+r.PostForm.Get("SequenceNumber"))
			mu.Unlock()
			switch r.URL.Path {
			case "/500":
				w.WriteHeader(500)
			case "/slow":
				sleep(r, time.Hour)
			}
		})
		j := newJournal()
		c := call
		callEvent := func(n int, at string) contract.Event {
			return contract.Event{Type: contract.EventCallRinging, Sequence: n, Time: noon, Call: &c, Callback: &contract.Callback{URL: at}}
		}
		var log bytes.Buffer
		var failed []contract.Warning
		client := b.client()
		d := webhook.NewDelivery(webhook.DeliveryConfig{Client: client, Journal: j, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Failed: func(e contract.Event, w contract.Warning) {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, w)
			}})
		j.append(
			told("CF1", 1, "http://ann:sesame@app.test/500?token=sesame"),
			told("CF1", 2, "http://app.test/500#rc=2&rp=5xx"),
			told("CF1", 3, "http://nowhere.test/"),
			told("CF1", 4, "http://app.test/ok"),
			callEvent(0, "http://app.test/500"),
			callEvent(1, "http://app.test/slow"),
			callEvent(2, "http://app.test:81/"),
			callEvent(3, "://"),
			callEvent(4, "http://app.test/ok"))
		ctx, cancel := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { d.Run(ctx) })
		if err := d.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
		run.Wait()
		slices.Sort(got)
		want := []string{"/500 0", "/500 1", "/500 2", "/500 2", "/500 2", "/ok 4", "/ok 4", "/slow 1"}
		if !slices.Equal(got, want) {
			t.Errorf("requests %q, want %q", got, want)
		}
		byMessage := make(map[string]contract.Code)
		for _, w := range failed {
			byMessage[w.Message] = w.Code
			if strings.Contains(w.Message+w.URL, "sesame") {
				t.Errorf("a secret in %+v", w)
			}
		}
		if diff := cmp.Diff(map[string]contract.Code{
			"participant-join, sequence 1: http://app.test/500: it answered 500":                          contract.CodeEventDelivery,
			"participant-join, sequence 2: http://app.test/500: it answered 500 (the last of 3 attempts)": contract.CodeEventDelivery,
			"participant-join, sequence 3: http://nowhere.test/: its host name cannot be resolved":        contract.CodeEventDelivery,
			"call-ringing, sequence 0: http://app.test/500: it answered 500":                              contract.CodeCallbackWarning,
			"call-ringing, sequence 1: http://app.test/slow: it did not answer in time":                   contract.CodeRetrieval,
			"call-ringing, sequence 2: http://app.test:81/: no connection":                                contract.CodeConnect,
			"call-ringing, sequence 3: the URL cannot be read":                                            contract.CodeURL,
		}, byMessage); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		if strings.Contains(log.String(), "sesame") || strings.Count(log.String(), "callback given up") != 7 ||
			!strings.Contains(log.String(), "conf=CF1") || !strings.Contains(log.String(), "call=CA1") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

// What nobody wants to hear of costs delivery nothing.
func TestDeliveryPassesOverTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		for n := range 5000 {
			e := told("CF1", n, "")
			e.Callback = nil
			j.append(e)
		}
		d := deliver(t, j, a, 0)
		d.flush(t)
		if marks, read := j.counts(); marks != 0 || read != 0 {
			t.Errorf("%d cursors were set and %d events read", marks, read)
		}
		d.stop()
		if j.cursors[""] != 5000 {
			t.Errorf("at the end the cursor is %v, want 5000", j.cursors)
		}
	})
}

// Stopped anywhere, the next run goes on where the last one was: nothing is
// left out, and what is told twice has its token.
func TestDeliveryGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			return takes(r, time.Duration(len(stream)*7+n%5)*10*time.Millisecond)
		}
		streams := []string{"CF1", "CF22", "CF333", "CF4444", "CF55555"}
		const each = 60
		for n := 1; n <= each; n++ {
			for _, s := range streams {
				j.append(told(s, n, "http://app.test/"))
			}
		}
		for range 5 { // in the middle
			d := deliver(t, j, a, 0)
			time.Sleep(700 * time.Millisecond)
			d.stop()
			if low, ok := j.cursors[""]; ok && int(low) >= len(j.events) {
				t.Fatal("it was done before it was stopped")
			}
		}
		for range 3 { // and without a word: what was noted after this is lost
			before := maps.Clone(j.cursors)
			d := deliver(t, j, a, 0)
			time.Sleep(300 * time.Millisecond)
			d.stop()
			j.cursors = before
		}
		deliver(t, j, a, 0).flush(t)
		repeats := 0
		for _, s := range streams {
			next := 1
			for _, n := range a.heard(s) {
				if n > next {
					t.Fatalf("%s: %d was told before %d: %v", s, n, next, a.heard(s))
				}
				if n < next {
					repeats++
				}
				next = n + 1
			}
			if next != each+1 {
				t.Errorf("%s ends with %d, want %d", s, next-1, each)
			}
		}
		if repeats == 0 {
			t.Error("losing the cursors repeated nothing: the test proves nothing")
		}
	})
}

// Run lets what is in flight end, and counts it as done.
func TestDeliveryStopsAfterWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, _ int) (int, error) { return takes(r, 10*time.Second) }
		j.append(told("CF1", 1, "http://app.test/"), told("CF1", 2, "http://app.test/"), told("CF2", 1, "http://app.test/"))
		d := deliver(t, j, a, 0)
		time.Sleep(time.Second)
		if got := d.Stats().Streams; got != 2 {
			t.Errorf("%d streams have something undelivered, want 2", got)
		}
		flushed := make(chan error, 1)
		go func() { flushed <- d.Flush(t.Context()) }()
		start := time.Now()
		d.stop()
		if took := time.Since(start); took != 9*time.Second {
			t.Errorf("it took %v to stop, want 9s", took)
		}
		if err := <-flushed; err == nil {
			t.Error("Flush over the end of Run = nil, though something is undelivered")
		}
		if err := d.Flush(t.Context()); err == nil {
			t.Error("Flush after Run = nil, though something is undelivered")
		}
		if got := fmt.Sprint(a.told); got != "map[CF1:[1] CF2:[1]]" {
			t.Errorf("told %s", got)
		}
		if want := map[string]contract.Pos{"": 1, "CF2": 3}; !cmp.Equal(j.cursors, want) {
			t.Errorf("cursors %v, want %v", j.cursors, want)
		}
	})
}

// Flush waits for what was there when it was asked, and no longer.
func TestDeliveryFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, stream string, _ int) (int, error) {
			if stream == "CF-late" {
				return takes(r, 14*time.Second)
			}
			return takes(r, 3*time.Second)
		}
		d := deliver(t, j, a, 0)
		d.flush(t) // of nothing
		j.append(told("CF1", 1, "http://app.test/"), told("CF1", 2, "http://app.test/"))
		start := time.Now()
		go func() {
			time.Sleep(time.Second)
			j.append(told("CF-late", 1, "http://app.test/"))
		}()
		d.flush(t)
		if took := time.Since(start); took != 6*time.Second {
			t.Errorf("flush took %v, want 6s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush with a ctx that ends = %v", err)
		}
	})
}

// However many streams: so many in flight, few of them to a host that is dead,
// and so many remembered. A dead host does not hold up another.
func TestDeliveryBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		start := time.Now()
		var alive atomic.Int64
		a.answer = func(r *http.Request, stream string, n int) (int, error) {
			if r.URL.Host == "alive.test" {
				alive.Store(int64(time.Since(start)))
				return 200, nil
			}
			return takes(r, time.Hour)
		}
		for n := range 12_000 {
			j.append(told(fmt.Sprintf("CF-dead-%d", n), 1, "http://dead.test/"))
			if n%1000 == 0 && n < 9000 {
				for i := range 50 {
					j.append(told(fmt.Sprintf("CF-alive-%d", n), i+1, "http://alive.test/"))
				}
			}
		}
		d := deliver(t, j, a, 40)
		time.Sleep(14 * time.Second)
		if _, read := j.counts(); read > 10_000+450+256 {
			t.Errorf("%d events were read ahead of a host that does not answer", read)
		}
		if a.most > 40 || a.peak["dead.test"] != 5 {
			t.Errorf("%d in flight, %d of them to a dead host; want at most 40 and 5", a.most, a.peak["dead.test"])
		}
		if got := time.Duration(alive.Load()); got != 0 {
			t.Errorf("the host that answers was told all after %v, want at once", got)
		}
		for n := 0; n < 9000; n += 1000 {
			if got := a.heard(fmt.Sprintf("CF-alive-%d", n)); !slices.Equal(got, sequence(1, 50)) {
				t.Fatalf("alive stream %d heard %v", n, got)
			}
		}
		time.Sleep(12_000 * 15 * time.Second) // one at a time is left to it
		d.flush(t)
		if got, want := d.Stats(), (webhook.DeliveryStats{Delivered: 450, GivenUp: 12_000}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
		if got := len(d.failed); got != 12_000 {
			t.Errorf("%d callbacks were given up, want 12000", got)
		}
	})
}

// The journal's disk may fail for a while.
func TestDeliverySurvivesTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, _ string, _ int) (int, error) { return takes(r, time.Second) }
		j.fail(errors.New("the disk refuses"))
		j.append(told("CF1", 1, "http://app.test/"), told("CF1", 2, "http://app.test/"), told("CF1", 3, "http://app.test/"))
		d := deliver(t, j, a, 0)
		time.Sleep(2500 * time.Millisecond)
		j.fail(nil)
		time.Sleep(time.Second) // the first is in flight
		j.fail(errors.New("the disk refuses"))
		time.Sleep(5 * time.Second)
		j.fail(nil)
		d.flush(t)
		if got := a.heard("CF1"); !slices.Equal(got, sequence(1, 3)) {
			t.Errorf("told %v", got)
		}
		j.fail(errors.New("the disk refuses"))
		j.append(told("CF1", 4, "http://app.test/"))
		time.Sleep(time.Second)
		d.stop() // it ends all the same
	})
}

// What the journal has lost is passed over; the stream does not stand still.
func TestDeliveryPassesOverWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		for n := 1; n <= 5; n++ {
			j.append(told("CF1", n, "http://app.test/"))
		}
		j.append(told("CF2", 1, "http://app.test/"), told("CF2", 2, "http://app.test/"))
		j.broken = map[contract.Pos]bool{2: true, 3: true, 7: true}
		d := deliver(t, j, a, 0)
		d.flush(t)
		if got := fmt.Sprint(a.told); got != "map[CF1:[1 4 5] CF2:[1]]" {
			t.Errorf("told %s", got)
		}
		a.answer = func(r *http.Request, _ string, _ int) (int, error) { return takes(r, time.Second) }
		for n := 6; n <= 9; n++ {
			j.append(told("CF1", n, "http://app.test/"))
		}
		time.Sleep(time.Millisecond)
		j.mu.Lock()
		j.purged = 11
		j.mu.Unlock()
		d.flush(t)
		if got := a.heard("CF1"); !slices.Equal(got, []int{1, 4, 5, 6, 7}) || j.cursors[""] != 11 { // the seventh was held already
			t.Errorf("told %v, cursors %v", got, j.cursors)
		}
	})
}

// Whatever the streams, the answers and the stops: each event of each stream is
// told, in order, one at a time (app watches that), and the cursor ends at the
// end.
func TestDeliveryProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			j, a := newJournal(), newApp(t)
			a.answer = func(r *http.Request, stream string, n int) (int, error) {
				answer, err := takes(r, time.Duration((len(stream)*31+n*17)%900)*time.Millisecond)
				if n%7 == 3 {
					answer = 500
				}
				return answer, err
			}
			next := make(map[string]int)
			var d *running
			for range rapid.IntRange(1, 40).Draw(r, "steps") {
				switch rapid.IntRange(0, 5).Draw(r, "step") {
				case 0:
					if d == nil {
						d = deliver(t, j, a, rapid.IntRange(1, 5).Draw(r, "in flight"))
					}
				case 1:
					if d != nil {
						d.stop()
						d = nil
					}
				case 2:
					time.Sleep(time.Duration(rapid.IntRange(1, 2000).Draw(r, "pause")) * time.Millisecond)
				default:
					stream := "CF" + strings.Repeat("x", rapid.IntRange(0, 4).Draw(r, "stream"))
					for range rapid.IntRange(1, 12).Draw(r, "burst") {
						e := told(stream, next[stream]+1, fmt.Sprintf("http://app%d.test/", len(stream)))
						if rapid.IntRange(0, 2).Draw(r, "silent") == 0 {
							e.Callback = nil
						} else {
							next[stream]++
						}
						j.append(e)
					}
				}
			}
			if d == nil {
				d = deliver(t, j, a, 3)
			}
			d.flush(t)
			d.stop()
			for stream, last := range next {
				if got := a.heard(stream); !slices.Equal(got, sequence(1, last)) {
					r.Errorf("%s was told %v, want 1 to %d", stream, got, last)
				}
			}
			if len(j.events) > 0 && !cmp.Equal(j.cursors, map[string]contract.Pos{"": contract.Pos(len(j.events))}) {
				r.Errorf("cursors %v, want all at %d", j.cursors, len(j.events))
			}
		})
	})
}
