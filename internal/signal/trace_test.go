package signal_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"confab/internal/contract"
	"confab/internal/signal"
)

// Every frame about a call is told, by the call's SID, from its invite on; those of
// the socket itself, which have the token, are not.
func TestTrace(t *testing.T) {
	var mu sync.Mutex
	var told []string
	sids := map[contract.CallSID]bool{}
	trace := func(f signal.Traced) {
		mu.Lock()
		defer mu.Unlock()
		var m struct{ Type string }
		if err := json.Unmarshal(f.Frame, &m); err != nil || f.At.IsZero() || f.Remote.Addr().String() != "192.0.2.50" {
			t.Errorf("a frame: %+v, %v", f, err)
		}
		way := "r "
		if f.Sent {
			way = "s "
		}
		told = append(told, way+m.Type)
		sids[f.Call] = true
	}
	onStage(t, func(c *signal.Config) { c.Trace = trace }, func(s *stage) {
		p := s.connects("192.0.2.50")
		p.says("listen", fields{"token": s.signed(nil)})
		p.hears("connected")
		l, _ := p.answered()
		p.says("dtmf", fields{"callsid": string(l.Info().SID), "dtmf": "1"})
		p.says("hangup", fields{"callsid": string(l.Info().SID)})
		<-l.Done()
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(told, ", "); got != "r invite, s ringing, s answer, r dtmf, r hangup" {
			t.Errorf("told: %s", got)
		}
		if !sids[l.Info().SID] || len(sids) != 1 {
			t.Errorf("of %v", sids)
		}
	})
}
