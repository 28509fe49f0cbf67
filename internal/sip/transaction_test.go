package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// tape notes what a transaction sends, and when.
type tape struct {
	start time.Time
	tcp   bool
	err   error
	notes []string
}

func newTape(tcp bool) *tape { return &tape{start: time.Now(), tcp: tcp} }

func (t *tape) reliable() bool { return t.tcp }

func (t *tape) send(b []byte) error {
	t.note(string(b))
	return t.err
}

func (t *tape) note(what string) {
	t.notes = append(t.notes, fmt.Sprint(time.Since(t.start).Seconds(), " ", what))
}

func (t *tape) want(tt *testing.T, notes ...string) {
	tt.Helper()
	if got, want := strings.Join(t.notes, "\n"), strings.Join(notes, "\n"); got != want {
		tt.Errorf("got\n%s\nwant\n%s", got, want)
	}
	t.notes = nil
}

// pass lets d go by, running the timers.
func pass(t *timers, d time.Duration) {
	end := time.Now().Add(d)
	for {
		at, ok := t.next()
		if !ok || at.After(end) {
			time.Sleep(time.Until(end))
			return
		}
		time.Sleep(time.Until(at))
		for x := t.due(time.Now()); x != nil; x = t.due(time.Now()) {
			x.f()
		}
	}
}

// over checks that a transaction has left no timer behind.
func over(tt *testing.T, t *timers) {
	tt.Helper()
	if at, ok := t.next(); ok {
		tt.Errorf("a timer is left, due at %v", at)
	}
}

func bothWays(t *testing.T, f func(t *testing.T, tcp bool)) {
	for _, tcp := range []bool{false, true} {
		t.Run(map[bool]string{false: "udp", true: "tcp"}[tcp], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, tcp) })
		})
	}
}

func newInviteClient(tp *tape, ts *timers) *clientInvite {
	return &clientInvite{
		out: tp, timers: ts, request: []byte("INVITE"),
		ack:      func(*response) []byte { return []byte("ACK") },
		answered: func(r *response) { tp.note(fmt.Sprint("told ", r.code)) },
		failed:   func(err error) { tp.note(err.Error()) },
		ended:    func() { tp.note("ended") },
	}
}

func TestClientInvite_RFC3261_17_1_1_timersAandB(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		newInviteClient(tp, &ts).begin()
		pass(&ts, time.Minute)
		if tcp {
			tp.want(t, "0 INVITE", "32 no answer", "32 ended")
		} else {
			tp.want(t, "0 INVITE", "0.5 INVITE", "1.5 INVITE", "3.5 INVITE", "7.5 INVITE", "15.5 INVITE", "31.5 INVITE", "32 no answer", "32 ended")
		}
		over(t, &ts)
	})
}

func TestClientInvite_RFC3261_17_1_1_refusedTimerD(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newInviteClient(tp, &ts)
		x.begin()
		x.receive(&response{code: 100})
		pass(&ts, 40*time.Second) // Proceeding: neither A nor B
		x.receive(&response{code: 180})
		x.receive(&response{code: 486})
		pass(&ts, 10*time.Second)
		if tcp {
			tp.want(t, "0 INVITE", "0 told 100", "40 told 180", "40 ACK", "40 told 486", "40 ended")
			over(t, &ts)
			return
		}
		x.receive(&response{code: 486})
		x.receive(&response{code: 180}) // late: absorbed
		pass(&ts, time.Minute)
		tp.want(t, "0 INVITE", "0 told 100", "40 told 180", "40 ACK", "40 told 486", "50 ACK", "72 ended")
		over(t, &ts)
	})
}

func TestClientInvite_RFC6026_8_4_timerM(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newInviteClient(tp, &ts)
		x.begin()
		x.receive(&response{code: 200})
		pass(&ts, 4*time.Second)
		x.receive(&response{code: 200}) // each is told: the dialog acknowledges it again
		x.receive(&response{code: 486}) // another fork's: nobody's
		pass(&ts, time.Minute)
		tp.want(t, "0 INVITE", "0 told 200", "4 told 200", "32 ended")
		over(t, &ts)
	})
}

func TestClientInviteAbandonedAfterCancel_RFC3261_9_1(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ts timers
		tp := newTape(false)
		x := newInviteClient(tp, &ts)
		x.begin()
		x.receive(&response{code: 180})
		x.abandon()
		x.receive(&response{code: 487})
		tp.want(t, "0 INVITE", "0 told 180", "0 no answer", "0 ended")
		over(t, &ts)
	})
}

func TestClientsWhenTheTransportFails_RFC3261_17_1_4(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ts timers
		tp := newTape(false)
		tp.err = errors.New("unreachable")
		newInviteClient(tp, &ts).begin()
		tp.want(t, "0 INVITE", "0 unreachable", "0 ended")
		newOtherClient(tp, &ts).begin()
		tp.want(t, "0 BYE", "0 unreachable", "0 ended")

		tp.err = nil
		x, y := newInviteClient(tp, &ts), newOtherClient(tp, &ts)
		x.begin()
		y.begin()
		x.lost(errConnectionLost)
		y.lost(errConnectionLost)
		tp.want(t, "0 INVITE", "0 BYE", "0 connection lost", "0 ended", "0 connection lost", "0 ended")

		x = newInviteClient(tp, &ts)
		x.begin()
		x.receive(&response{code: 100})
		x.lost(errConnectionLost) // it has arrived; the answer may come another way
		tp.want(t, "0 INVITE", "0 told 100")
		over(t, &ts)
	})
}

