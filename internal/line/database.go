package line

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// databaseFile is the store's file in the data directory, with its -wal and -shm
// beside it.
const databaseFile = "line.db"

// lockPatience is how long to wait for another process that writes.
const lockPatience = 10 * time.Second

// connections is how many queries may run beside each other; more wait.
const connections = 4

//go:embed migrations/*.sql
var migrations embed.FS

// connect opens the database in dir and makes it when there is none. Nobody but
// its owner may read it: it holds the codes.
func connect(ctx context.Context, dir string) (*sql.DB, error) {
	path, err := filepath.Abs(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	query := url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", lockPatience.Milliseconds()),
			"journal_mode(WAL)",
			"synchronous(FULL)",
		},
		// A transaction takes the write lock when it begins, never in its middle.
		"_txlock": {"immediate"},
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open rooms %s: %w", path, err), db.Close())
	}
	return db, nil
}

// migrate brings the schema of db to the one this program knows. Another process
// may be doing the same: what it has done is then found done.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	// SQLite makes us wait while the other works; one look afterwards is enough,
	// and a second covers goose's own table, which it makes beforehand.
	for tries := 3; ; tries-- {
		err := up(ctx, p)
		if err == nil || errors.Is(err, errNewer) || tries == 1 {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

var errNewer = errors.New("written by a newer confab")

func up(ctx context.Context, p *goose.Provider) error {
	have, want, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read schema version: %w", err)
	case have > want:
		return fmt.Errorf("%w: schema %d, this program knows %d", errNewer, have, want)
	case have == want:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema %d to %d: %w", have, want, err)
	}
	return nil
}
