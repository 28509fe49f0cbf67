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
	Scenarios []string      `arg:"" optional:"" name:"scenario" help:"What to run: one-room, one-room-all-talk, rooms-of-four. All of them if none is named."`
	For       time.Duration `default:"60s" placeholder:"TIME" help:"How long each is measured."`
	Rate      float64       `default:"50" placeholder:"N" help:"Calls set up per second."`
	Calls     int           `placeholder:"N" help:"Callers of a scenario with one room, instead of 200."`
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
	c := bench.Config{Binary: binary, For: b.For, Rate: b.Rate, Out: t.out}
	for _, name := range b.Scenarios {
		s, err := bench.Named(name)
		if err != nil {
			return err
		}
		c.Scenarios = append(c.Scenarios, s)
	}
	if c.Scenarios == nil {
		c.Scenarios = bench.Scenarios()
	}
	for i := range c.Scenarios {
		if s := &c.Scenarios[i]; b.Calls > 0 && s.Rooms == 1 {
			if s.Talkers == s.People {
				s.Talkers = b.Calls
			}
			s.People = b.Calls
		}
	}
	results, err := bench.Run(ctx, c)
	if b.JSON != "" && len(results) > 0 {
		err = errors.Join(err, writeJSON(b.JSON, results))
	}
	return err
}

func writeJSON(name string, results []bench.Result) error {
	text, err := json.MarshalIndent(results, "", "  ")
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
