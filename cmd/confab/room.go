package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"confab/internal/line"
)

type roomCmd struct {
	Add    roomAddCmd    `cmd:"" help:"Add a room."`
	List   roomListCmd   `cmd:"" help:"List the rooms."`
	Show   roomShowCmd   `cmd:"" help:"Show one room."`
	Change roomChangeCmd `cmd:"" help:"Change a room: what is not named stays."`
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
	PIN      string `name:"moderator-pin" placeholder:"DIGITS" help:"What a moderator keys instead of the code, 3 to 16 digits; the others wait for one."`
	Ends     bool   `name:"ends-with-moderator" help:"The conference ends when a moderator leaves it."`
	Most     int    `name:"max-participants" placeholder:"N" help:"How many its conference takes; as many as the switch lets in when none is given."`
	Minutes  int    `name:"max-minutes" placeholder:"N" help:"How long one caller may stay; as long as the switch lets them when none is given."`
	JSON     bool   `name:"json" help:"Print the room as JSON."`
	dataDir  `embed:""`
}

// Run adds the room and prints it.
func (a *roomAddCmd) Run(ctx context.Context, t terminal) error {
	return a.withRooms(ctx, func(rooms *line.Rooms) error {
		room, err := rooms.Add(ctx, line.Room{
			Name: a.Name, Code: a.Code, Language: a.Language, Greeting: a.Greeting, Closed: a.Closed,
			ModeratorPIN: a.PIN, EndsWithModerator: a.Ends, MaxParticipants: a.Most, MaxMinutes: a.Minutes,
		})
		switch {
		case errors.Is(err, line.ErrNameTaken):
			return fmt.Errorf("there is a room %q already; `confab room show %s` shows it", a.Name, a.Name)
		case errors.Is(err, line.ErrCodeTaken):
			return errCodeTaken
		case err != nil:
			return err
		}
		return printRooms(t.out, a.JSON, room)
	})
}

var errCodeTaken = errors.New("another room has this code or PIN; give another, or no code and one is made")

type roomChangeCmd struct {
	Name     string  `arg:"" help:"Name of the room. Who stands in its conference stays there."`
	Rename   *string `placeholder:"NAME" help:"Another name."`
	Code     *string `placeholder:"DIGITS" help:"Another access code; with --code= one is made."`
	Language *string `placeholder:"TAG" help:"Language of the prompts after the code."`
	Greeting *string `placeholder:"TEXT" help:"What to say on entering; with --greeting= the line's own words."`
	Closed   *bool   `negatable:"" help:"Its code opens nothing, for now."`
	PIN      *string `name:"moderator-pin" placeholder:"DIGITS" help:"What a moderator keys instead of the code; with --moderator-pin= there is none."`
	Ends     *bool   `name:"ends-with-moderator" negatable:"" help:"The conference ends when a moderator leaves it."`
	Most     *int    `name:"max-participants" placeholder:"N" help:"How many its conference takes; 0: as many as the switch lets in."`
	Minutes  *int    `name:"max-minutes" placeholder:"N" help:"How long one caller may stay; 0: as long as the switch lets them."`
	JSON     bool    `name:"json" help:"Print the room as JSON."`
	dataDir  `embed:""`
}

// Run changes the room and prints it.
func (c *roomChangeCmd) Run(ctx context.Context, t terminal) error {
	return c.withRooms(ctx, func(rooms *line.Rooms) error {
		room, err := rooms.Show(ctx, c.Name)
		if err != nil {
			return noRoom(err, c.Name)
		}
		room, err = rooms.Change(ctx, room.ID, func(room *line.Room) error {
			given(&room.Name, c.Rename)
			given(&room.Code, c.Code)
			given(&room.Language, c.Language)
			given(&room.Greeting, c.Greeting)
			given(&room.Closed, c.Closed)
			given(&room.ModeratorPIN, c.PIN)
			given(&room.EndsWithModerator, c.Ends)
			given(&room.MaxParticipants, c.Most)
			given(&room.MaxMinutes, c.Minutes)
			return nil
		})
		if errors.Is(err, line.ErrCodeTaken) {
			return errCodeTaken
		}
		if err != nil {
			return err
		}
		return printRooms(t.out, c.JSON, room)
	})
}

func given[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
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
	fmt.Fprintln(table, "NAME\tCODE\tMODERATOR\tLANGUAGE\tOPEN\tMOST\tMINUTES\tGREETING")
	for _, r := range rooms {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Code, or(r.ModeratorPIN, "–"), or(r.Language, "en-US"), yes(!r.Closed),
			limit(r.MaxParticipants), limit(r.MaxMinutes), or(r.Greeting, "–"))
	}
	return table.Flush()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func limit(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
