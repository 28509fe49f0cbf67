package demo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"confab/internal/demo"
)

// The four meet: real SIP and voice on loopback, and who hears whom is measured.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a meeting of 15 s")
	}
	for name, live := range map[string]bool{"lines": false, "picture": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := demo.Run(t.Context(), demo.Config{Out: &out, Live: live, Length: 15 * time.Second}); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
			for _, want := range []string{
				"a switch answers on sip:127.0.0.1:",
				"Mary joined TeamMeeting", "TeamMeeting started", "Bob left TeamMeeting", "TeamMeeting ended",
				"everybody heard everybody else, and nobody heard themselves",
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not shown:\n%s", want, out.String())
				}
			}
		})
	}
}

// Ctrl-C ends it at once, and nothing of it goes on.
func TestRun_endsWithItsContext(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a switch")
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, enough)
	defer cancel()
	began := time.Now()
	if err := demo.Run(ctx, demo.Config{}); !errors.Is(err, enough) {
		t.Errorf("got %v, want the context's cause", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to end after 3s", took)
	}
}

func TestRun_refusesAMeetingTooShort(t *testing.T) {
	if err := demo.Run(t.Context(), demo.Config{Length: 5 * time.Second}); err == nil || !strings.Contains(err.Error(), "15s") {
		t.Errorf("got %v", err)
	}
}
