package bench

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata to what is written now")

// sample is a report as three runs on a quiet machine could give it.
func sample() Report {
	rooms := Scenario{Name: "one-room", About: "one conference of 1,000, three talk", Load: Load{1, 1000, 3}, Figures: roomFigures(1.2)}
	ramp := Scenario{Name: "per-core", About: "one conference that grows, the switch on one core", Load: Load{1, 8000, 3}, Figures: rampFigures(4500)}
	first, second := newResult(rooms, 20*time.Second), newResult(ramp, 6*time.Second)
	for i, ratio := range []float64{1.13, 1.09, 1.21} {
		first.add(Outcome{
			Values: Values{"ratio": ratio, "cpu": 0.19 * ratio, "floor": 0.19, "jitter_p99": 2.3 + float64(i), "late_p99": 1.5, "heap": 18.42, "lost_to": 0},
			Notes:  []string{"1000 callers listened: each hears those who talk in its own room, and not itself"},
		})
		second.add(Outcome{
			Values: Values{"participants": 4000 + 500*float64(i), "cpu": 0.2, "floor": 0.18, "jitter_p99": 4.1, "late_p99": 2},
			Points: []Point{{500, 105, 90}, {2500, 510, 460}, {4500, 930, 830}, {5000, 1040, 925}},
			Notes:  []string{"the end: 5000 participants have a loss of 0.00 %, jitter p99 6.2 ms"},
		})
	}
	first.Failed = []string{"one-room: 1 packets of 100 lost on the way from the switch\nthe switch said: nothing"}
	first.sum()
	second.sum()
	return Report{
		Machine: Machine{CPU: "A CPU <fast>", Cores: 2, Kernel: "Linux 6.1", Go: "go1.26", Load: 0.1}, Cores: "the switch on core 1, the generator on core 0",
		Began: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Seconds: 1830, Stolen: 0.014, Results: []Result{first, second},
	}
}

func TestReport_asItIsShown(t *testing.T) {
	r := sample()
	for name, write := range map[string]func(io.Writer) error{
		"report.txt": func(w io.Writer) error { r.table(w); return nil },
		"report.md":  func(w io.Writer) error { return r.Markdown(w, "cost.svg") },
		"report.svg": r.SVG,
		"list.txt":   func(w io.Writer) error { return List(w, Scenarios()) },
	} {
		var got strings.Builder
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s, if this is meant, run go test ./internal/bench -update; got\n%s", name, got.String())
		}
	}
}

func TestReport_pictureIsXML(t *testing.T) {
	var b strings.Builder
	if err := sample().SVG(&b); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := (Report{}).SVG(io.Discard); err == nil || !strings.Contains(err.Error(), "run per-core") {
		t.Errorf("of nothing: %v", err)
	}
}

func TestReport_intoItsPage(t *testing.T) {
	page, err := sample().IntoPage("# Page\n\n<!-- bench -->\nold\n<!-- end of bench -->\n\nmore\n", "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(page, "# Page\n\n<!-- bench -->\nMeasured on") || !strings.HasSuffix(page, "<!-- end of bench -->\n\nmore\n") || strings.Contains(page, "old") {
		t.Errorf("got\n%s", page)
	}
	again, err := sample().IntoPage(page, "")
	if err != nil || again != page {
		t.Errorf("a second time: %v\n%s", err, again)
	}
	if _, err := sample().IntoPage("# Page\n", ""); err == nil || !strings.Contains(err.Error(), markdownBegin) {
		t.Errorf("without a place: %v", err)
	}
}

func TestMachine_saysWhenItIsBusy(t *testing.T) {
	for load, want := range map[float64]bool{0: false, 0.5: false, 0.6: true, 9: true} {
		m := Machine{Cores: 2, Load: load}
		if m.Noisy() != want || strings.Contains(m.String(), "BUSY") != want {
			t.Errorf("load %v of 2 cores: %s", load, m)
		}
	}
	if m := thisMachine(); m.Cores < 1 || m.Go == "" || m.Kernel == "" || m.CPU == "" {
		t.Errorf("%+v", m)
	}
}

// What the kernel calls stolen is a share of all time, and where it does not tell, none.
func TestCoreTime(t *testing.T) {
	now := coreTime{all: 1200, stolen: 30}
	for before, want := range map[coreTime]float64{{1000, 10}: 0.1, {1200, 30}: 0, {}: 0.025} {
		if got := now.stolenSince(before); got != want {
			t.Errorf("since %v: %v, want %v", before, got, want)
		}
	}
	if t1 := coresTime(); runtime.GOOS == "linux" && (t1.all <= 0 || t1.stolen < 0 || t1.stolen > t1.all) {
		t.Errorf("of this machine: %+v", t1)
	}
}

func TestFigure_goals(t *testing.T) {
	most, least := Figure{Better: AtMost, Goal: 2}, Figure{Better: AtLeast, Goal: 2}
	if !most.Met(2) || most.Met(2.1) || !least.Met(2) || least.Met(1.9) || !(Figure{}).Met(7) {
		t.Error("a goal is met, or not, on the wrong side")
	}
	for v, want := range map[float64]string{0: "0", 0.1234: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 4500: "4,500", 1234567: "1,234,567", -1500: "-1,500"} {
		if got := (Figure{}).value(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := median([]float64{3, 1, 2, 10}); got != 2.5 {
		t.Errorf("median %v", got)
	}
}

func TestCounts_over(t *testing.T) {
	before := counts{`late_bucket{loop="0",le="0.01"}`: 90, `late_count{loop="0"}`: 100, `late_bucket{loop="1",le="0.01"}`: 10, `late_count{loop="1"}`: 10}
	after := counts{`late_bucket{loop="0",le="0.01"}`: 190, `late_count{loop="0"}`: 205, `late_bucket{loop="1",le="0.01"}`: 20, `late_count{loop="1"}`: 22}
	if got := after.since(before).over("late", "0.01"); got != 7 {
		t.Errorf("got %v, want 5 of one loop and 2 of the other", got)
	}
}

func TestResidentGrowth(t *testing.T) {
	course := func(megabytes ...float64) (c []Moment) { // one in three minutes
		for i, m := range megabytes {
			c = append(c, Moment{Seconds: 180 * float64(i+1), Resident: m})
		}
		return c
	}
	soon := course(50, 100, 110, 120, 130, 150)
	for i := range soon {
		soon[i].Seconds /= 10
	}
	for _, c := range []struct {
		name   string
		course []Moment
		want   float64
	}{
		{"flat", course(50, 100, 104, 99, 101, 100), 0},
		{"it finds its size first", course(50, 100, 100, 100, 100, 101), 0},
		{"it grows", course(50, 100, 110, 120, 130, 150), 50},
		{"little of little", course(10, 10, 11, 12, 13, 15), 0},
		{"too short to tell", course(10, 100), 0},
		{"it still finds its size", soon, 0},
	} {
		if got := residentGrowth(c.course); got != c.want {
			t.Errorf("%s: %v %%, want %v", c.name, got, c.want)
		}
	}
}
