package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/phone"
	"confab/internal/store"
)

// chaos is how much of it there is, and how many conferences meet together. CONFAB_LONG=1 asks for all of it:
//
//	CONFAB_LONG=1 go test -count=1 -v -run TestChaos ./test/e2e
type chaos struct{ events, conferences, together, kills int }

func howMuch() chaos {
	if os.Getenv("CONFAB_LONG") != "" {
		return chaos{events: 2000, conferences: 100, together: 25, kills: 20}
	}
	return chaos{events: 250, conferences: 12, together: 8, kills: 3}
}

// A receiver refuses, stalls, answers 500 and megabytes and resets, while the
// server is killed again and again: at the end every event has arrived, those of
// each conference in order, and what arrived twice with the same token.
func TestChaos_everyEventArrivesInOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("real calls take real time: not under -short")
	}
	t.Parallel()
	much := howMuch()
	r := newReceiver(t, true)
	s := newMortal(t, r, "")
	s.start()

	ctx, cancel := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	s.talk(ctx, &calling, "room", much.together)
	step := much.events / (much.kills + 1)
	for n := range much.kills {
		until(t, 3*time.Minute, "events happen", func() bool { return s.toldEvents() >= (n+1)*step })
		s.kill()
		s.start()
	}
	until(t, 5*time.Minute, "the last events happen", func() bool {
		return s.toldEvents() >= much.events && r.conferences() >= much.conferences
	})
	cancel()
	calling.Wait()
	r.heal()
	until(t, 2*time.Minute, "everything is delivered", func() bool { return s.undelivered(r) == 0 })
	s.terminate()
	r.check(s.told(), much)
}

// A receiver that never answers delays itself alone.
func TestChaos_aDeadReceiver(t *testing.T) {
	if testing.Short() {
		t.Skip("real calls take real time: not under -short")
	}
	t.Parallel()
	r := newReceiver(t, false)
	dead, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections, and that is all
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	s := newMortal(t, r, "http://"+dead.Addr().String()+"/")
	s.start()
	measure := func(prefixes ...string) []time.Duration {
		r.forget()
		ctx, cancel := context.WithCancel(t.Context())
		var calling sync.WaitGroup
		for _, prefix := range prefixes {
			s.talk(ctx, &calling, prefix, 4)
		}
		until(t, 2*time.Minute, "events arrive", func() bool { return r.taken() >= 200 })
		cancel()
		calling.Wait()
		return r.delays(s.told())
	}
	alone := measure("room")
	beside := measure("room", "dead")
	at := func(delays []time.Duration, q float64) time.Duration { return delays[int(q*float64(len(delays)-1))] }
	t.Logf("from what happens until it is told: p50 %v, p99 %v alone; p50 %v, p99 %v beside a dead receiver",
		at(alone, 0.5), at(alone, 0.99), at(beside, 0.5), at(beside, 0.99))
	// The machine has other work; what a dead receiver would hold up waits until that is given
	// up, 15 seconds. To the nanosecond: TestDelivery_theDeadDelayNobodyElse.
	if late := at(alone, 0.99) + 5*time.Second; at(beside, 0.99) > late {
		t.Errorf("beside a dead receiver p99 is %v, alone %v", at(beside, 0.99), at(alone, 0.99))
	}
	waiting := 0
	for _, e := range s.told() {
		if strings.HasPrefix(e.Callback.URL, "http://"+dead.Addr().String()) {
			waiting++
		}
	}
	if waiting == 0 {
		t.Error("nothing was to be told to the dead receiver: the test proves nothing")
	}
	s.kill() // it would wait for the dead receiver
}

// receiver is an application on two ports: its documents come from one that
// works, its callbacks go to one that may fail at random.
type receiver struct {
	t         *testing.T
	documents *httptest.Server
	addr      string // of the callbacks
	dead      string // URL of the callbacks of rooms that are called so

	mu       sync.Mutex
	ill      bool
	server   *http.Server
	first    map[string][]int  // per conference: sequence numbers as they first arrived
	tokens   map[string]string // per conference and sequence number
	repeated int
	came     map[string]time.Time // per conference and sequence number
	serving  sync.WaitGroup
}

var roomName = regexp.MustCompile(`(room|dead)[0-9-]+`)

