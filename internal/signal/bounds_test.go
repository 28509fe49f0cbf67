package signal_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/signal"
)

// Bounds, each with its answer.
func TestBounds(t *testing.T) {
	onStage(t, func(c *signal.Config) {
		c.Limits = signal.Limits{Sockets: 4, PerAddress: 3, PerIdentity: 2}
	}, func(s *stage) {
		first, second, third := s.registers("alice"), s.registers("alice"), s.registers("alice")
		first.hears("offline") // the oldest is not called any more
		if _, err := s.tries("203.0.113.20"); err == nil || !strings.HasPrefix(err.Error(), "429") {
			t.Errorf("beyond the bound of one address: %v", err)
		}
		s.connects("203.0.113.21")
		if _, err := s.tries("203.0.113.22"); err == nil || !strings.HasPrefix(err.Error(), "503") {
			t.Errorf("beyond the bound of all: %v", err)
		}
		came := s.dials(s.t.Context(), leg.Target{URI: "client:alice", Timeout: time.Second})
		first.hearsNothing()
		second.hears("invite")
		third.hears("invite")
		<-came
		second.conn.SetReadLimit(-1)
		third.conn.Write(s.t.Context(), websocket.MessageText, []byte(strings.Repeat("x", 65<<10)))
		<-third.gone
		if websocket.CloseStatus(third.err) != websocket.StatusMessageTooBig {
			t.Errorf("a frame too large: %v", third.err)
		}
		second.conn.Write(s.t.Context(), websocket.MessageBinary, []byte("x"))
		<-second.gone
		if websocket.CloseStatus(second.err) != websocket.StatusUnsupportedData {
			t.Errorf("a binary frame: %v", second.err)
		}
		for range 300 {
			if first.conn.Write(s.t.Context(), websocket.MessageText, []byte(`{"type":"dance"}`)) != nil {
				break
			}
		}
		<-first.gone
		if websocket.CloseStatus(first.err) != websocket.StatusPolicyViolation {
			t.Errorf("too many frames: %v", first.err)
		}
		synctest.Wait()
		if st := s.server.Stats(); st.Refused != 2 || st.CutOff != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// Stopping tells the pages that their calls have ended, and closes their sockets so
// that they look for the server again.
func TestStopping(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p, q := s.signsIn("alice"), s.registers("bob")
		l, _ := p.answered()
		came := s.dials(s.t.Context(), leg.Target{URI: "client:bob"})
		q.hears("invite")
		s.server.Close()
		p.hears("hangup")
		q.hears("cancel")
		s.ended(l, leg.End{Cause: contract.CauseShutdown, Code: 200})
		if d := <-came; d.err == nil {
			t.Error("Dial has returned a leg")
		}
		<-p.gone
		if websocket.CloseStatus(p.err) != websocket.StatusGoingAway {
			t.Errorf("closed: %v", p.err)
		}
		if _, err := s.tries("203.0.113.20"); err == nil || !strings.HasPrefix(err.Error(), "503") {
			t.Errorf("after Close: %v", err)
		}
	})
}
