package demo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"confab/internal/demo"
)

// The meeting takes place: real SIP and voice on loopback, a customer's
// application over HTTP, and who hears whom is measured.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a meeting of 24 s")
	}
	for name, live := range map[string]bool{"lines": false, "drawing": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, svg strings.Builder
			if err := demo.Run(t.Context(), demo.Config{Out: &out, Live: live, SVG: &svg}); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
			for _, want := range []string{
				"A team meeting on sip:+15550100@127.0.0.1:",
				"participant-join", "conference-start", "participant-mute", "participant-leave", "in-progress", "completed",
				"Alice, Bob and Charles are no longer heard, and still hear Mary.",
				"What the application was told when Alice joined",
				"curl -XPOST http://127.0.0.1:", `-d "Muted=True"`, ":{AuthToken}'",
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not shown in\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), "\x1b") != live {
				t.Errorf("there are control sequences, or none: %q", out.String())
			}
			if !strings.HasSuffix(svg.String(), "</svg>\n") {
				t.Errorf("no picture: %s", svg.String())
			}
			if live {
				return
			}
			// Everything that was told, in the order of the story.
			rest := out.String()
			for _, want := range []string{
				"participant-join   Mary ", "participant-join   Alice ", "conference-start ", "participant-join   Bob ", "participant-join   Charles ",
				"spoke              Alice    heard by Mary, Bob and Charles", "POST               Alice ", "participant-mute   Alice    Muted=true",
				"spoke              Mary     heard by Alice, Bob and Charles", "spoke              Alice    heard by nobody",
				"participant-leave  Charles ", "participant-leave  Mary ", "conference-end ", "last-participant-left",
			} {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q does not follow in\n%s", want, out.String())
				}
				rest = after
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

func TestRun_refusesALengthThatCannotBe(t *testing.T) {
	for length, want := range map[time.Duration]string{5 * time.Second: "16s", 4 * time.Hour: "3h"} {
		if err := demo.Run(t.Context(), demo.Config{Length: length}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", length, err)
		}
	}
}
