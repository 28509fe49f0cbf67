package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"

	"confab/internal/confab"
)

type serveCmd struct {
	File     configFile    `name:"config" placeholder:"FILE" env:"CONFAB_CONFIG" help:"A YAML file of these settings and of the numbers; docs/confab.sample.yaml shows all. Flags and environment come before it."`
	Settings confab.Config `embed:""`
}

// Help is what follows the summary in the command's help.
func (serveCmd) Help() string {
	return "It listens on loopback until it is told otherwise, and prints a link to its page and the number to dial. " +
		"SIGTERM or Ctrl-C lets the running calls end first; a second one exits at once.\n\n" +
		"Every flag can be given in the environment too (--rtp-ports is CONFAB_RTP_PORTS) or in a file."
}

// garbage is by how much the heap grows before Go collects, in percent, unless GOGC
// says: twice Go's own, for calls leave much behind that is used for half a minute.
const garbage = 200

// Run serves until ctx ends and the calls have.
func (s *serveCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	if _, given := os.LookupEnv("GOGC"); !given {
		debug.SetGCPercent(garbage)
	}
	c := s.Settings
	c.Numbers, c.NumberBlocks = file.Numbers, file.NumberBlocks
	c.Out, c.Program = t.out, os.Args[0]
	c.Log = slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: c.LogLevel}))
	sw, err := confab.New(c)
	if err != nil {
		return err
	}
	return sw.Run(ctx)
}
