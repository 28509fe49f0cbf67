package bench_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/bench"
)

// build builds the program that is benched.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "confab")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "confab/cmd/confab").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// Two rooms of two: the whole of a run, in little.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures a switch for two seconds, in a process of its own")
	}
	var out strings.Builder
	results, err := bench.Run(t.Context(), bench.Config{
		Binary: build(t), For: 2 * time.Second, Rate: 20, Out: &out,
		Scenarios: []bench.Scenario{{Name: "small", About: "two conferences of two, one talks", Rooms: 2, People: 2, Talkers: 1}},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	r := results[0]
	if r.CPU <= 0 || r.Floor <= 0 || r.Ratio < 0.1 {
		t.Errorf("CPU %.3f, floor %.3f, ratio %.2f: nothing was measured", r.CPU, r.Floor, r.Ratio)
	}
	// Four callers send and are sent fifty packets a second each.
	if r.Sent < 300 || r.Sent > 600 || r.Received < 300 || r.Received > 600 {
		t.Errorf("%d packets sent and %d received by 4 callers in 2 s, want 400", r.Sent, r.Received)
	}
	if !strings.HasPrefix(r.Heard, "4 callers listened to") {
		t.Errorf("heard: %q", r.Heard)
	}
	if _, err := json.Marshal(results); err != nil {
		t.Errorf("a result cannot be written: %v", err)
	}
	for _, want := range []string{"the floor:", "calling: 4 of 4", "measured for 2s", "small"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in what is shown:\n%s", want, out.String())
		}
	}
}

func TestRun_saysWhyAProgramDoesNotStart(t *testing.T) {
	for name, c := range map[string]struct {
		binary string
		args   string
	}{
		"no such program":        {filepath.Join(t.TempDir(), "nothing"), "start"},
		"it ends without a word": {"true", "did not become ready"},
		"it does something else": {"echo", "did not become ready; it said:\necho 127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			binary := c.binary
			if !filepath.IsAbs(binary) {
				var err error
				if binary, err = exec.LookPath(binary); err != nil {
					t.Skip(err)
				}
			}
			_, err := bench.Run(t.Context(), bench.Config{Binary: binary, For: time.Second, Scenarios: bench.Scenarios()[:1]})
			if err == nil || !strings.Contains(err.Error(), c.args) {
				t.Errorf("got %v, want %q in it", err, c.args)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	for _, s := range bench.Scenarios() {
		got, err := bench.Named(s.Name)
		if err != nil || got != s || got.Legs() != s.Rooms*s.People {
			t.Errorf("%s: %+v, %v", s.Name, got, err)
		}
	}
	if _, err := bench.Named("nothing"); err == nil || !strings.Contains(err.Error(), "one-room") {
		t.Errorf("a scenario that there is not: %v", err)
	}
}
