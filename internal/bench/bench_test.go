package bench_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/bench"
	"confab/internal/codec"
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

// Every scenario in little: a switch in a process of its own, a few callers, a
// second. Who hears whom is right and every packet is accounted for; how fast it
// was is not asked.
func TestScenarios_inLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a switch for each scenario")
	}
	binary := build(t)
	loads := map[string]bench.Load{
		"one-room":          {Rooms: 1, People: 6, Talkers: 3},
		"one-room-all-talk": {Rooms: 1, People: 6, Talkers: 6},
		"rooms-of-four":     {Rooms: 3, People: 4, Talkers: 4},
		"rooms-silent":      {Rooms: 2, People: 4},
		"opus":              {Rooms: 1, People: 12, Talkers: 3},
		"per-core":          {Rooms: 1, People: 4, Talkers: 3},
		"ten-thousand":      {Rooms: 1, People: 3, Talkers: 3},
		"delay-10":          {Rooms: 1, People: 10},
		"delay-1000":        {Rooms: 1, People: 12},
		"signalling":        {Rooms: 1, People: 4, Talkers: 3},
		"calls":             {Rooms: 5, People: 40, Talkers: 1},
		"soak":              {Rooms: 1, People: 4, Talkers: 3},
	}
	type run struct {
		report bench.Report
		err    error
		out    strings.Builder
	}
	scenarios := bench.Scenarios()
	runs := make([]run, len(scenarios))
	const most = 4 // they wait more than they work
	atOnce := make(chan struct{}, most)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2*most)) // for the generators of each: see Run
	var wg sync.WaitGroup
	for i, s := range scenarios {
		wg.Go(func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			s.Load = loads[s.Name]
			r := &runs[i]
			r.report, r.err = bench.Run(t.Context(), bench.Config{
				Binary: binary, For: time.Second, Rate: 50, Steps: 2, Out: &r.out, Scenarios: []bench.Scenario{s},
			})
		})
	}
	wg.Wait()
	for i, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			if _, ok := loads[s.Name]; !ok {
				t.Fatal("it has no small load here: give it one")
			}
			if r := &runs[i]; r.err != nil {
				t.Fatalf("%v\n%s", r.err, r.out.String())
			}
			if _, err := json.Marshal(runs[i].report); err != nil {
				t.Errorf("a report cannot be written: %v", err)
			}
			check(t, runs[i].report.Results[0], loads[s.Name])
		})
	}
}

// check wants what a run in little must have given, whatever the machine.
func check(t *testing.T, r bench.Result, l bench.Load) {
	value := func(name string) float64 {
		f, ok := r.Figure(name)
		if !ok {
			t.Fatalf("no figure %s: %+v", name, r)
		}
		return f.Median
	}
	positive := func(names ...string) {
		for _, name := range names {
			if value(name) <= 0 {
				t.Errorf("%s is %v: nothing was measured", name, value(name))
			}
		}
	}
	listened := func() {
		if value("lost_to")+value("lost_from") != 0 {
			t.Errorf("%v and %v packets lost", value("lost_to"), value("lost_from"))
		}
		if want := fmt.Sprintf("%d callers listened: each hears", l.Legs()); !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("notes %q lack %q", r.Notes, want)
		}
	}
	switch {
	case r.Name == "opus":
		if _, err := codec.Opus(); err != nil {
			if _, some := r.Figure("cpu"); some || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], err.Error()) {
				t.Errorf("there is no Opus here, which the report does not say: %+v", r)
			}
			return
		}
		positive("cpu", "floor", "ratio", "heap", "late_p99", "encodes")
		// One for all who listen and one for each who talks; some more, for a second
		// of a busy machine has more or fewer ticks.
		if encodes := value("encodes"); encodes < 1 || encodes > 4.8 {
			t.Errorf("%v frames coded per tick for %d who listen and %d who talk, want 4", encodes, l.People-l.Talkers, l.Talkers)
		}
		listened()
	case strings.HasPrefix(r.Name, "one-room"), strings.HasPrefix(r.Name, "rooms"):
		positive("cpu", "floor", "ratio", "heap", "late_p99")
		listened()
	case strings.HasPrefix(r.Name, "delay"):
		positive("delay_p50", "delay_p99", "delay_max", "marks")
		if value("delay_p50") > value("delay_p99") || value("delay_p99") > value("delay_max") {
			t.Errorf("p50 %v, p99 %v, longest %v", value("delay_p50"), value("delay_p99"), value("delay_max"))
		}
	case r.Name == "signalling":
		positive("late_p99", "late_p99_beside", "setup_p99")
		if n := value("calls"); n < 50 {
			t.Errorf("%v calls came and went beside", n)
		}
	case r.Name == "calls":
		positive("calls", "setup_p99", "over_offered", "over_answered")
	case r.Name == "soak":
		if len(r.Course) == 0 || r.Course[len(r.Course)-1].Slots <= 0 {
			t.Errorf("course %+v", r.Course)
		}
	default:
		if len(r.Points) == 0 || r.Points[0].Switch <= 0 || r.Points[0].Floor <= 0 {
			t.Errorf("points %+v", r.Points)
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
		"it does something else": {"uname", "uname serve did not become ready; it said:\n/"},
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
