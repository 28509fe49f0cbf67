package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"confab/internal/contract"
)

// Records is the half of the store that any process may open: what calls,
// conferences and participants were last known to be, and the numbers.
type Records struct {
	dir string
	log *slog.Logger
	db  *database

	numberByKey *sql.Stmt // asked for calls, unless it was a moment ago (lookups)

	mu     sync.Mutex
	config map[string]contract.NumberInfo // by key; replaced whole, never changed
}

// OpenShared opens the records of dir beside the process that owns it, or
// without one: for tools of the command line. It makes the directory and the
// schema if they do not exist yet. A nil log discards.
func OpenShared(ctx context.Context, dir string, log *slog.Logger) (*Records, error) {
	r, owner, err := openRecords(ctx, dir, log, false)
	if err != nil {
		return nil, err
	}
	if owner != nil {
		owner.Close() // held for the schema's sake only
	}
	return r, nil
}

// openRecords opens the records with the schema brought up to date. The owner's
// lock comes with them, if exclusive; if not, owner is nil when another process
// has it.
func openRecords(ctx context.Context, dir string, log *slog.Logger, exclusive bool) (_ *Records, _ *os.File, err error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := prepare(dir); err != nil {
		return nil, nil, err
	}
	held, err := lockSchema(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	defer held.Close()
	owner, err := own(dir)
	if err != nil && (exclusive || !errors.Is(err, ErrInUse)) {
		return nil, nil, err
	}
	defer func() {
		if err != nil && owner != nil {
			owner.Close()
		}
	}()
	db, err := connect(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	r := &Records{dir: dir, log: log, db: db}
	if err := migrate(ctx, db.write, owner != nil); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", dir, err), r.Close())
	}
	if r.numberByKey, err = db.read.PrepareContext(ctx, numberQuery+"key = ?"); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", dir, err), r.Close())
	}
	return r, owner, nil
}

// Close closes the database.
func (r *Records) Close() error {
	var err error
	if r.numberByKey != nil {
		err = r.numberByKey.Close()
	}
	return errors.Join(err, r.db.close())
}

// Call returns what the journal last said of a call; ok is false for one that
// it never named.
func (r *Records) Call(ctx context.Context, sid contract.CallSID) (c contract.CallInfo, ok bool, err error) {
	ok, err = r.one(ctx, &c, "SELECT body FROM calls WHERE sid = ?", string(sid))
	return c, ok, err
}

// Conference returns what the journal last said of a conference.
func (r *Records) Conference(ctx context.Context, sid contract.ConferenceSID) (c contract.ConferenceInfo, ok bool, err error) {
	ok, err = r.one(ctx, &c, "SELECT body FROM conferences WHERE sid = ?", string(sid))
	return c, ok, err
}

// Participants returns who is in a conference, by the order of joining.
func (r *Records) Participants(ctx context.Context, sid contract.ConferenceSID) ([]contract.ParticipantInfo, error) {
	return list[contract.ParticipantInfo](ctx, r.db.read,
		"SELECT body FROM participants WHERE conference = ? AND live = 1 ORDER BY joined, call", string(sid))
}

// Warnings returns the notices on a call, oldest first.
func (r *Records) Warnings(ctx context.Context, sid contract.CallSID) (warnings []contract.Warning, err error) {
	err = each(ctx, r.db.read, func(rows *sql.Rows) error {
		var w contract.Warning
		if err := rows.Scan(&w.Code, &w.Message, &w.URL); err != nil {
			return err
		}
		warnings = append(warnings, w)
		return nil
	}, "SELECT code, message, url FROM warnings WHERE call = ? AND call <> '' ORDER BY pos", string(sid))
	return warnings, wrap("read warnings", err)
}

// LiveCalls returns the calls that the journal does not know to have ended:
// right after Open, those that a crash cut off.
func (r *Records) LiveCalls(ctx context.Context) ([]contract.CallInfo, error) {
	return list[contract.CallInfo](ctx, r.db.read, "SELECT body FROM calls WHERE live = 1 ORDER BY created, sid")
}

// LiveConferences returns the conferences that the journal does not know to
// have ended: right after Open, those that a crash cut off.
func (r *Records) LiveConferences(ctx context.Context) ([]contract.ConferenceInfo, error) {
	return list[contract.ConferenceInfo](ctx, r.db.read, "SELECT body FROM conferences WHERE live = 1 ORDER BY created, sid")
}

// one reads the snapshot that a query finds into value.
func (r *Records) one(ctx context.Context, value any, query string, args ...any) (ok bool, err error) {
	var body []byte
	err = r.db.read.QueryRowContext(ctx, query, args...).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(body, value)
	}
	return err == nil, wrap("read record", err)
}

// list reads all snapshots that a query finds.
func list[T any](ctx context.Context, db *sql.DB, query string, args ...any) (values []T, err error) {
	err = each(ctx, db, func(rows *sql.Rows) error {
		var body []byte
		var v T
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &v); err != nil {
			return err
		}
		values = append(values, v)
		return nil
	}, query, args...)
	return values, wrap("read records", err)
}

// wrap is fmt.Errorf that leaves nil alone.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
