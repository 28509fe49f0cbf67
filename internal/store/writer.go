package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"time"
)

const (
	// apart is how long after one commit has begun the next one does while many events
	// come, and many is how many of them in that time: a commit costs as much as dozens of
	// events that share it. Who writes little does not wait for others to come.
	apart    = 20 * time.Millisecond
	many     = 16
	breath   = time.Millisecond      // of a journal that is always busy, at least
	maxBatch = 4096                  // events in one transaction
	minRetry = 50 * time.Millisecond // first wait after a commit that failed
	maxRetry = 2 * time.Second       // and the longest
)

// writer is the one goroutine that writes the journal and the records. While
// it commits, others append; so the busier the switch, the more events share a
// commit (group commit).
type writer struct {
	db      *sql.DB
	journal *journal
	log     *slog.Logger

	conn  *sql.Conn // nil until needed, and after an error
	stmts map[string]*sql.Stmt

	lately time.Time // when those of the last commits began that came one after another …
	events int       // … and how many events they had
	rested time.Time // when it last did not hold the lock for a moment
}

// run writes until the journal is closed and empty. An error keeps what it met
// and tries again: order is never lost, and nothing is skipped. Once the
// journal is closed, it gives up at the first error.
func (w *writer) run() {
	defer w.disconnect(nil)
	for {
		todo, wait, closed := w.journal.take(maxBatch)
		switch {
		case !todo.empty():
			w.begin(len(todo.events))
			if !w.insist(todo) {
				return
			}
			w.journal.done(todo)
			w.rest()
		case closed:
			return
		default:
			w.journal.sleep(wait)
			w.rested = time.Now()
		}
	}
}

// begin takes note that so many events are about to be committed.
func (w *writer) begin(events int) {
	if now := time.Now(); now.Sub(w.lately) >= apart {
		w.lately, w.events = now, 0
	}
	w.events += events
}

// rest waits until the next commit is due, if many events came lately. It lets go of
// SQLite's write lock for a moment, at least every 20 ms, also when there are few and the
// disk is slow: others (the numbers, the command line) would not get it otherwise.
func (w *writer) rest() {
	pause := breath
	switch {
	case w.events >= many:
		pause = max(breath, apart-time.Since(w.lately))
	case time.Since(w.rested) <= apart:
		return
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.journal.quit:
	}
	w.rested = time.Now()
}

// insist commits todo however often it takes; it reports false when the journal
// was closed and the last attempt failed too.
func (w *writer) insist(todo work) bool {
	retry := minRetry
	for {
		closed := w.journal.isClosed()
		err := w.commit(todo)
		if err == nil {
			if retry > minRetry {
				w.log.Info("journal is written again", "events", len(todo.events))
			}
			return true
		}
		w.disconnect(err)
		if w.journal.failed(err) {
			w.log.Error("journal cannot be written; it is tried again", "err", err, "events", len(todo.events))
		}
		if closed {
			return false
		}
		select {
		case <-w.journal.quit:
		case <-time.After(retry):
		}
		retry = min(2*retry, maxRetry)
	}
}

// commit writes todo in one transaction. It is right to call it again with the
// same work after an error, even when the commit did reach the disk.
func (w *writer) commit(todo work) error {
	ctx := context.Background() // what was appended is written, whoever goes
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		w.conn, w.stmts = conn, make(map[string]*sql.Stmt)
	}
	if err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := w.write(ctx, todo); err != nil {
		return err // disconnecting rolls back
	}
	if err := w.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// exec runs one statement of a transaction, prepared once per connection.
func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	stmt, ok := w.stmts[query]
	if !ok {
		var err error
		if stmt, err = w.conn.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		w.stmts[query] = stmt
	}
	_, err := stmt.ExecContext(ctx, args...)
	return err
}

// disconnect gives the connection back; after an error it is thrown away, for
// its transaction may be open or not.
func (w *writer) disconnect(after error) {
	if w.conn == nil {
		return
	}
	for _, stmt := range w.stmts {
		stmt.Close()
	}
	if after != nil {
		w.conn.Raw(func(any) error { return driver.ErrBadConn }) // the documented way to drop it
	}
	w.conn.Close()
	w.conn, w.stmts = nil, nil
}
