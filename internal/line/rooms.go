package line

import (
	"context"
	"errors"
	"time"
)

// Room is a standing entry of the line: who keys its code joins the conference
// of its name.
type Room struct {
	Name     string // of the conference: 1 to 128 characters, unique
	Code     string // 3 to 16 digits, unique; empty in Add: one is made
	Language string // of the prompts after the code; empty: en-US
	Greeting string // said on entering instead of the line's own words; may be empty
	Closed   bool   // its code opens nothing
	Created  time.Time
}

// Errors of Rooms that callers branch on.
var (
	ErrNoRoom    = errors.New("no such room")
	ErrNameTaken = errors.New("a room of this name exists")
	ErrCodeTaken = errors.New("another room has this code")
)

// Rooms is the line's own store: the file line.db in the data directory. Every
// call reads the file, so what another process writes counts at once. It is safe
// for use by several goroutines.
type Rooms struct{}

// OpenRooms opens the store in dir, and makes it with its two sample rooms when
// there is none.
func OpenRooms(ctx context.Context, dir string) (*Rooms, error) {
	return nil, errors.New("not implemented")
}

// Close closes the store.
func (r *Rooms) Close() error { return nil }

// Add adds a room and returns it as stored: with a code if it had none.
func (r *Rooms) Add(ctx context.Context, room Room) (Room, error) { return room, nil }

// List returns the rooms by name.
func (r *Rooms) List(ctx context.Context) ([]Room, error) { return nil, nil }

// Show returns the room of that name; ErrNoRoom when there is none.
func (r *Rooms) Show(ctx context.Context, name string) (Room, error) { return Room{}, ErrNoRoom }

// Remove removes the room of that name; ErrNoRoom when there is none.
func (r *Rooms) Remove(ctx context.Context, name string) error { return ErrNoRoom }

// ByCode meets Store.
func (r *Rooms) ByCode(ctx context.Context, code string) (Room, bool, error) {
	return Room{}, false, nil
}
