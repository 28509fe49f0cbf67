package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/store"
)

type numberCmd struct {
	Add    numberAddCmd    `cmd:"" help:"Add a number."`
	List   numberListCmd   `cmd:"" help:"List the numbers."`
	Remove numberRemoveCmd `cmd:"" help:"Remove a number."`
}

// Help is what follows the summary in the command's help.
func (numberCmd) Help() string {
	return "They change the data directory, and count at once for a server that runs on it. " +
		"Numbers of a configuration file (give it with --config) are the file's to change."
}

// withNumbers opens the numbers of the data directory, those of the
// configuration among them, for as long as f takes.
func (d dataDir) withNumbers(ctx context.Context, file *confab.Config, f func(*store.Records) error) error {
	records, err := store.OpenShared(ctx, d.Data, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	err = records.SetConfigNumbers(file.NumberInfos())
	if err == nil {
		err = f(records)
	}
	return errors.Join(err, records.Close())
}

type numberAddCmd struct {
	confab.Number `embed:""` // kong calls its Validate
	JSON          bool       `name:"json" help:"Print the number as JSON."`
	dataDir       `embed:""`
}

// Run adds the number and prints it.
func (a *numberAddCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return a.withNumbers(ctx, file, func(records *store.Records) error {
		n, err := records.AddNumber(ctx, a.Number.Info())
		switch {
		case errors.Is(err, store.ErrNumberExists):
			return fmt.Errorf("there is a number %s already; `confab number remove %s` makes room for another", a.Number.Number, a.Number.Number)
		case errors.Is(err, store.ErrNumberConfigured):
			return fmt.Errorf("%s is given in the configuration: change it there", a.Number.Number)
		case err != nil:
			return err
		}
		return printNumbers(t.out, a.JSON, n)
	})
}

type numberListCmd struct {
	JSON    bool `name:"json" help:"Print the numbers as JSON, one on each line."`
	dataDir `embed:""`
}

// Run prints all numbers.
func (l *numberListCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return l.withNumbers(ctx, file, func(records *store.Records) error {
		all, err := records.Numbers(ctx)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Fprintln(t.err, "There are no numbers: every call is refused. `confab number add NUMBER` makes one.")
			return nil
		}
		return printNumbers(t.out, l.JSON, all...)
	})
}

type numberRemoveCmd struct {
	Number  string `arg:"" help:"The number, as it is listed."`
	dataDir `embed:""`
}

// Run removes a number.
func (r *numberRemoveCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return r.withNumbers(ctx, file, func(records *store.Records) error {
		err := records.RemoveNumber(ctx, r.Number)
		switch {
		case errors.Is(err, store.ErrNumberNotFound):
			return fmt.Errorf("there is no number %s; `confab number list` shows those there are", r.Number)
		case errors.Is(err, store.ErrNumberConfigured):
			return fmt.Errorf("%s is given in the configuration: remove it there", r.Number)
		case err != nil:
			return err
		}
		fmt.Fprintf(t.out, "Removed %s.\n", r.Number)
		return nil
	})
}

func printNumbers(w io.Writer, asJSON bool, numbers ...contract.NumberInfo) error {
	if asJSON {
		e := json.NewEncoder(w)
		for _, n := range numbers {
			if err := e.Encode(n); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tNAME\tAPPLICATION\tGIVEN IN")
	for _, n := range numbers {
		where := "data directory"
		if n.FromConfig {
			where = "configuration"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", n.Number, or(n.FriendlyName, "–"), or(string(n.Application), or(n.VoiceURL, "the built-in line")), where)
	}
	return table.Flush()
}
