package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schema returns the migrations made ready for db.
func schema(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

// migrate brings the schema of db to the one this program knows. alone says
// whether no other process may be using the older schema: if false, a schema
// other than the current one is an error, but for the empty database's.
func migrate(ctx context.Context, db *sql.DB, alone bool) error {
	p, err := schema(db)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("the database was written by a newer confab: schema %d, this program knows %d", have, want)
	case have > 0 && !alone:
		return fmt.Errorf("the database is in use by an older confab: schema %d, this program wants %d", have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema %d to %d: %w", have, want, err)
	}
	return nil
}
