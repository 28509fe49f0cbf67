package main

import (
	"context"
	"errors"
	"os"
	"time"

	"confab/internal/demo"
)

type demoCmd struct {
	For   time.Duration `default:"24s" placeholder:"TIME" help:"How long the meeting lasts: 24s, if nothing is said, and 16s at least."`
	Plain bool          `help:"Write a line for everything that happens instead of drawing in place."`
	SVG   string        `name:"svg" type:"path" placeholder:"FILE" help:"Write the finished timeline to this file, as a picture."`
}

// Help is what follows the summary in the command's help.
func (demoCmd) Help() string {
	return "It starts a switch of its own on loopback, and an application to go with it; nothing else needs to run. Mary, Alice, Bob and " +
		"Charles call. The application answers with <Conference statusCallbackEvent=\"start end join leave mute\">, is told of every step, " +
		"and some time after the start mutes all but Mary by a POST to the REST API. Each of the four speaks with a tone of their own, " +
		"before that and after it, and who hears whom is measured in what their phones receive.\n\n" +
		"The exit code is 0 if the application was told what it should be, and everybody heard whom they should and nobody else; else 1. " +
		"Where standard output is no terminal, or is said to have no colours (NO_COLOR, TERM=dumb), it is as with --plain."
}

// Run plays the meeting.
func (d *demoCmd) Run(ctx context.Context, t terminal) (err error) {
	c := demo.Config{Out: t.out, Live: isTerminal(t.out) && os.Getenv("NO_COLOR") == "" && !d.Plain, Length: d.For}
	if d.SVG != "" {
		file, err := os.Create(d.SVG) // before the meeting: who cannot write should know at once
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		c.SVG = file
	}
	return demo.Run(ctx, c)
}