func newReceiver(t *testing.T, ill bool) *receiver {
	r := &receiver{t: t, ill: ill, addr: freePort(t), first: map[string][]int{}, tokens: map[string]string{}, came: map[string]time.Time{}}
	r.documents = httptest.NewServer(http.HandlerFunc(r.document))
	t.Cleanup(r.documents.Close)
	r.listen()
	stop := make(chan struct{})
	var refusing sync.WaitGroup
	refusing.Go(func() {
		for { // closed for a moment now and then: connections are refused
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(1000+rand.IntN(1500)) * time.Millisecond):
			}
			r.mu.Lock()
			ill := r.ill
			r.mu.Unlock()
			if ill {
				r.close()
				time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond)
				r.listen()
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		refusing.Wait()
		r.close()
	})
	return r
}

func (r *receiver) listen() {
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		r.t.Errorf("open the receiver again: %v", err)
		return
	}
	s := &http.Server{Handler: http.HandlerFunc(r.callback)}
	r.mu.Lock()
	r.server = s
	r.mu.Unlock()
	r.serving.Go(func() { s.Serve(l) })
}

func (r *receiver) close() {
	r.server.Close()
	r.serving.Wait()
}

func (r *receiver) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ill = false
}

func (r *receiver) document(w http.ResponseWriter, q *http.Request) {
	room := roomName.FindString(q.FormValue("To"))
	r.mu.Lock()
	to := "http://" + r.addr + "/#rt=400"
	r.mu.Unlock()
	if strings.HasPrefix(room, "dead") {
		to = r.dead
	}
	fmt.Fprintf(w, `<Response><Dial><Conference beep="false" waitUrl="" statusCallback="%s" statusCallbackEvent="start end join leave">%s</Conference></Dial></Response>`, to, room)
}

func (r *receiver) callback(w http.ResponseWriter, q *http.Request) {
	at := time.Now()
	if err := q.ParseForm(); err != nil {
		return
	}
	r.mu.Lock()
	ill := r.ill
	r.mu.Unlock()
	if ill {
		switch rand.IntN(8) {
		case 0:
			w.WriteHeader(500 + rand.IntN(5))
			return
		case 1: // stalls for longer than rt
			select {
			case <-q.Context().Done():
			case <-time.After(2 * time.Second):
			}
			return
		case 2: // resets
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
			return
		case 3: // megabytes, which are an answer all the same
			defer w.Write(make([]byte, 4<<20))
		}
	}
	n, err := strconv.Atoi(q.PostForm.Get("SequenceNumber"))
	if err != nil {
		r.t.Errorf("told %v", q.PostForm)
	}
	conference, token := q.PostForm.Get("ConferenceSid"), q.Header.Get("I-Twilio-Idempotency-Token")
	key := fmt.Sprint(conference, " ", n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if was, ok := r.tokens[key]; ok {
		r.repeated++
		if was != token {
			r.t.Errorf("%s came with token %s, and before with %s", key, token, was)
		}
		return
	}
	r.tokens[key] = token
	r.first[conference] = append(r.first[conference], n)
	r.came[key] = at
}

func (r *receiver) conferences() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.first)
}

func (r *receiver) has(e contract.Event) bool {
	_, ok := r.tokens[fmt.Sprint(e.Stream(), " ", e.Sequence)]
	return ok
}

func (r *receiver) taken() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.came)
}

func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.came)
}

// delays returns how long events took to come here since they happened, by the
// journal's time; those that took longest last.
func (r *receiver) delays(told []contract.Event) (delays []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range told {
		if at, ok := r.came[fmt.Sprint(e.Stream(), " ", e.Sequence)]; ok {
			delays = append(delays, at.Sub(e.Time))
		}
	}
	slices.Sort(delays)
	return delays
}

// check compares what came with what was to be told.
func (r *receiver) check(told []contract.Event, much chaos) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	restarts, missing := 0, 0
	for _, e := range told {
		if !r.has(e) {
			missing++
		}
		if e.LeaveReason == contract.LeftByRestart {
			restarts++
		}
	}
	if missing > 0 || len(told) < much.events {
		r.t.Errorf("of %d events %d never arrived", len(told), missing)
	}
	if restarts == 0 {
		r.t.Error("no restart told of anybody's leaving: the test proves less than it says")
	}
	for conference, came := range r.first {
		if !slices.IsSorted(came) {
			r.t.Errorf("%s: events came in the order %v", conference, came)
		}
		for i, n := range came {
			if n != i+1 { // every event was asked for
				r.t.Errorf("%s: events %v have a gap", conference, came)
				break
			}
		}
	}
	r.t.Logf("%d events of %d conferences arrived, %d of them twice; restarts told of %d leaves", len(told), len(r.first), r.repeated, restarts)
}

