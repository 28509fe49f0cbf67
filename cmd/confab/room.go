package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"confab/internal/line"
)

type roomCmd struct {
	Add    roomAddCmd    `cmd:"" help:"Add a room."`
	List   roomListCmd   `cmd:"" help:"List the rooms."`
	Show   roomShowCmd   `cmd:"" help:"Show one room."`
	Remove roomRemoveCmd `cmd:"" help:"Remove a room."`
}

// Help is what follows the summary in the command's help.
func (roomCmd) Help() string {
	return "They change the line's own store in the data directory, and count at once for a server that runs on it."
}

// withRooms opens the rooms of the data directory for as long as f takes.
func (d dataDir) withRooms(ctx context.Context, f func(*line.Rooms) error) error {
	rooms, err := line.OpenRooms(ctx, d.Data)
	if err != nil {
		return err
	}
	return errors.Join(f(rooms), rooms.Close())
}

type roomAddCmd struct {
	Name     string `arg:"" help:"Name of the room, and of its conference."`
	Code     string `placeholder:"DIGITS" help:"Access code, 3 to 16 digits. One is made when none is given."`
	Language string `placeholder:"TAG" help:"Language of the prompts after the code, such as de-DE; en-US when none is given."`
	Greeting string `placeholder:"TEXT" help:"What to say on entering, instead of the line's own words."`
	Closed   bool   `help:"Its code opens nothing, for now."`
	JSON     bool   `name:"json" help:"Print the room as JSON."`
	dataDir  `embed:""`
}

// Run adds the room and prints it.
func (a *roomAddCmd) Run(ctx context.Context, t terminal) error {
	return a.withRooms(ctx, func(rooms *line.Rooms) error {
		room, err := rooms.Add(ctx, line.Room{Name: a.Name, Code: a.Code, Language: a.Language, Greeting: a.Greeting, Closed: a.Closed})
		switch {
		case errors.Is(err, line.ErrNameTaken):
			return fmt.Errorf("there is a room %q already; `confab room show %s` shows it", a.Name, a.Name)
		case errors.Is(err, line.ErrCodeTaken):
			return errors.New("another room has this code; give another, or none and one is made")
		case err != nil:
			return err
		}
		return printRooms(t.out, a.JSON, room)
	})
}

type roomListCmd struct {
	JSON    bool `name:"json" help:"Print the rooms as JSON, one on each line."`
	dataDir `embed:""`
}

// Run prints all rooms.
func (l *roomListCmd) Run(ctx context.Context, t terminal) error {
	return l.withRooms(ctx, func(rooms *line.Rooms) error {
		all, err := rooms.List(ctx)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Fprintln(t.err, "There are no rooms: every code is wrong. `confab room add NAME` makes one.")
			return nil
		}
		return printRooms(t.out, l.JSON, all...)
	})
}

type roomShowCmd struct {
	Name    string `arg:"" help:"Name of the room."`
	JSON    bool   `name:"json" help:"Print the room as JSON."`
	dataDir `embed:""`
}

// Run prints one room.
func (s *roomShowCmd) Run(ctx context.Context, t terminal) error {
	return s.withRooms(ctx, func(rooms *line.Rooms) error {
		room, err := rooms.Show(ctx, s.Name)
		if err != nil {
			return noRoom(err, s.Name)
		}
		return printRooms(t.out, s.JSON, room)
	})
}

type roomRemoveCmd struct {
	Name    string `arg:"" help:"Name of the room. Who stands in its conference stays there."`
	dataDir `embed:""`
}

// Run removes a room.
func (r *roomRemoveCmd) Run(ctx context.Context, t terminal) error {
	return r.withRooms(ctx, func(rooms *line.Rooms) error {
		if err := rooms.Remove(ctx, r.Name); err != nil {
			return noRoom(err, r.Name)
		}
		fmt.Fprintf(t.out, "Removed %s.\n", r.Name)
		return nil
	})
}

func noRoom(err error, name string) error {
	if errors.Is(err, line.ErrNoRoom) {
		return fmt.Errorf("there is no room %q; `confab room list` shows those there are", name)
	}
	return err
}

func printRooms(w io.Writer, asJSON bool, rooms ...line.Room) error {
	if asJSON {
		e := json.NewEncoder(w)
		for _, r := range rooms {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tCODE\tLANGUAGE\tOPEN\tGREETING")
	for _, r := range rooms {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Code, or(r.Language, "en-US"), yes(!r.Closed), or(r.Greeting, "–"))
	}
	return table.Flush()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
