package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// Key is a place in a list: the list's order is that of At, newest first, and
// of Tie among equals. It names the same place however many are added or
// removed around it. The zero value is no place.
type Key struct {
	At  int64
	Tie string
}

// Page says which part of a list is wanted. At most one of After and Before is
// given.
type Page struct {
	After  Key // begins right behind this place
	Before Key // ends right before this place
	Skip   int // leaves out as many first
	Size   int // at most as many; required
}

// Item is a record, its place, and when the journal last spoke of it.
type Item[T any] struct {
	Info    T
	Key     Key
	Updated time.Time
}

// List is a part of a list, and whether there is more of it on either side.
type List[T any] struct {
	Items   []Item[T]
	Earlier bool // known for a Page with Before; others ask who was there first
	More    bool
}

// Span is a time from From (inclusive) to To (exclusive). A zero time is no
// bound.
type Span struct{ From, To time.Time }

// selection is a SELECT of rows with their place: "SELECT <at>, <tie>, …".
type selection struct {
	columns, from string
	at, tie       string // expressions
	where         []string
	args          []any
}

// is asks for rows whose column has a value, unless that is empty.
func (s *selection) is(column, value string) {
	if value != "" {
		s.and(column+" = ?", value)
	}
}

// within asks for rows whose column, of microseconds, is in a span.
func (s *selection) within(column string, t Span) {
	if !t.From.IsZero() {
		s.and(column+" >= ?", t.From.UnixMicro())
	}
	if !t.To.IsZero() {
		s.and(column+" < ?", t.To.UnixMicro())
	}
}

func (s *selection) and(condition string, args ...any) {
	s.where = append(s.where, condition)
	s.args = append(s.args, args...)
}

// read reads the part that p asks for. scan reads one row behind its place.
func read[T any](ctx context.Context, db *sql.DB, s selection, p Page, scan func(rows *sql.Rows, place ...any) (Item[T], error)) (l List[T], err error) {
	order := "DESC"
	switch {
	case p.Before != Key{}:
		order = "ASC"
		s.and("("+s.at+", "+s.tie+") > (?, ?)", p.Before.At, p.Before.Tie)
	case p.After != Key{}:
		s.and("("+s.at+", "+s.tie+") < (?, ?)", p.After.At, p.After.Tie)
	}
	query := "SELECT " + s.at + ", " + s.tie + ", " + s.columns + " FROM " + s.from
	if len(s.where) > 0 {
		query += " WHERE " + strings.Join(s.where, " AND ")
	}
	query += " ORDER BY " + s.at + " " + order + ", " + s.tie + " " + order + " LIMIT ? OFFSET ?"
	// One more than asked for tells whether there is more.
	err = each(ctx, db, func(rows *sql.Rows) error {
		var key Key
		item, err := scan(rows, &key.At, &key.Tie)
		item.Key = key
		l.Items = append(l.Items, item)
		return err
	}, query, append(s.args, p.Size+1, p.Skip)...)
	if err != nil {
		return List[T]{}, wrap("read records", err)
	}
	beyond := len(l.Items) > p.Size
	if beyond {
		l.Items = l.Items[:p.Size]
	}
	if order == "ASC" {
		slices.Reverse(l.Items)
		l.Earlier, l.More = beyond, true // what it ends before
		return l, nil
	}
	l.More = beyond
	return l, nil
}
