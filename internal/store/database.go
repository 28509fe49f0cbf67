package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // with it comes the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is how many queries may run beside each other; more wait.
const readers = 4

// patience is how long to wait for another writer.
const patience = 10 * time.Second

// database is one file, opened three times.
type database struct {
	write  *sql.DB // the journal's and the schema's
	read   *sql.DB // cannot write
	change *sql.DB // the numbers', which are written beside the journal

	numbers lookups
}

// connect opens the database of dir. Transactions that write take SQLite's
// write lock when they begin, never in their middle.
func connect(ctx context.Context, dir string) (*database, error) {
	path, err := filepath.Abs(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	open := func(conns int, busy time.Duration, query url.Values) (*sql.DB, error) {
		query["_pragma"] = append([]string{
			fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
			"journal_mode(WAL)",            // readers and the writer do not wait for each other
			"synchronous(FULL)",            // a commit is on the disk when it returns
			"foreign_keys(1)",              // as the schema says them
			"wal_autocheckpoint(4000)",     // pages: the more, the more often one that is written over and over is copied but once
			"journal_size_limit(67108864)", // bytes of WAL that stay after a burst
		}, query["_pragma"]...)
		name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
		db, err := sql.Open("sqlite", name.String())
		if err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return db, nil
	}
	db := &database{}
	if db.write, err = open(1, patience, url.Values{"_txlock": {"immediate"}}); err != nil {
		return nil, err
	}
	if db.read, err = open(readers, patience, url.Values{"_pragma": {"query_only(1)"}}); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if db.change, err = open(1, 0, url.Values{}); err != nil {
		return nil, errors.Join(err, db.write.Close(), db.read.Close())
	}
	if err := db.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.close())
	}
	return db, nil
}

func (db *database) close() error {
	return errors.Join(db.read.Close(), db.change.Close(), db.write.Close())
}

// changeRow runs one statement outside the journal; it reports whether it
// changed a row. It waits for SQLite's write lock by itself: SQLite waits in
// steps of up to 100 ms, and would never meet the moment between two commits of
// a busy journal (see writer.rest).
func (db *database) changeRow(ctx context.Context, query string, args ...any) (bool, error) {
	n, err := db.changeRows(ctx, query, args...)
	return n > 0, err
}

// changeRows is changeRow that returns how many rows it changed.
func (db *database) changeRows(ctx context.Context, query string, args ...any) (int, error) {
	deadline := time.Now().Add(patience)
	for {
		result, err := db.change.ExecContext(ctx, query, args...)
		db.numbers.changed() // an error may come after the change
		if err == nil {
			n, err := result.RowsAffected()
			return int(n), err
		}
		if e := new(sqlite.Error); !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(deadline) {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(breath / 4):
		}
	}
}

// each runs a query and gives its rows to scan one by one.
func each(ctx context.Context, db *sql.DB, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// micros is a time as the database keeps it; nil for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}
