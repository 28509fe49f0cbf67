package sip

import (
	"testing"
	"time"
)

// machine is a switch that does one thing after another, in the order in which they
// come up: each call is an INVITE, an answer once the application has said what to do,
// and a BYE half a second later, which cost a quarter, a half and a quarter of a call.
type machine struct {
	o     *overload
	cost  time.Duration // of a call
	app   time.Duration // until the application answers
	stall time.Duration // that it stands still when calls begin to come

	now                     time.Time // up to which it has worked
	due                     [3][]time.Time
	waits                   []setup
	taken, refused, settled int
}

// setup is a call that was answered.
type setup struct {
	at   time.Time
	took time.Duration
}

const callTime = time.Second / 2

func newMachine(cost time.Duration) *machine {
	return &machine{o: new(overload), cost: cost, app: 10 * time.Millisecond, now: time.Now()}
}

// work does what is due until then.
func (m *machine) work(until time.Time) {
	for {
		first := -1
		for kind, due := range m.due {
			if len(due) > 0 && (first < 0 || due[0].Before(m.due[first][0])) {
				first = kind
			}
		}
		if first < 0 || m.due[first][0].After(until) || m.now.After(until) {
			break
		}
		at := m.due[first][0]
		m.due[first] = m.due[first][1:]
		if m.now.Before(at) {
			m.now = at
		}
		switch first {
		case 0:
			m.o.turn(m.now, at)
			m.now = m.now.Add(m.cost / 4)
			m.due[1] = append(m.due[1], m.now.Add(m.app))
		case 1:
			m.now = m.now.Add(m.cost / 2)
			m.o.settle(m.now)
			m.settled++
			m.waits = append(m.waits, setup{at, m.now.Sub(at)})
			m.due[2] = append(m.due[2], m.now.Add(callTime))
		case 2:
			m.o.wait(m.now)
			m.o.turn(m.now, at)
			m.now = m.now.Add(m.cost / 4)
		}
	}
	if m.now.Before(until) {
		m.now = until
	}
}

// offer lets calls come at a rate for d.
func (m *machine) offer(rate int, d time.Duration) (answered int) {
	before := m.settled
	every := time.Second / time.Duration(rate)
	start := m.now
	m.now = m.now.Add(m.stall)
	for at := start; at.Before(start.Add(d)); at = at.Add(every) {
		m.work(at)
		if !m.o.admits(at) {
			m.refused++
			continue
		}
		m.taken++
		m.o.wait(at)
		m.due[0] = append(m.due[0], at)
	}
	m.work(start.Add(d))
	return m.settled - before
}

// worst returns how long an answer took at most, from then on.
func (m *machine) worst(from time.Time) (d time.Duration) {
	for _, s := range m.waits {
		if s.at.After(from) {
			d = max(d, s.took)
		}
	}
	return d
}

func TestOverload_refusesNothingWithinCapacity(t *testing.T) {
	for _, cost := range []time.Duration{time.Millisecond, 2 * time.Millisecond} {
		m := newMachine(cost)
		rate := int(900 * time.Millisecond / cost)
		if n := m.offer(rate, 20*time.Second); m.refused > 0 || n < 19*rate {
			t.Errorf("%v a call: %d of %d answered, %d refused", cost, n, 20*rate, m.refused)
		}
	}
}

// A little more, twice, and ten times what it can do: it goes on doing what it can, in time.
func TestOverload_servesWhatItCan(t *testing.T) {
	const can = 1000 // a second
	for _, rate := range []int{1100, 1500, 2000, 10000} {
		m := newMachine(time.Second / can)
		start := m.now
		first := m.offer(rate, 5*time.Second)
		if worst := m.worst(start); first < 5*can*8/10 || worst > time.Second {
			t.Errorf("%d/s: at first %d answered, after %v at most", rate, first, worst)
		}
		from := m.now
		n := m.offer(rate, time.Minute)
		if worst := m.worst(from); n < 60*can*95/100 || worst > 400*time.Millisecond {
			t.Errorf("%d/s: %d of %d answered, after %v at most", rate, n, 60*can, worst)
		}
		t.Logf("%d/s: %d, then %d answered, after %v at most; %d refused", rate, first, n, m.worst(from), m.refused)
	}
}

