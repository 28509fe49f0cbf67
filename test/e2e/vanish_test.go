package e2e

import (
	"testing"
	"time"
)

// Callers who have gone do not hold up the end of the program: what they should
// confirm is not waited for.
func TestStop_whoHasGone(t *testing.T) {
	t.Parallel()
	for scenario, number := range map[string]string{"uac-vanish": "answer", "uac-vanish-canceled": "ringing"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			need(t, "sipp")
			s := start(t, settings{config: numbers(newApp(t, nil, documents))})
			sipp{scenario: scenario, number: number, transport: "u1"}.play(t, s)
			begin := time.Now()
			s.stop()
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("it took %v to stop, of which one second is for the calls to end", took)
			}
		})
	}
}
