package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// readers is how many queries may run beside each other; more wait.
const readers = 4

// connect opens the database of dir twice: for writing, which takes SQLite's
// write lock when a transaction begins and never in its middle, and for reading.
func connect(ctx context.Context, dir string) (write, read *sql.DB, err error) {
	path, err := filepath.Abs(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	open := func(conns int, query url.Values) (*sql.DB, error) {
		query["_pragma"] = append([]string{
			"busy_timeout(10000)",          // ms to wait for another writer
			"journal_mode(WAL)",            // readers and the writer do not wait for each other
			"synchronous(FULL)",            // a commit is on the disk when it returns
			"foreign_keys(1)",              //
			"journal_size_limit(67108864)", // bytes that the WAL keeps after a burst
		}, query["_pragma"]...)
		name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
		db, err := sql.Open("sqlite", name.String())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return db, nil
	}
	// One connection for the journal's writer, one for the numbers.
	write, err = open(2, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, nil, fmt.Errorf("open database %s: %w", path, err)
	}
	read, err = open(readers, url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		write.Close()
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	return write, read, nil
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
