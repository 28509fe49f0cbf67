package line

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Errors of Rooms that callers branch on.
var (
	ErrNoRoom    = errors.New("no such room")
	ErrNameTaken = errors.New("a room of this name exists")
	ErrCodeTaken = errors.New("code is that of another room")
)

// Rooms is the line's own store: the file line.db in the data directory. Every
// call reads the file, so what another process writes counts at once. It is safe
// for use by several goroutines and several processes.
type Rooms struct {
	db *sql.DB
}

// OpenRooms opens the store in dir, and makes it with its two sample rooms when
// there is none.
func OpenRooms(ctx context.Context, dir string) (*Rooms, error) {
	db, err := connect(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &Rooms{db: db}, nil
}

// Close closes the store.
func (r *Rooms) Close() error { return r.db.Close() }

// Add adds a room and returns it as stored: with a code if it had none. It
// returns ErrNameTaken or ErrCodeTaken when the room or its code is there
// already, and an error in words when the room cannot be one.
func (r *Rooms) Add(ctx context.Context, room Room) (Room, error) {
	room, err := room.clean()
	if err != nil {
		return Room{}, err
	}
	room.Created = time.UnixMicro(time.Now().UnixMicro())
	err = r.change(ctx, func(tx *sql.Tx) error {
		if _, err := one(tx.QueryRowContext(ctx, selectRooms+` WHERE name = ?`, room.Name)); !errors.Is(err, ErrNoRoom) {
			return or(err, fmt.Errorf("%w: %q", ErrNameTaken, room.Name))
		}
		wanted := room.Code
		for {
			if wanted == "" {
				room.Code = newCode()
			}
			other, err := one(tx.QueryRowContext(ctx, selectRooms+` WHERE code = ?`, room.Code))
			if errors.Is(err, ErrNoRoom) {
				break
			}
			if err != nil {
				return err
			}
			if wanted != "" {
				return fmt.Errorf("%w: %q", ErrCodeTaken, other.Name)
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO rooms (name, code, language, greeting, closed, created) VALUES (?, ?, ?, ?, ?, ?)`,
			room.Name, room.Code, room.Language, room.Greeting, room.Closed, room.Created.UnixMicro())
		return err
	})
	if err != nil {
		return Room{}, fmt.Errorf("add room: %w", err)
	}
	return room, nil
}

// List returns the rooms by name.
func (r *Rooms) List(ctx context.Context) ([]Room, error) {
	rooms, err := r.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return rooms, nil
}

// Show returns the room of that name; ErrNoRoom when there is none.
func (r *Rooms) Show(ctx context.Context, name string) (Room, error) {
	room, err := one(r.db.QueryRowContext(ctx, selectRooms+` WHERE name = ?`, name))
	if err != nil {
		return Room{}, fmt.Errorf("show room %q: %w", name, err)
	}
	return room, nil
}

// SetClosed closes the room of that name, so that its code opens nothing, or
// opens it again; ErrNoRoom when there is none. Who is in its conference stays.
func (r *Rooms) SetClosed(ctx context.Context, name string, closed bool) error {
	return r.changeOne(ctx, "change", name, `UPDATE rooms SET closed = ? WHERE name = ?`, closed, name)
}

// Remove removes the room of that name; ErrNoRoom when there is none. Who is in
// its conference stays.
func (r *Rooms) Remove(ctx context.Context, name string) error {
	return r.changeOne(ctx, "remove", name, `DELETE FROM rooms WHERE name = ?`, name)
}

// ByCode meets Store. It compares code with that of every room, closed ones too,
// and looks at none of the results before the last: its time depends on how many
// rooms there are and on nothing else.
func (r *Rooms) ByCode(ctx context.Context, code string) (Room, bool, error) {
	rooms, err := r.all(ctx)
	if err != nil {
		return Room{}, false, fmt.Errorf("look up code: %w", err)
	}
	i := find(rooms, code)
	if i < 0 {
		return Room{}, false, nil
	}
	return rooms[i], true, nil
}

// find returns the index of the open room that code opens, or −1. Codes are
// compared by their hashes, so that their lengths do not show either.
func find(rooms []Room, code string) int {
	want := sha256.Sum256([]byte(code))
	found := -1
	for i := range rooms {
		have := sha256.Sum256([]byte(rooms[i].Code))
		match := subtle.ConstantTimeCompare(have[:], want[:])
		match &= subtle.ConstantTimeByteEq(flag(rooms[i].Closed), 0)
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	return found
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

const selectRooms = `SELECT name, code, language, greeting, closed, created FROM rooms`

// all returns the rooms by name.
func (r *Rooms) all(ctx context.Context) (rooms []Room, err error) {
	rows, err := r.db.QueryContext(ctx, selectRooms+` ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		room, err := one(rows)
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, room)
	}
	return rooms, rows.Err()
}

// one reads a room of a query; ErrNoRoom when it found none.
func one(row interface{ Scan(...any) error }) (Room, error) {
	var room Room
	var created int64
	err := row.Scan(&room.Name, &room.Code, &room.Language, &room.Greeting, &room.Closed, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return Room{}, ErrNoRoom
	}
	room.Created = time.UnixMicro(created)
	return room, err
}

// changeOne runs a statement that must change one room.
func (r *Rooms) changeOne(ctx context.Context, what, name, statement string, args ...any) error {
	result, err := r.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("%s room %q: %w", what, name, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%s room %q: %w", what, name, or(err, ErrNoRoom))
	}
	return nil
}

// change runs f in a transaction.
func (r *Rooms) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// or returns err, or other when err is nil.
func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
