package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/internal/confab"
	"confab/internal/store"
)

type pruneCmd struct {
	OlderThan time.Duration `placeholder:"AGE" help:"Remove what is older than this, such as 720h, whatever the configuration says; calls and conferences, events, notices and stories."`
	dataDir   `embed:""`
}

// Help is what follows the summary in the command's help.
func (pruneCmd) Help() string {
	return "Without --older-than it removes what a server with this configuration removes by itself every hour. What lives, and " +
		"events that are still to be delivered, stay. It may be used while a server runs."
}

// Run removes what is too old.
func (p *pruneCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	keep := file.Retention
	switch {
	case p.OlderThan < 0:
		return errors.New("--older-than: an age is not negative")
	case p.OlderThan > 0:
		keep = confab.Retention{Calls: p.OlderThan, Events: p.OlderThan, Warnings: p.OlderThan, Stories: p.OlderThan}
	}
	return p.withRecords(ctx, func(records *store.Records) error {
		done, err := records.Prune(ctx, keep.Limits(time.Now()))
		fmt.Fprintf(t.out, "Removed %d events, %d calls, %d conferences, %d notices, %d parts of stories.\n",
			done.Events, done.Calls, done.Conferences, done.Warnings, done.Stories)
		return err
	})
}

type backupCmd struct {
	To      string `arg:"" name:"file" help:"Where to write the copy; it must not exist."`
	dataDir `embed:""`
}

// Help is what follows the summary in the command's help.
func (backupCmd) Help() string {
	return "It may be used while a server runs, and copies the journal, the records and the numbers as of one moment. As confab.db " +
		"in a directory, with account.json, seal.key and line.db beside it, the copy is a data directory."
}

// Run writes the copy.
func (b *backupCmd) Run(ctx context.Context, t terminal) error {
	return b.withRecords(ctx, func(records *store.Records) error {
		if err := records.Backup(ctx, b.To); err != nil {
			return err
		}
		fmt.Fprintf(t.out, "Wrote %s.\n", b.To)
		return nil
	})
}
