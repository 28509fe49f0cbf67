package sip_test

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/sip"
)

// What is left of calls that have ended is on one goroutine, whoever ended them: it
// answers what comes again, each dialog for as long as it must.
func TestAftermath(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		const calls = 40
		byes := make(map[*caller]string)
		for i := range calls {
			c := s.caller(i)
			l := c.answered(s)
			if i%2 == 0 {
				byes[c] = c.text("BYE")
				c.send(byes[c])
				c.response(200, "BYE")
			} else {
				go l.Hangup(t.Context(), 0)
				c.reply(c.request("BYE"), 200)
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if n := goroutines("sip.(*dialog).run"); n > 0 {
			t.Errorf("%d goroutines for calls that have ended", n)
		}
		if st := s.server.Stats(); st.Lingering != calls {
			t.Errorf("%d linger, want %d", st.Lingering, calls)
		}
		for c, bye := range byes {
			c.send(bye)
			c.response(200, "BYE")
		}
		time.Sleep(27 * time.Second) // 31 after the first, 27 after the last
		if st := s.server.Stats(); st.Lingering != calls {
			t.Errorf("%d linger too early, want %d", st.Lingering, calls)
		}
		time.Sleep(3 * time.Second)
		if st := s.server.Stats(); st.Lingering == 0 || st.Lingering == calls {
			t.Errorf("%d linger while the first ones should be gone", st.Lingering)
		}
		time.Sleep(3 * time.Second)
		if st := s.server.Stats(); st.Lingering != 0 {
			t.Errorf("%d linger for ever", st.Lingering)
		}
	})
}

// A panic there, or too many that linger, end the dialog that they are of.
func TestAftermath_ends(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Lingering = 2 }, func(t *testing.T, s *stage) {
		for i := range 3 {
			c := s.caller(i)
			c.answered(s)
			c.bye()
			synctest.Wait()
		}
		if st := s.server.Stats(); st.Lingering != 2 {
			t.Errorf("%d linger, want the 2 that may", st.Lingering)
		}
		first, second := s.caller(10), s.caller(11)
		for _, c := range []*caller{first, second} {
			c.answered(s)
			c.bye()
			synctest.Wait()
		}
		sip.Post(s.server, first.id, first.toTag, func() { panic("meant") })
		synctest.Wait()
		if st := s.server.Stats(); st.Lingering != 1 || st.Panics != 1 {
			t.Errorf("after a panic: %+v", st)
		}
		second.send(second.again("BYE"))
		second.response(200, "BYE")
		sip.ForgivePanics(s.server)
	})
}

// goroutines counts those that have a function on their stack.
func goroutines(of string) int {
	all := make([]byte, 4<<20)
	return bytes.Count(all[:runtime.Stack(all, true)], []byte(of+"("))
}
