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

// small returns a scenario with less load than it has.
func small(t *testing.T, name string, load bench.Load) bench.Scenario {
	t.Helper()
	s, err := bench.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	s.Load = load
	return s
}

// Two rooms of two: the whole of a run, in little.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures a switch for two seconds, in a process of its own")
	}
	var out strings.Builder
	report, err := bench.Run(t.Context(), bench.Config{
		Binary: build(t), For: 2 * time.Second, Rate: 20, Out: &out,
		Scenarios: []bench.Scenario{small(t, "one-room", bench.Load{Rooms: 2, People: 2, Talkers: 1})},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if len(report.Results) != 1 {
		t.Fatalf("%d results", len(report.Results))
	}
	r := report.Results[0]
	for _, name := range []string{"cpu", "floor", "ratio"} {
		if f, ok := r.Figure(name); !ok || f.Median <= 0 {
			t.Errorf("%s: %+v: nothing was measured", name, f)
		}
	}
	if len(r.Notes) == 0 || !strings.HasPrefix(r.Notes[0], "4 callers listened") {
		t.Errorf("heard: %q", r.Notes)
	}
	if _, err := json.Marshal(report); err != nil {
		t.Errorf("a report cannot be written: %v", err)
	}
	for _, want := range []string{"the floor:", "calling: 4 of 4", "measured for 2s", "one-room"} {
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
		if err != nil || got.Name != s.Name || got.Load.Legs() != s.Load.Rooms*s.Load.People {
			t.Errorf("%s: %+v, %v", s.Name, got, err)
		}
	}
	if _, err := bench.Named("nothing"); err == nil || !strings.Contains(err.Error(), "one-room") {
		t.Errorf("a scenario that there is not: %v", err)
	}
}
