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
	ErrCodeTaken = errors.New("these digits open another room")
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

// Add adds a room and returns it as stored: with a number, and with a code if it
// had none. It returns ErrNameTaken or ErrCodeTaken when the room or its code is
// there already, and an error in words when the room cannot be one.
func (r *Rooms) Add(ctx context.Context, room Room) (Room, error) {
	room, err := room.clean()
	if err != nil {
		return Room{}, err
	}
	room.Created = time.UnixMicro(time.Now().UnixMicro())
	err = r.change(ctx, func(tx *sql.Tx) error {
		room.ID = 0
		if room.Code == "" {
			if room.Code, err = unused(ctx, tx, room.ModeratorPIN); err != nil {
				return err
			}
		}
		if err := free(ctx, tx, room); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO rooms
			(name, code, pin, language, greeting, closed, ends, max_participants, max_minutes, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(columns(room), room.Created.UnixMicro())...)
		if err != nil {
			return err
		}
		room.ID, err = result.LastInsertId()
		return err
	})
	if err != nil {
		return Room{}, fmt.Errorf("add room: %w", err)
	}
	return room, nil
}

// Change has f change the room of that number and returns it as stored; f may
// not call r. ErrNoRoom when there is none, else the errors are those of Add and
// what f returns. Who is in its conference stays, under the name that it had.
func (r *Rooms) Change(ctx context.Context, id int64, f func(*Room) error) (Room, error) {
	var room Room
	err := r.change(ctx, func(tx *sql.Tx) (err error) {
		if room, err = one(tx.QueryRowContext(ctx, selectRooms+` WHERE id = ?`, id)); err != nil {
			return err
		}
		created := room.Created
		if err := f(&room); err != nil {
			return err
		}
		room.ID, room.Created = id, created
		if room, err = room.clean(); err != nil {
			return err
		}
		if room.Code == "" {
			if room.Code, err = unused(ctx, tx, room.ModeratorPIN); err != nil {
				return err
			}
		}
		if err := free(ctx, tx, room); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE rooms SET name = ?, code = ?, pin = ?, language = ?, greeting = ?, closed = ?, ends = ?,
			max_participants = ?, max_minutes = ? WHERE id = ?`, append(columns(room), id)...)
		return err
	})
	if err != nil {
		return Room{}, fmt.Errorf("change room %d: %w", id, err)
	}
	return room, nil
}

// columns are the values of room in the order in which they are written.
func columns(room Room) []any {
	return []any{room.Name, room.Code, room.ModeratorPIN, room.Language, room.Greeting, room.Closed, room.EndsWithModerator,
		room.MaxParticipants, room.MaxMinutes}
}

// free returns ErrNameTaken or ErrCodeTaken when another room has the name, the
// code or the PIN of room.
func free(ctx context.Context, tx *sql.Tx, room Room) error {
	other, err := one(tx.QueryRowContext(ctx, selectRooms+` WHERE name = ? AND id <> ?`, room.Name, room.ID))
	if !errors.Is(err, ErrNoRoom) {
		return or(err, fault{"name", fmt.Errorf("%w: %q", ErrNameTaken, other.Name)})
	}
	for _, secret := range []struct{ field, digits string }{{"code", room.Code}, {"moderator_pin", room.ModeratorPIN}} {
		if secret.digits == "" {
			continue
		}
		other, err := one(tx.QueryRowContext(ctx, selectRooms+` WHERE ? IN (code, pin) AND id <> ?`, secret.digits, room.ID))
		if !errors.Is(err, ErrNoRoom) {
			return or(err, fault{secret.field, fmt.Errorf("%w: %q", ErrCodeTaken, other.Name)})
		}
	}
	return nil
}

// unused makes a code that opens nothing, and is not the one that is given.
func unused(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, but string) (string, error) {
	for {
		code := newCode()
		if code == but {
			continue
		}
		if _, err := one(q.QueryRowContext(ctx, selectRooms+` WHERE ? IN (code, pin)`, code)); err != nil {
			if errors.Is(err, ErrNoRoom) {
				return code, nil
			}
			return "", err
		}
	}
}

// Unused makes a code that opens nothing now. It is not kept for who asks: another
// may store it first.
func (r *Rooms) Unused(ctx context.Context) (string, error) {
	code, err := unused(ctx, r.db, "")
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return code, nil
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

// Get returns the room of that number; ErrNoRoom when there is none.
func (r *Rooms) Get(ctx context.Context, id int64) (Room, error) {
	room, err := one(r.db.QueryRowContext(ctx, selectRooms+` WHERE id = ?`, id))
	if err != nil {
		return Room{}, fmt.Errorf("room %d: %w", id, err)
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

// RemoveID removes the room of that number, and returns what it was; ErrNoRoom when
// there is none. Who is in its conference stays.
func (r *Rooms) RemoveID(ctx context.Context, id int64) (Room, error) {
	room, err := one(r.db.QueryRowContext(ctx, `DELETE FROM rooms WHERE id = ? RETURNING `+roomColumns, id))
	if err != nil {
		return Room{}, fmt.Errorf("remove room %d: %w", id, err)
	}
	return room, nil
}

// ByCode meets Store. It compares code with those of every room, closed ones too,
// and looks at none of the results before the last: its time depends on how many
// rooms there are and on nothing else.
func (r *Rooms) ByCode(ctx context.Context, code string) (Entry, bool, error) {
	rooms, err := r.all(ctx)
	if err != nil {
		return Entry{}, false, fmt.Errorf("look up code: %w", err)
	}
	i, moderator := find(rooms, code)
	if i < 0 {
		return Entry{}, false, nil
	}
	return Entry{Room: rooms[i], Moderator: moderator}, true, nil
}

// find returns the index of the open room that code opens, or −1, and whether it
// is the moderator's PIN. Codes are compared by their hashes, so that their lengths
// do not show either.
func find(rooms []Room, code string) (room int, moderator bool) {
	want := sha256.Sum256([]byte(code))
	found, pin := -1, 0
	for i := range rooms {
		open := subtle.ConstantTimeByteEq(flag(rooms[i].Closed), 0)
		for which, digits := range []string{rooms[i].Code, rooms[i].ModeratorPIN} {
			have := sha256.Sum256([]byte(digits))
			match := subtle.ConstantTimeCompare(have[:], want[:])
			match &= open
			match &= subtle.ConstantTimeLessOrEq(1, len(digits)) // no PIN is opened by no digits
			found = subtle.ConstantTimeSelect(match, i, found)
			pin = subtle.ConstantTimeSelect(match, which, pin)
		}
	}
	return found, pin == 1
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

const (
	roomColumns = `id, name, code, pin, language, greeting, closed, ends, max_participants, max_minutes, created`
	selectRooms = `SELECT ` + roomColumns + ` FROM rooms`
)

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
	err := row.Scan(&room.ID, &room.Name, &room.Code, &room.ModeratorPIN, &room.Language, &room.Greeting, &room.Closed,
		&room.EndsWithModerator, &room.MaxParticipants, &room.MaxMinutes, &created)
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
