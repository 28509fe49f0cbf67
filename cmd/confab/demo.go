package main

import (
	"context"
	"time"

	"confab/internal/demo"
)

type demoCmd struct {
	For   time.Duration `default:"20s" placeholder:"TIME" help:"How long the meeting lasts."`
	Plain bool          `help:"Write lines instead of drawing in place."`
}

// Help is what follows the summary in the command's help.
func (demoCmd) Help() string {
	return "It starts a switch of its own on loopback; nothing else needs to run. Each of the four hums a tone of their own, and who " +
		"hears whom is measured in what their phones receive. It fails if somebody hears themselves, or does not hear another."
}

// Run plays the meeting.
func (d *demoCmd) Run(ctx context.Context, t terminal) error {
	return demo.Run(ctx, demo.Config{Out: t.out, Live: isTerminal(t.out) && !d.Plain, Length: d.For})
}
