package webhook_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// journal is a journal in memory: what is appended is committed.
type journal struct {
	mu      sync.Mutex
	events  []contract.Event
	streams map[string][]contract.Event
	wake    chan struct{}
	cursors map[string]contract.Pos
	marks   int                   // calls of SetCursor
	read    int                   // events given to TailCallbacks
	asked   int                   // calls of TailStream
	err     error                 // of all reads
	broken  map[contract.Pos]bool // events that come back empty
	purged  contract.Pos          // events up to here are gone from it
	slow    time.Duration         // of TailCallbacks
}

func newJournal() *journal {
	return &journal{streams: make(map[string][]contract.Event), wake: make(chan struct{}), cursors: make(map[string]contract.Pos)}
}

func (j *journal) append(events ...contract.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		e.Pos = contract.Pos(len(j.events) + 1)
		j.events = append(j.events, e)
		j.streams[e.Stream()] = append(j.streams[e.Stream()], e)
	}
	close(j.wake)
	j.wake = make(chan struct{})
}

// tail returns those of events that have a callback, after a position.
func (j *journal) tail(events []contract.Event, after contract.Pos, max int) (found []contract.Event, err error) {
	if j.err != nil {
		return nil, j.err
	}
	first, _ := slices.BinarySearchFunc(events, after+1, func(e contract.Event, pos contract.Pos) int { return cmp.Compare(e.Pos, pos) })
	for _, e := range events[first:] {
		if len(found) == max {
			break
		}
		if e.Callback == nil {
			continue
		}
		if j.broken[e.Pos] {
			e = contract.Event{Pos: e.Pos}
		}
		found = append(found, e)
	}
	return found, nil
}

func (j *journal) TailCallbacks(_ context.Context, after contract.Pos, max int) ([]contract.Event, error) {
	j.mu.Lock()
	slow := j.slow
	j.mu.Unlock()
	time.Sleep(slow)
	j.mu.Lock()
	defer j.mu.Unlock()
	events, err := j.tail(j.events, after, max)
	j.read += len(events)
	return events, err
}

func (j *journal) TailStream(_ context.Context, stream string, after contract.Pos, most int) ([]contract.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked++
	return j.tail(j.streams[stream], max(after, j.purged), most)
}

func (j *journal) More(after contract.Pos) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if int(after) < len(j.events) {
		done := make(chan struct{})
		close(done)
		return done
	}
	return j.wake
}

func (j *journal) Committed() contract.Pos {
	j.mu.Lock()
	defer j.mu.Unlock()
	return contract.Pos(len(j.events))
}

func (j *journal) Cursors(context.Context) (map[string]contract.Pos, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.cursors), j.err
}

func (j *journal) SetCursor(stream string, pos contract.Pos) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.marks++
	j.cursors[stream] = pos
	if stream == "" {
		maps.DeleteFunc(j.cursors, func(s string, p contract.Pos) bool { return s != "" && p <= pos })
	}
}

func (j *journal) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = err
}

func (j *journal) counts() (marks, read int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.marks, j.read
}

// told is an event of a conference's stream that its customer wants to hear of.
func told(stream string, sequence int, at string) contract.Event {
	return contract.Event{Type: contract.EventParticipantJoin, Sequence: sequence, Time: noon,
		Conference: &contract.ConferenceInfo{SID: contract.ConferenceSID(stream), Account: account, FriendlyName: "tea"},
		Callback:   &contract.Callback{URL: at}}
}

// app is the customer's application: it notes what it is told, per stream, and
// whether it was told two things of one stream at once.
type app struct {
	t      *testing.T
	answer func(r *http.Request, stream string, sequence int) (status int, err error)

	mu     sync.Mutex
	told   map[string][]int
	tokens map[string]string
	flying map[string]int
	hosts  map[string]int // in flight
	most   int            // in flight at any time, over all
	peak   map[string]int // and per host
}

func newApp(t *testing.T) *app {
	return &app{t: t, told: make(map[string][]int), tokens: make(map[string]string),
		flying: make(map[string]int), hosts: make(map[string]int), peak: make(map[string]int)}
}

func (a *app) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ParseForm()
	stream := r.PostForm.Get("ConferenceSid") + r.PostForm.Get("CallSid")
	sequence, err := strconv.Atoi(r.PostForm.Get("SequenceNumber"))
	if err != nil {
		a.t.Errorf("told %q", body)
	}
	a.mu.Lock()
	a.flying[stream]++
	a.hosts[r.URL.Host]++
	all := 0
	for _, n := range a.hosts {
		all += n
	}
	a.most, a.peak[r.URL.Host] = max(a.most, all), max(a.peak[r.URL.Host], a.hosts[r.URL.Host])
	if a.flying[stream] > 1 {
		a.t.Errorf("%s: %d callbacks in flight at once", stream, a.flying[stream])
	}
	key, token := fmt.Sprint(stream, sequence), r.Header.Get("I-Twilio-Idempotency-Token")
	if was, ok := a.tokens[key]; ok && was != token || token == "" {
		a.t.Errorf("%s: token %q, before %q", key, token, was)
	}
	a.tokens[key] = token
	a.mu.Unlock()
	status := 200
	if a.answer != nil {
		status, err = a.answer(r, stream, sequence)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flying[stream]--
	a.hosts[r.URL.Host]--
	if err != nil {
		return nil, err
	}
	a.told[stream] = append(a.told[stream], sequence)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (a *app) heard(stream string) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.told[stream])
}

// takes waits for d, or until the request is given up.
func takes(r *http.Request, d time.Duration) (int, error) {
	select {
	case <-time.After(d):
		return 200, nil
	case <-r.Context().Done():
		return 0, r.Context().Err()
	}
}

// running is a delivery that runs.
type running struct {
	*webhook.Delivery
	stop func() // ends Run, and waits for that

	mu     sync.Mutex
	failed []contract.Warning
}

func deliver(t *testing.T, j webhook.Journal, a http.RoundTripper, inFlight int) *running {
	t.Helper()
	c := webhook.New(webhook.Config{Tokens: tokens, Transport: a})
	r := &running{}
	r.Delivery = webhook.NewDelivery(webhook.DeliveryConfig{Client: c, Journal: j, InFlight: inFlight,
		Failed: func(e contract.Event, w contract.Warning) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failed = append(r.failed, w)
		}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		c.Close()
	})
	t.Cleanup(r.stop)
	return r
}

func (r *running) flush(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := r.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func sequence(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}
