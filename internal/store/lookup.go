package store

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"confab/internal/contract"
)

// Every call asks who is called, most of them for one of a few numbers.
const (
	lookupTime  = 50 * time.Millisecond // what another process writes counts by then
	mostLookups = 1024                  // callers dial what they like
)

// lookups are the last answers of Number. What this process changes makes them
// void at once.
type lookups struct {
	changes atomic.Uint64 // so far

	mu  sync.Mutex
	all map[string]lookup // by the user part that was asked for
}

type lookup struct {
	number  contract.NumberInfo
	ok      bool
	at      time.Time
	changes uint64 // when it was asked
}

// changed makes all answers void, those that are being read as well.
func (l *lookups) changed() { l.changes.Add(1) }

// number answers from what is kept, or by read, without its errors being kept.
func (l *lookups) number(ctx context.Context, user string, read func(context.Context, string) (contract.NumberInfo, bool, error)) (contract.NumberInfo, bool, error) {
	now, changes := time.Now(), l.changes.Load()
	l.mu.Lock()
	kept, found := l.all[user]
	l.mu.Unlock()
	if found && kept.changes == changes && now.Sub(kept.at) < lookupTime {
		return kept.number, kept.ok, nil
	}
	n, ok, err := read(ctx, user)
	if err != nil {
		return n, ok, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || len(l.all) >= mostLookups {
		l.all = make(map[string]lookup)
	}
	// A part of a message, which would be kept with it.
	l.all[strings.Clone(user)] = lookup{number: n, ok: ok, at: now, changes: changes}
	return n, ok, nil
}