// It knows what it can do also where the application takes its time, and where what
// it could do becomes less, and more.
func TestOverload_followsWhatItCan(t *testing.T) {
	m := newMachine(time.Millisecond)
	m.app = 2 * time.Second
	m.offer(1500, 20*time.Second)
	if n := m.offer(1500, 20*time.Second); n < 20*1000*9/10 {
		t.Errorf("a slow application: %d answered of 20,000", n)
	}
	m = newMachine(time.Millisecond)
	for _, cost := range []time.Duration{1, 2, 4, 1} {
		m.cost = cost * time.Millisecond
		m.offer(1500, 30*time.Second)
		from := m.now
		n, worst := m.offer(1500, 10*time.Second), m.worst(from)
		if can := int(10 * time.Second / m.cost); n < can*9/10 || worst > time.Second {
			t.Errorf("%v a call: %d answered of %d, after %v at most", m.cost, n, can, worst)
		}
	}
}

// A burst makes some wait, and nobody is refused for it.
func TestOverload_takesBursts(t *testing.T) {
	m := newMachine(time.Millisecond)
	for range 20 {
		at := m.now
		for range 200 { // at once
			if !m.o.admits(at) {
				t.Fatal("refused")
			}
			m.o.wait(at)
			m.due[0] = append(m.due[0], at)
		}
		m.work(at.Add(time.Second))
	}
}

// When the load is over all calls are taken again within a second: whether nothing
// happens meanwhile, or people go on calling as on any day.
func TestOverload_endsWithTheLoad(t *testing.T) {
	for _, every := range []time.Duration{0, time.Second, 200 * time.Millisecond, 50 * time.Millisecond, 20 * time.Millisecond, 5 * time.Millisecond} {
		m := newMachine(time.Millisecond)
		m.offer(10000, 10*time.Second)
		if part := m.o.part(m.now); part < 0.8 {
			t.Fatalf("only %v is refused: this tests nothing", part)
		}
		end := m.now
		for every > 0 && m.now.Before(end.Add(10*time.Second)) {
			before := m.refused
			m.offer(int(time.Second/every), every)
			if after := m.now.Sub(end); m.refused > before && after > time.Second {
				t.Errorf("a call every %v: refused %v after the load", every, after)
				break
			}
		}
		if m.work(end.Add(time.Second)); every == 0 && m.o.part(m.now) > 0 {
			t.Errorf("nothing happened for a second, and %v is refused", m.o.part(m.now))
		}
	}
}

// A few messages that wait for a dialog which is busy with something else do not
// hold other calls back, however long.
func TestOverload_isNotOneBusyDialog(t *testing.T) {
	m := newMachine(time.Millisecond)
	for i := range few { // the far end repeats itself, and nobody looks
		m.o.wait(m.now.Add(time.Duration(i) * 10 * time.Millisecond))
	}
	if m.offer(7, 20*time.Second); m.refused > 0 {
		t.Errorf("%d refused", m.refused)
	}
	m.o.turn(m.now, m.now.Add(-20*time.Second))
	if m.offer(100, 20*time.Second); m.refused > 0 {
		t.Errorf("%d refused of many", m.refused)
	}
}

// A switch that stands still for a moment has not too much to do.
func TestOverload_isNotAStall(t *testing.T) {
	m := newMachine(time.Millisecond)
	for range 20 {
		m.offer(200, time.Second)
		m.now = m.now.Add(300 * time.Millisecond)
	}
	if m.refused > 0 {
		t.Errorf("%d refused", m.refused)
	}
}

// One that has little time to spare, and stands still for a moment, catches up by itself:
// nobody is refused, and it takes no longer than it must.
func TestOverload_letsCatchUp(t *testing.T) {
	const stall = 200 * time.Millisecond
	for _, rate := range []int{500, 800, 900} { // of 1,000
		m := newMachine(time.Millisecond)
		m.offer(rate, 5*time.Second)
		from := m.now
		m.stall = stall
		for range 10 {
			m.offer(rate, 5*time.Second)
		}
		if worst := m.worst(from); m.refused > 0 || worst > stall+50*time.Millisecond {
			t.Errorf("%d/s: %d refused, an answer took %v at most", rate, m.refused, worst)
		}
	}
}

// A slow machine, of which little more is asked than it can, serves in time as well.
func TestOverload_ofASlowMachine(t *testing.T) {
	for _, rate := range []int{30, 70, 200} {
		m := newMachine(20 * time.Millisecond)
		m.offer(rate, 20*time.Second)
		from := m.now
		n := m.offer(rate, time.Minute)
		if want := min(rate, 50) * 60 * 85 / 100; n < want || m.worst(from) > time.Second || rate < 50 && m.refused > 0 {
			t.Errorf("%d/s of 50 that it can: %d answered, %d refused, after %v at most", rate, n, m.refused, m.worst(from))
		}
	}
}