func newOtherClient(tp *tape, ts *timers) *clientOther {
	return &clientOther{
		out: tp, timers: ts, request: []byte("BYE"),
		answered: func(r *response) { tp.note(fmt.Sprint("told ", r.code)) },
		failed:   func(err error) { tp.note(err.Error()) },
		ended:    func() { tp.note("ended") },
	}
}

func TestClientOther_RFC3261_17_1_2_timersEandF(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		newOtherClient(tp, &ts).begin()
		pass(&ts, time.Minute)
		if tcp {
			tp.want(t, "0 BYE", "32 no answer", "32 ended")
		} else {
			tp.want(t, "0 BYE", "0.5 BYE", "1.5 BYE", "3.5 BYE", "7.5 BYE", "11.5 BYE", "15.5 BYE", "19.5 BYE", "23.5 BYE", "27.5 BYE", "31.5 BYE",
				"32 no answer", "32 ended")
		}
		over(t, &ts)
	})
}

func TestClientOther_RFC3261_17_1_2_provisionalAndTimerK(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newOtherClient(tp, &ts)
		x.begin()
		x.receive(&response{code: 100}) // Proceeding: E is T2 from the next time on
		pass(&ts, 6*time.Second)
		x.receive(&response{code: 200})
		x.receive(&response{code: 200}) // absorbed
		pass(&ts, time.Minute)
		if tcp {
			tp.want(t, "0 BYE", "6 told 200", "6 ended")
		} else {
			tp.want(t, "0 BYE", "0.5 BYE", "4.5 BYE", "6 told 200", "11 ended")
		}
		over(t, &ts)
	})
}

func newInviteServer(tp *tape, ts *timers) *serverInvite {
	return newServerInvite(tp, ts, func() { tp.note("acknowledged") }, func() { tp.note("ended") })
}

func TestServerInvite_RFC3261_17_2_1_timersGandH(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newInviteServer(tp, &ts)
		x.again() // nothing has been said yet
		x.respond(100, []byte("100"))
		x.again()
		x.respond(180, []byte("180"))
		x.again()
		x.respond(486, []byte("486"))
		x.respond(200, []byte("200")) // too late
		x.again()
		pass(&ts, time.Minute)
		first := []string{"0 100", "0 100", "0 180", "0 180", "0 486", "0 486"}
		if !tcp {
			first = append(first, "0.5 486", "1.5 486", "3.5 486", "7.5 486", "11.5 486", "15.5 486", "19.5 486", "23.5 486", "27.5 486", "31.5 486")
		}
		tp.want(t, append(first, "32 acknowledged", "32 ended")...)
		over(t, &ts)
	})
}

func TestServerInvite_RFC3261_17_2_1_acknowledgedTimerI(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newInviteServer(tp, &ts)
		if x.ack() {
			t.Error("an ACK before any answer was taken")
		}
		x.respond(486, []byte("486"))
		if !x.ack() {
			t.Error("the ACK was not taken")
		}
		x.again() // a late retransmission: absorbed
		x.ack()
		pass(&ts, time.Minute)
		if tcp {
			tp.want(t, "0 486", "0 acknowledged", "0 ended")
		} else {
			tp.want(t, "0 486", "0 acknowledged", "5 ended")
		}
		over(t, &ts)
	})
}

func TestServerInvite_RFC6026_8_7_timerL(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := newInviteServer(tp, &ts)
		x.respond(200, []byte("200"))
		x.again() // absorbed: the dialog repeats its 2xx
		if x.ack() {
			t.Error("the ACK to a 2xx is the dialog's")
		}
		pass(&ts, time.Second)
		x.respond(200, []byte("200"))
		pass(&ts, time.Minute)
		tp.want(t, "0 200", "1 200", "32 ended")
		over(t, &ts)
	})
}

func TestServerOther_RFC3261_17_2_2_timerJ(t *testing.T) {
	bothWays(t, func(t *testing.T, tcp bool) {
		var ts timers
		tp := newTape(tcp)
		x := &serverOther{out: tp, timers: &ts, ended: func() { tp.note("ended") }}
		x.again() // not answered yet
		x.respond([]byte("200"))
		x.respond([]byte("500")) // one final answer
		if !tcp {
			pass(&ts, 3*time.Second)
			x.again()
		}
		pass(&ts, time.Minute)
		if tcp {
			tp.want(t, "0 200", "0 ended")
		} else {
			tp.want(t, "0 200", "3 200", "32 ended")
		}
		over(t, &ts)
	})
}

func TestTimersRunInTheOrderOfTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ts timers
		tp := newTape(false)
		ts.after(3*time.Second, func() { tp.note("third") })
		ts.after(time.Second, func() {
			tp.note("first")
			ts.after(time.Second, func() { tp.note("second") })
		})
		x := ts.after(2*time.Second, func() { tp.note("never") })
		ts.after(time.Second, func() { x.stop() })
		(*timer)(nil).stop()
		pass(&ts, time.Minute)
		tp.want(t, "1 first", "2 second", "3 third")
		over(t, &ts)
	})
}
