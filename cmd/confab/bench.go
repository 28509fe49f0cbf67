package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"confab/internal/bench"
)

type benchCmd struct {
	Scenarios []string      `arg:"" optional:"" name:"scenario" help:"What to run (--list tells what there is). All but soak, if none is named."`
	Runs      int           `default:"3" placeholder:"N" help:"Runs of each, of which the median counts: 3 if nothing is said."`
	For       time.Duration `placeholder:"TIME" help:"How long each run measures, instead of its own time."`
	Rate      float64       `default:"200" placeholder:"N" help:"Calls set up per second: 200 if nothing is said."`
	Calls     int           `placeholder:"N" help:"Callers of a scenario with one room, or the most calls a second of calls, instead of its own number."`
	Steps     int           `placeholder:"N" help:"Steps of a scenario that goes up step by step, instead of its own number."`
	Share     bool          `help:"Leave the cores to the system, instead of the switch on one and its callers on another."`
	List      bool          `help:"List the scenarios, their figures and goals, and run nothing."`
	JSON      string        `placeholder:"FILE" help:"Write the report here too, as JSON."`
	Markdown  string        `placeholder:"FILE" help:"Write its table here too: into a page between its bench markers, or as a file of its own."`
	SVG       string        `placeholder:"FILE" help:"Draw CPU over participants here (per-core measures it)."`
}

// Help is what follows the summary in the command's help.
func (benchCmd) Help() string {
	return "It starts a switch of its own on loopback, lets real SIP callers with real voice call it, and prints what a participant " +
		"costs in CPU time, beside what the same packets cost when they are merely echoed; how long a voice takes, and how many " +
		"calls and participants a core carries. Without a scenario it takes more than an hour, and says so. A call that fails, a packet " +
		"that is lost and a caller that hears what it should not are errors; a goal that is missed is in the table."
}

// Run runs the scenarios.
func (b *benchCmd) Run(ctx context.Context, t terminal) error {
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start it as a switch: %w", err)
	}
	c := bench.Config{Binary: binary, Runs: b.Runs, For: b.For, Rate: b.Rate, Steps: b.Steps, OneCore: !b.Share, Out: t.out, Live: isTerminal(t.out)}
	if c.Scenarios, err = b.chosen(); err != nil {
		return err
	}
	if b.List {
		return bench.List(t.out, c.Scenarios)
	}
	if err := b.hasPlaces(); err != nil {
		return err
	}
	report, err := bench.Run(ctx, c)
	if len(report.Results) == 0 {
		return err
	}
	return errors.Join(err, b.write(report))
}

// hasPlaces finds out before anything is run what would be in the way of write.
func (b *benchCmd) hasPlaces() error {
	for _, name := range []string{b.JSON, b.SVG, b.Markdown} {
		if name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
			return fmt.Errorf("there is no directory for %s", name)
		}
	}
	if b.Markdown == "" {
		return nil
	}
	page, err := os.ReadFile(b.Markdown)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = bench.Report{}.IntoPage(string(page), "")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b.Markdown, err)
	}
	return nil
}

// write writes the report wherever it was asked for.
func (b *benchCmd) write(report bench.Report) (err error) {
	if b.JSON != "" {
		err = errors.Join(err, writeJSON(b.JSON, report))
	}
	if b.SVG != "" {
		var picture strings.Builder
		if lack := report.SVG(&picture); lack != nil {
			err = errors.Join(err, lack)
		} else {
			err = errors.Join(err, os.WriteFile(b.SVG, []byte(picture.String()), 0o644))
		}
	}
	if b.Markdown != "" {
		err = errors.Join(err, b.writeMarkdown(report))
	}
	return err
}

// writeMarkdown puts the table into a page that has a place for it, or makes a
// page of it.
func (b *benchCmd) writeMarkdown(report bench.Report) error {
	name, picture := b.Markdown, ""
	if b.SVG != "" {
		if relative, err := filepath.Rel(filepath.Dir(name), b.SVG); err == nil {
			picture = filepath.ToSlash(relative)
		}
	}
	page, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		var table strings.Builder
		if err := report.Markdown(&table, picture); err != nil {
			return err
		}
		return os.WriteFile(name, []byte(table.String()), 0o644)
	}
	if err != nil {
		return err
	}
	text, err := report.IntoPage(string(page), picture)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(text), 0o644)
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
		if l := &chosen[i].Load; b.Calls > 0 && (l.Rooms == 1 || chosen[i].Name == "calls") {
			if l.Talkers == l.People {
				l.Talkers = b.Calls
			}
			l.People = b.Calls
			chosen[i].About += fmt.Sprintf("; here %d", b.Calls)
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