// mortal is a server that is killed and started again on the same data.
type mortal struct {
	t    *testing.T
	dir  string
	sip  string
	args []string
	log  *lines
	cmd  *exec.Cmd
	open *store.Records
	next atomic.Int64
}

func newMortal(t *testing.T, r *receiver, dead string) *mortal {
	r.dead = dead
	dir := t.TempDir()
	s := &mortal{t: t, dir: filepath.Join(dir, "data"), sip: freePort(t), log: new(lines)}
	logs.keep(t.Name(), s.log)
	config := filepath.Join(dir, "confab.yaml")
	if err := os.WriteFile(config, []byte(fmt.Sprintf("numbers:\n  - {number: \"*\", voice_url: %q}\n", r.documents.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{"serve", "--config", config, "--data", s.dir, "--sip", s.sip, "--http", "127.0.0.1:0", "--rtp-ports", "16000-17999",
		"--log-level", "WARN", "--drain-timeout", "1s", "--webhook-retry-for", "10m", "--speech-engine", "tones"}
	t.Cleanup(func() {
		if s.open != nil {
			s.open.Close()
		}
		if s.cmd != nil {
			s.kill()
		}
		if t.Failed() {
			t.Logf("the program's log:\n%s", tail(s.log.String(), 100))
		}
	})
	return s
}

// freePort is an address that nobody is given but who asked, also while it is closed.
func freePort(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", sippPort(t, nil))
}

func (s *mortal) start() {
	s.t.Helper()
	up := s.log.count("Dial ") + s.log.count("dial ")
	s.cmd = exec.Command(program(s.t, "confab"), s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, 30*time.Second, "the program serves", func() bool { return s.log.count("Dial ")+s.log.count("dial ") > up })
	if s.open == nil {
		var err error
		if s.open, err = store.OpenShared(s.t.Context(), s.dir, nil); err != nil {
			s.t.Fatal(err)
		}
		logs.account(s.t, s.dir)
	}
}

func (s *mortal) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
}

func (s *mortal) terminate() {
	s.t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the program ended with %v", err)
	}
	s.cmd = nil
}

// told returns the events of conferences that somebody asked for.
func (s *mortal) told() (told []contract.Event) {
	s.t.Helper()
	for after := contract.Pos(0); ; {
		events, err := s.open.Events(context.Background(), store.EventFilter{}, after, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(events) == 0 {
			return told
		}
		for _, e := range events {
			after = e.Pos
			if e.Callback != nil && e.Conference != nil {
				told = append(told, e)
			}
		}
	}
}

func (s *mortal) toldEvents() int {
	time.Sleep(80 * time.Millisecond) // reading it all is not for free
	return len(s.told())
}

func (s *mortal) undelivered(r *receiver) (n int) {
	told := s.told()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range told {
		if !r.has(e) {
			n++
		}
	}
	time.Sleep(50 * time.Millisecond)
	return n
}

// talk lets people meet in conferences, so many at a time, until ctx ends: two
// come, one more comes and goes for a while, and all leave. Whom a crash throws
// out starts anew.
func (s *mortal) talk(ctx context.Context, calling *sync.WaitGroup, prefix string, conferences int) {
	set, err := phone.New(phone.Config{})
	if err != nil {
		s.t.Fatal(err)
	}
	var rooms sync.WaitGroup
	for range conferences {
		rooms.Go(func() {
			for ctx.Err() == nil {
				room := fmt.Sprintf("%s%d", prefix, s.next.Add(1))
				first, ok := s.call(ctx, set, room)
				if !ok {
					continue
				}
				second, ok := s.call(ctx, set, room)
				for n := 0; ok && n < 7 && ctx.Err() == nil; n++ {
					var third *phone.Call
					if third, ok = s.call(ctx, set, room); ok {
						pause(ctx, 50*time.Millisecond)
						hangUp(third)
					}
				}
				if second != nil {
					hangUp(second)
				}
				hangUp(first)
			}
		})
	}
	calling.Go(func() {
		rooms.Wait()
		set.Close() // after the crashes some dialogs have no other end
	})
}

func (s *mortal) call(ctx context.Context, set *phone.Phone, room string) (*phone.Call, bool) {
	patient, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := set.Call(patient, phone.Options{Target: leg.Target{URI: "sip:" + room + "@" + s.sip, From: "caller"}})
	if err != nil {
		pause(ctx, 200*time.Millisecond) // it is dead for a moment
		return nil, false
	}
	pause(ctx, 100*time.Millisecond) // it is answered before it has joined
	return c, true
}

func hangUp(c *phone.Call) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.Hangup(ctx)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
