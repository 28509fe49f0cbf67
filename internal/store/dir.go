package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The files of a data directory.
const (
	databaseFile   = "confab.db"    // with its -wal and -shm beside it
	accountFile    = "account.json" // the secret stays out of the database
	sealFile       = "seal.key"     // what the database keeps of secrets is sealed with it
	ownerLockFile  = "confab.lock"  // held by the process that serves
	schemaLockFile = "schema.lock"  // held while a process looks after the schema
)

// schemaPatience is how long to wait for another process that is bringing the
// schema up to date.
const schemaPatience = 30 * time.Second

// prepare makes dir if need be and proves that files can be made in it.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory %s: %w", dir, reason(err))
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("data directory %s is not writable: %w", dir, reason(err))
	}
	f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("data directory %s: %w", dir, reason(err))
	}
	// SQLite gives its other files the mode of this one.
	f, err = os.OpenFile(filepath.Join(dir, databaseFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("data directory %s: %s is not writable: %w", dir, databaseFile, reason(err))
	}
	return f.Close()
}

// reason is err without the path, which the caller says already.
func reason(err error) error {
	if p := new(os.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// own takes possession of dir, until the returned file is closed.
func own(dir string) (*os.File, error) {
	f, ok, err := lock(filepath.Join(dir, ownerLockFile))
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if !ok {
		who, _ := os.ReadFile(filepath.Join(dir, ownerLockFile)) // best effort: it only makes the message better
		if pid := strings.TrimSpace(string(who)); pid != "" {
			return nil, fmt.Errorf("%s: %w (process %s)", dir, ErrInUse, pid)
		}
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	}
	return f, nil
}

// lockSchema waits for the right to look after the schema.
func lockSchema(ctx context.Context, dir string) (*os.File, error) {
	deadline := time.Now().Add(schemaPatience)
	for {
		f, ok, err := lock(filepath.Join(dir, schemaLockFile))
		if err != nil {
			return nil, fmt.Errorf("lock schema: %w", err)
		}
		if ok {
			return f, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s: another process has been changing the schema for %v", dir, schemaPatience)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lock opens the file and tries to lock it; the file is nil unless ok.
func lock(path string) (f *os.File, ok bool, err error) {
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	if ok, err = tryLock(f); !ok || err != nil {
		f.Close()
		return nil, false, err
	}
	return f, true, nil
}

// sign writes our process number into a lock file that we hold.
func sign(f *os.File) {
	if f.Truncate(0) == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
}
