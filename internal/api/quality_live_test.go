package api_test

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What a call's voice is like is told while it lives, kept when it is over, and
// an event of the journal.
func TestQuality_live(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Dial><Conference>tea</Conference></Dial></Response>`)
		ann, bob := s.calls("ann", 443), s.calls("bob", 700)
		time.Sleep(10 * time.Second)
		sid := s.callOf("ann")[strings.LastIndex(s.callOf("ann"), "/")+1:]
		if all := s.get("/v1/quality")["calls"].([]any); len(all) != 2 {
			t.Errorf("live: %v", all)
		}
		quality := func(live bool) map[string]any {
			t.Helper()
			one := s.get("/v1/quality?call=" + sid)["calls"].([]any)
			if len(one) != 1 || one[0].(map[string]any)["call_sid"] != sid || one[0].(map[string]any)["live"] != live {
				t.Fatalf("%v; want %s alone, live %v", one, sid, live)
			}
			return one[0].(map[string]any)["quality"].(map[string]any)
		}
		good := func(q map[string]any) {
			t.Helper()
			if q["codec"] != "PCMU" || q["packets_lost"] != 0. || q["lost_ratio"] != 0. || q["one_way"] != "" || q["clipped_ratio"] != 0. {
				t.Errorf("%v", q)
			}
			if n := q["packets_received"].(float64); n < 400 {
				t.Errorf("%v packets in ten seconds", n)
			}
			if mos := q["mos"].(float64); mos < 4.3 || mos > 4.5 {
				t.Errorf("MOS %v of a call that loses nothing", mos)
			}
			if speech, ok := q["speech_dbov"].(float64); !ok || math.Abs(speech+20) > 10 {
				t.Errorf("speech at %v dBov", q["speech_dbov"])
			}
			if d := q["delay_ms"].(float64); d < 0 || d > 40 {
				t.Errorf("delay %v ms", d)
			}
		}
		good(quality(true))
		ann.Hangup(s.t.Context())
		<-ann.Done()
		time.Sleep(time.Second)
		good(quality(false))
		events := s.get("/v1/events?type=call-quality")["events"].([]any)
		if len(events) != 1 || events[0].(map[string]any)["call_sid"] != sid || events[0].(map[string]any)["called_back"] != false {
			t.Fatalf("events: %v", events)
		}
		good(events[0].(map[string]any)["quality"].(map[string]any))
		if got := decode(t, s.ask("GET", "/v1/quality?call=CA1", nil), 400); got["message"] == "" {
			t.Errorf("%v", got)
		}
		if none := s.get("/v1/quality?call=CA00112233445566778899aabbccddeeff")["calls"].([]any); len(none) != 0 {
			t.Errorf("a call that nobody knows: %v", none)
		}
		bob.Hangup(s.t.Context())
	})
}
