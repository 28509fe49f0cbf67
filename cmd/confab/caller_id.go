package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/store"
)

type callerIDCmd struct {
	Add    callerIDAddCmd    `cmd:"" help:"Add a caller ID."`
	List   callerIDListCmd   `cmd:"" help:"List the caller IDs."`
	Remove callerIDRemoveCmd `cmd:"" help:"Remove a caller ID."`
}

// Help is what follows the summary in the command's help.
func (callerIDCmd) Help() string {
	return "A caller ID is a number of another's switch that is yours to show: OutgoingCallerIds of the REST API. " +
		"They change the data directory, and count at once for a server that runs on it."
}

type callerIDAddCmd struct {
	Number       string `arg:"" help:"The number in E.164 form (+15550100)."`
	FriendlyName string `placeholder:"TEXT" help:"A name for people."`
	JSON         bool   `name:"json" help:"Print the caller ID as JSON."`
	dataDir      `embed:""`
}

// Run adds the caller ID and prints it.
func (a *callerIDAddCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return a.withNumbers(ctx, file, func(records *store.Records) error {
		c, err := records.AddCallerID(ctx, contract.CallerIDInfo{Number: a.Number, FriendlyName: a.FriendlyName})
		switch {
		case errors.Is(err, store.ErrCallerIDExists):
			return fmt.Errorf("there is a caller ID %s already; `confab caller-id list` shows it", a.Number)
		case errors.Is(err, store.ErrNotE164):
			return fmt.Errorf("%q is not a number in E.164 form, such as +15550100", a.Number)
		case err != nil:
			return err
		}
		return printCallerIDs(t.out, a.JSON, c)
	})
}

type callerIDListCmd struct {
	JSON    bool `name:"json" help:"Print the caller IDs as JSON, one on each line."`
	dataDir `embed:""`
}

// Run prints all caller IDs.
func (l *callerIDListCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return l.withNumbers(ctx, file, func(records *store.Records) error {
		all, err := records.CallerIDs(ctx, store.CallerIDFilter{}, store.Page{Size: math.MaxInt32})
		if err != nil {
			return err
		}
		if len(all.Items) == 0 {
			fmt.Fprintln(t.err, "There are no caller IDs. `confab caller-id add NUMBER` makes one.")
			return nil
		}
		infos := make([]contract.CallerIDInfo, len(all.Items))
		for i, item := range all.Items {
			infos[i] = item.Info
		}
		return printCallerIDs(t.out, l.JSON, infos...)
	})
}

type callerIDRemoveCmd struct {
	Number  string `arg:"" help:"The number, or its SID, as it is listed."`
	dataDir `embed:""`
}

// Run removes a caller ID.
func (r *callerIDRemoveCmd) Run(ctx context.Context, t terminal, file *confab.Config) error {
	return r.withNumbers(ctx, file, func(records *store.Records) error {
		ok, err := records.RemoveCallerID(ctx, r.Number)
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("there is no caller ID %s; `confab caller-id list` shows those there are", r.Number)
		}
		fmt.Fprintf(t.out, "Removed %s.\n", r.Number)
		return nil
	})
}

func printCallerIDs(w io.Writer, asJSON bool, ids ...contract.CallerIDInfo) error {
	if asJSON {
		e := json.NewEncoder(w)
		for _, c := range ids {
			if err := e.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tNAME\tSID")
	for _, c := range ids {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.Number, or(c.FriendlyName, "–"), c.SID)
	}
	return table.Flush()
}
