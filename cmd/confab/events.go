package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

type eventsCmd struct {
	List   eventsListCmd   `cmd:"" default:"withargs" help:"Show the events; what events does when nothing else is said."`
	Parked eventsParkedCmd `cmd:"" help:"Show the callbacks that were given up."`
	Replay eventsReplayCmd `cmd:"" help:"Send callbacks that were given up again."`
}

// Help is what follows the summary in the command's help.
func (eventsCmd) Help() string {
	return "They read the data directory, whether a server runs on it or not. What replay asks for is sent within a second by " +
		"a server that runs, else when one starts."
}

const (
	eventsStep = 500
	// followEvery is how often the journal is looked at by --follow.
	followEvery = 200 * time.Millisecond
)

// withRecords opens the records of the data directory for as long as f takes.
func (d dataDir) withRecords(ctx context.Context, f func(*store.Records) error) error {
	records, err := store.OpenShared(ctx, d.Data, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(f(records), records.Close())
}

type eventsListCmd struct {
	Conference string `placeholder:"CF…" help:"Of this conference only."`
	Call       string `placeholder:"CA…" help:"Of this call only, its part in conferences included."`
	Type       string `placeholder:"TYPE" help:"Of this type only, such as participant-join."`
	After      uint64 `placeholder:"POSITION" help:"After this position of the journal only."`
	Follow     bool   `short:"f" help:"Go on with those that happen, until Ctrl-C."`
	JSON       bool   `name:"json" help:"Print the events as JSON, one on each line."`
	dataDir    `embed:""`
}

// Run prints the events.
func (l *eventsListCmd) Run(ctx context.Context, t terminal) error {
	filter := store.EventFilter{Conference: contract.ConferenceSID(l.Conference), Call: contract.CallSID(l.Call), Type: contract.EventType(l.Type)}
	switch {
	case l.Conference != "" && !filter.Conference.Valid():
		return fmt.Errorf("--conference %s: it is not CF and 32 hexadecimal digits", l.Conference)
	case l.Call != "" && !filter.Call.Valid():
		return fmt.Errorf("--call %s: it is not CA and 32 hexadecimal digits", l.Call)
	}
	return l.withRecords(ctx, func(records *store.Records) error {
		after := contract.Pos(l.After)
		for {
			events, err := records.Events(ctx, filter, after, eventsStep)
			if err != nil {
				if ctx.Err() != nil && l.Follow {
					return nil
				}
				return err
			}
			for _, e := range events {
				after = e.Pos
				if err := printEvent(t.out, l.JSON, e); err != nil {
					return err
				}
			}
			if len(events) == eventsStep {
				continue
			}
			if !l.Follow {
				return nil
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(followEvery):
			}
		}
	})
}

// printedEvent is an event in JSON: the journal's own form and its position.
type printedEvent struct {
	Position contract.Pos
	contract.Event
	Callback *struct{} `json:",omitempty"` // its URL may have a password in it
}

func printEvent(w io.Writer, asJSON bool, e contract.Event) error {
	if asJSON {
		p := printedEvent{Position: e.Pos, Event: e}
		if c := e.Conference; c != nil {
			shown := *c
			shown.CallbackURL = ""
			p.Conference = &shown
		}
		return json.NewEncoder(w).Encode(p)
	}
	who := ""
	if e.Participant != nil {
		who = string(e.Participant.Call)
		if e.Participant.Label != "" {
			who += " " + e.Participant.Label
		}
	}
	what := ""
	switch {
	case e.Warning != nil:
		what = fmt.Sprintf("%d %s", e.Warning.Code, e.Warning.Message)
	case e.LeaveReason != "":
		what = string(e.LeaveReason)
	case e.Type == contract.EventConferenceEnd:
		what = string(e.Conference.ReasonEnded)
	case e.Call != nil:
		what = string(e.Call.Status)
	}
	_, err := fmt.Fprintf(w, "%8d  %s  %s %3d  %-22s %s %s\n", e.Pos, e.Time.Local().Format("2006-01-02 15:04:05.000"), e.Stream(), e.Sequence, e.Type, who, what)
	return err
}

// parkedOf says of what the parked callbacks are meant.
type parkedOf struct {
	Conference string `placeholder:"CF…" help:"Those of this conference only."`
	Call       string `placeholder:"CA…" help:"Those of this call only."`
}

func (p parkedOf) stream() (string, error) {
	switch {
	case p.Conference != "" && p.Call != "":
		return "", errors.New("give --conference or --call, not both")
	case p.Conference != "" && !contract.ConferenceSID(p.Conference).Valid():
		return "", fmt.Errorf("--conference %s: it is not CF and 32 hexadecimal digits", p.Conference)
	case p.Call != "" && !contract.CallSID(p.Call).Valid():
		return "", fmt.Errorf("--call %s: it is not CA and 32 hexadecimal digits", p.Call)
	}
	return p.Conference + p.Call, nil
}

type eventsParkedCmd struct {
	parkedOf `embed:""`
	JSON     bool `name:"json" help:"Print them as JSON, one on each line."`
	dataDir  `embed:""`
}

// Run prints the parked callbacks.
func (c *eventsParkedCmd) Run(ctx context.Context, t terminal) error {
	stream, err := c.stream()
	if err != nil {
		return err
	}
	return c.withRecords(ctx, func(records *store.Records) error {
		table := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
		for after, first := contract.Pos(0), true; ; first = false {
			found, err := records.Parked(ctx, stream, after, eventsStep)
			if err != nil {
				return err
			}
			if first && len(found) == 0 {
				fmt.Fprintln(t.err, "No callbacks are parked.")
			} else if first && !c.JSON {
				fmt.Fprintln(table, "POSITION\tOF\tNO.\tEVENT\tATTEMPTS\tWHY")
			}
			for _, p := range found {
				after = p.Event.Pos
				if !c.JSON {
					fmt.Fprintf(table, "%d\t%s\t%d\t%s\t%d\t%d %s\n", after, p.Event.Stream(), p.Event.Sequence, p.Event.Type, p.Attempts, p.Code, p.Message)
					continue
				}
				if err := json.NewEncoder(t.out).Encode(map[string]any{"Position": after, "Stream": p.Event.Stream(), "Sequence": p.Event.Sequence,
					"Type": p.Event.Type, "Attempts": p.Attempts, "Code": p.Code, "Message": p.Message, "Due": p.Due}); err != nil {
					return err
				}
			}
			if len(found) < eventsStep {
				return table.Flush()
			}
		}
	})
}

type eventsReplayCmd struct {
	parkedOf `embed:""`
	All      bool `help:"All of them."`
	dataDir  `embed:""`
}

// Run asks for parked callbacks to be sent again.
func (c *eventsReplayCmd) Run(ctx context.Context, t terminal) error {
	stream, err := c.stream()
	switch {
	case err != nil:
		return err
	case (stream == "") != c.All:
		return errors.New("say which: --conference CF…, --call CA… or --all")
	}
	return c.withRecords(ctx, func(records *store.Records) error {
		n, err := records.Replay(ctx, stream)
		if err != nil {
			return err
		}
		fmt.Fprintf(t.out, "%d callbacks are sent again, in order; `confab events parked` shows those that fail.\n", n)
		return nil
	})
}
