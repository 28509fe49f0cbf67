package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"confab/internal/bench"
)

type benchCmd struct {
	Scenarios []string      `arg:"" optional:"" name:"scenario" help:"What to run. Everything that takes minutes, if none is named."`
	Runs      int           `default:"3" placeholder:"N" help:"Runs of each, of which the median counts."`
	For       time.Duration `placeholder:"TIME" help:"How long each run measures, instead of its own time."`
	Rate      float64       `default:"200" placeholder:"N" help:"Calls set up per second."`
	Calls     int           `placeholder:"N" help:"Callers of a scenario with one room, instead of its own number."`
	JSON      string        `placeholder:"FILE" help:"Write the results here too, as JSON."`
}

// Help is what follows the summary in the command's help.
func (benchCmd) Help() string {
	return "It starts a switch of its own on loopback, lets real SIP callers with real voice call it, and prints what a participant " +
		"costs in CPU time, beside what the same packets cost when they are merely echoed. Lost packets are an error."
}

// Run runs the scenarios.
func (b *benchCmd) Run(ctx context.Context, t terminal) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start it as a switch: %w", err)
	}
	c := bench.Config{Binary: binary, Runs: b.Runs, For: b.For, Rate: b.Rate, Out: t.out}
	if c.Scenarios, err = b.chosen(); err != nil {
		return err
	}
	report, err := bench.Run(ctx, c)
	if b.JSON != "" && len(report.Results) > 0 {
		err = errors.Join(err, writeJSON(b.JSON, report))
	}
	return err
}

// chosen returns the scenarios to run.
func (b *benchCmd) chosen() (chosen []bench.Scenario, err error) {
	for _, name := range b.Scenarios {
		s, err := bench.Named(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, s)
	}
	if chosen == nil {
		for _, s := range bench.Scenarios() {
			if !s.Apart {
				chosen = append(chosen, s)
			}
		}
	}
	for i := range chosen {
		if l := &chosen[i].Load; b.Calls > 0 && l.Rooms == 1 {
			if l.Talkers == l.People {
				l.Talkers = b.Calls
			}
			l.People = b.Calls
		}
	}
	return chosen, nil
}

func writeJSON(name string, report bench.Report) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// echoCmd is the floor that bench compares with; bench starts it itself.
type echoCmd struct {
	Addr string `arg:"" help:"UDP address to listen on."`
}

// Run echoes until ctx ends.
func (e *echoCmd) Run(ctx context.Context, t terminal) error { return bench.Echo(ctx, e.Addr, t.out) }
