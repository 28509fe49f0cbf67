package confab_test

import (
	"context"
	"net"
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
	events []contract.Event
	next   int

	mu    sync.Mutex
	sent  map[int]time.Time // by sequence number, which is of its own for each event here
	took  []time.Duration
	left  int
	empty chan struct{}
}

func newCourse(b *testing.B) *course {
	c := &course{b: b, sent: map[int]time.Time{}, empty: make(chan struct{}, 1)}
	receiver := httptest.NewServer(http.HandlerFunc(c.take))
	b.Cleanup(receiver.Close)
	var err error
	if c.store, err = store.Open(b.Context(), b.TempDir(), nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.store.Close() })
	c.events = conferences(benchConferences, receiver.URL)
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

// conferences returns an event of each of so many conferences, whose receiver is
// at url.
func conferences(many int, url string) (events []contract.Event) {
	account := contract.NewAccountSID()
	for range many {
		conf := contract.NewConferenceSID()
		events = append(events, contract.Event{Type: contract.EventParticipantMute,
			Conference:  &contract.ConferenceInfo{SID: conf, Account: account, FriendlyName: "tea", Status: contract.ConferenceInProgress, Created: time.Now()},
			Participant: &contract.ParticipantInfo{Conference: conf, Call: contract.NewCallSID(), Muted: true, Joined: time.Now()},
			Callback:    &contract.Callback{URL: url, Method: http.MethodPost}})
	}
	return events
}

// take is the receiver.
func (c *course) take(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	n, err := strconv.Atoi(r.PostFormValue("SequenceNumber"))
	if err != nil {
		c.b.Errorf("told %v", r.PostForm)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, at.Sub(c.sent[n]))
	delete(c.sent, n)
	if c.left--; c.left == 0 {
		c.empty <- struct{}{}
	}
}

// send lets the next event happen.
func (c *course) send() {
	e := c.events[c.next%len(c.events)]
	c.next++
	e.Sequence = c.next
	c.mu.Lock()
	defer c.mu.Unlock()
	e.Time = time.Now()
	c.sent[e.Sequence] = e.Time
	c.store.Append(e)
}

// eventPace is the time between two events of the benchmarks that measure delay.
const eventPace = 2 * time.Millisecond

// stroll sends so many events, 500 in a second, and waits until all are taken.
// After each it calls besides.
func (c *course) stroll(events int, besides func(n int)) {
	c.left = events
	pace := time.NewTicker(eventPace)
	defer pace.Stop()
	for n := range events {
		<-pace.C
		c.send()
		besides(n)
	}
	<-c.empty
}

// quantile returns how long that part of the events took at most, in
// milliseconds.
func quantile(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))]) / float64(time.Millisecond)
}

// How many events are made durable and delivered in a second, when there are
// always more.
func BenchmarkEvents_throughput(b *testing.B) {
	c := newCourse(b)
	c.left = b.N
	b.ResetTimer()
	used := cpuTime()
	for range b.N {
		c.send()
	}
	<-c.empty
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-used).Microseconds())/float64(b.N), "cpu-us/event")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// How long it takes from a change of state until the receiver has it, at 500
// events in a second.
func BenchmarkEvents_delay(b *testing.B) {
	c := newCourse(b)
	b.ResetTimer()
	c.stroll(b.N, func(int) {})
	b.StopTimer()
	b.ReportMetric(quantile(c.took, 0.5), "p50-ms")
	b.ReportMetric(quantile(c.took, 0.99), "p99-ms")
}

// The same without and with a receiver that takes connections and never answers,
// that ten more conferences have a tenth as many events for: by turns of a
// second. The quantiles are medians over the turns.
func BenchmarkEvents_besideADeadReceiver(b *testing.B) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { dead.Close() })
	alone, beside := newCourse(b), newCourse(b)
	lost := conferences(10, "http://"+dead.Addr().String()+"/#rt=1000")
	tellTheDead := func(n int) {
		if n%10 == 0 {
			e := lost[n/10%len(lost)]
			e.Sequence, e.Time = n+1, time.Now()
			beside.store.Append(e)
		}
	}
	for n := range 1000 {
		tellTheDead(n) // it has been dead for a while
	}
	quantiles := make(map[string][]float64)
	turn := func(c *course, name string, besides func(int)) {
		c.took = nil
		c.stroll(500, besides)
		quantiles[name+"-p50-ms"] = append(quantiles[name+"-p50-ms"], quantile(c.took, 0.5))
		quantiles[name+"-p99-ms"] = append(quantiles[name+"-p99-ms"], quantile(c.took, 0.99))
	}
	b.ResetTimer()
	for left := b.N; left > 0; left -= 1000 {
		turn(alone, "alone", func(int) {})
		turn(beside, "beside", tellTheDead)
	}
	b.StopTimer()
	for name, each := range quantiles {
		slices.Sort(each)
		b.ReportMetric(each[len(each)/2], name)
	}
}
