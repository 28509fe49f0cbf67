package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// Config says what to run.
type Config struct {
	Binary    string        // the confab program, for the switch and for the echo
	Scenarios []Scenario    // run one after another
	Runs      int           // of each; zero means 1
	For       time.Duration // how long a run measures; zero: as long as its scenario says
	Rate      float64       // calls set up per second; zero means 200
	Steps     int           // that a scenario takes which goes up step by step; zero: its own number
	OneCore   bool          // the switch on one core and the generator on another, where there are two
	Out       io.Writer     // progress and the table; nil: nowhere
	Live      bool          // Out is a terminal: progress writes over itself
}

// Run runs the scenarios, all of them once and then again, and writes progress
// and the table to c.Out. The error says which goals of correctness were
// missed: a call that failed, a packet lost, a voice not heard. Whether a goal
// of speed was met is in the report alone. The report is returned all the same.
func Run(ctx context.Context, c Config) (Report, error) {
	c = c.withDefaults()
	// The generator and that of the floor have one of Go's processors each, also while they sleep: see media.Every.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2))
	report := Report{Machine: thisMachine(), Began: time.Now()}
	if c.For != 0 && c.For < time.Second {
		return report, fmt.Errorf("measure for %v: want at least 1s", c.For)
	}
	fmt.Fprintf(c.Out, "%s\n", report.Machine)
	fmt.Fprintf(c.Out, "%s, %s each: about %.0f minutes\n", many(len(c.Scenarios), "scenario"), many(c.Runs, "run"), math.Ceil(c.estimate().Minutes()))
	var on cores
	if c.OneCore {
		var err error
		if on, err = chooseCores(); err != nil {
			report.Cores = err.Error()
		}
	}
	if report.Cores == "" {
		report.Cores = on.String()
	}
	fmt.Fprintln(c.Out, report.Cores)
	report.Results = make([]Result, len(c.Scenarios))
	for i, s := range c.Scenarios {
		report.Results[i] = newResult(s, c.length(s))
	}
	before := coresTime()
	failed := c.all(ctx, on, report.Results)
	report.Stolen = coresTime().stolenSince(before)
	for i := range report.Results {
		report.Results[i].sum()
	}
	report.Seconds = time.Since(report.Began).Seconds()
	report.table(c.Out)
	return report, failed
}

// all does all runs, each scenario once and then all again: what disturbs the
// machine for a minute does not disturb every run of one. When ctx ends, what
// has been measured stands in results.
func (c Config) all(ctx context.Context, on cores, results []Result) (failed error) {
	for run := range c.Runs {
		for i, s := range c.Scenarios {
			stage := &Stage{Config: c, Scenario: s, length: c.length(s)}
			if !s.AllCores {
				stage.cores = on
			}
			stage.say("%s, run %d of %d: %s", s.Name, run+1, c.Runs, s.About)
			outcome, err := stage.run(ctx)
			if ctx.Err() != nil {
				return errors.Join(failed, fmt.Errorf("%s, run %d: %w", s.Name, run+1, context.Cause(ctx)))
			}
			results[i].add(outcome)
			if err != nil {
				err = fmt.Errorf("%s: %w", s.Name, err)
				stage.say("  failed: %v", err)
				results[i].Failed = append(results[i].Failed, err.Error())
				failed = errors.Join(failed, err)
			}
		}
	}
	if failed != nil {
		failed = errors.Join(failed, errors.New("once more, and alone: confab bench SCENARIO --runs 1; on a machine that is busy, --calls with fewer callers"))
	}
	return failed
}

func (c Config) withDefaults() Config {
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Rate == 0 {
		c.Rate = 200
	}
	if c.Runs == 0 {
		c.Runs = 1
	}
	return c
}

// length returns how long a run of s measures.
func (c Config) length(s Scenario) time.Duration {
	if c.For > 0 {
		return c.For
	}
	return s.For
}

// estimate returns about how long it will all take.
func (c Config) estimate() (d time.Duration) {
	for _, s := range c.Scenarios {
		d += time.Duration(c.Runs) * (c.length(s) + s.Around)
	}
	return d
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Stage is what one run of a scenario is given.
type Stage struct {
	Config
	Scenario
	length time.Duration // how long to measure
	cores  cores         // where what runs
}

// run does the run, on the generator's core.
func (s *Stage) run(ctx context.Context) (Outcome, error) {
	if err := s.cores.keepTo(); err != nil {
		return Outcome{}, err
	}
	o, err := s.Scenario.Run(ctx, s)
	return o, errors.Join(err, s.cores.release())
}

// steps returns how many steps a scenario takes that has n of its own.
func (s *Stage) steps(n int) int {
	if s.Steps > 0 {
		return s.Steps
	}
	return n
}

// say writes a line of progress.
func (s *Stage) say(format string, args ...any) {
	s.show("")
	fmt.Fprintf(s.Out, format+"\n", args...)
}

// show writes over the last line of progress, on a terminal.
func (s *Stage) show(format string, args ...any) {
	if s.Live {
		fmt.Fprintf(s.Out, "\r\x1b[K"+format, args...)
	}
}
