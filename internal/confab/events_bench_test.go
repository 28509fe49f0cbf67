package confab_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/webhook"
)

// benchConferences is over how many the events of the benchmarks are spread.
const benchConferences = 100

// course is the way of an event: the journal of a real directory, delivery, and a
// receiver on a real socket.
type course struct {
	b      *testing.B
	store  *store.Store
	events [benchConferences]contract.Event
	next   int

	mu    sync.Mutex
	sent  map[int]time.Time // by sequence number, which is of its own for each event here
	took  []time.Duration
	left  int
	empty chan struct{}
}

func newCourse(b *testing.B) *course {
	c := &course{b: b, sent: map[int]time.Time{}, empty: make(chan struct{}, 1)}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		n, err := strconv.Atoi(r.PostFormValue("SequenceNumber"))
		if err != nil {
			b.Errorf("told %v", r.PostForm)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.took = append(c.took, at.Sub(c.sent[n]))
		delete(c.sent, n)
		if c.left--; c.left == 0 {
			c.empty <- struct{}{}
		}
	}))
	b.Cleanup(receiver.Close)
	var err error
	if c.store, err = store.Open(b.Context(), b.TempDir(), nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.store.Close() })
	account := contract.NewAccountSID()
	for i := range c.events {
		conf := contract.NewConferenceSID()
		c.events[i] = contract.Event{Type: contract.EventParticipantMute,
			Conference:  &contract.ConferenceInfo{SID: conf, Account: account, FriendlyName: "tea", Status: contract.ConferenceInProgress, Created: time.Now()},
			Participant: &contract.ParticipantInfo{Conference: conf, Call: contract.NewCallSID(), Muted: true, Joined: time.Now()},
			Callback:    &contract.Callback{URL: receiver.URL, Method: http.MethodPost}}
	}
	client := webhook.New(webhook.Config{Policy: webhook.Policy{AllowLoopback: true},
		Tokens: func(contract.AccountSID) (string, bool) { return "0123456789abcdef", true }})
	b.Cleanup(client.Close)
	d := webhook.NewDelivery(webhook.DeliveryConfig{Client: client, Journal: c.store, Parking: c.store, RetryFor: time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { d.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		run.Wait()
	})
	return c
}

// send lets the next event happen.
func (c *course) send() {
	e := c.events[c.next%benchConferences]
	c.next++
	e.Sequence = c.next
	c.mu.Lock()
	defer c.mu.Unlock()
	e.Time = time.Now()
	c.sent[e.Sequence] = e.Time
	c.store.Append(e)
}

func (c *course) report() {
	<-c.empty
	c.b.StopTimer()
	slices.Sort(c.took)
	at := func(q float64) float64 {
		return float64(c.took[int(q*float64(len(c.took)-1))]) / float64(time.Millisecond)
	}
	c.b.ReportMetric(float64(c.b.N)/c.b.Elapsed().Seconds(), "events/s")
	c.b.ReportMetric(at(0.5), "p50-ms")
	c.b.ReportMetric(at(0.99), "p99-ms")
}

// How many events are made durable and delivered in a second, when there are
// always more.
func BenchmarkEvents_throughput(b *testing.B) {
	c := newCourse(b)
	c.left = b.N
	b.ResetTimer()
	for range b.N {
		c.send()
	}
	c.report()
}

// How long it takes from a change of state until the receiver has it, at 500
// events in a second.
func BenchmarkEvents_delay(b *testing.B) {
	c := newCourse(b)
	c.left = b.N
	b.ResetTimer()
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for range b.N {
		<-pace.C
		c.send()
	}
	c.report()
}
