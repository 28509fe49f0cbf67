package api

import (
	"time"

	"confab/internal/store"
)

const day = 24 * time.Hour

// days reads a filter by date: on a day, and with < and > behind the name, up to
// one and from one on, both included (Twilio Conference resource, DateCreated).
// Days are those of UTC; a time of day is refused, as the contract has it.
func (p *params) days(name string) (s store.Span) {
	on, until, from := p.day(name), p.day(name+"<"), p.day(name+">")
	if !on.IsZero() {
		s = store.Span{From: on, To: on.Add(day)}
	}
	if !until.IsZero() {
		s = narrow(s, store.Span{To: until.Add(day)})
	}
	return narrow(s, store.Span{From: from})
}

func (p *params) day(name string) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		p.fail(badRequest("%s must be a date, YYYY-MM-DD, not %q", name, text))
	}
	return t
}

// times reads a filter by time: on a day or at a second; with < behind the name
// before it, with > from it on (Twilio Call resource, StartTime).
func (p *params) times(name string) (s store.Span) {
	on, length := p.time(name)
	before, _ := p.time(name + "<")
	from, _ := p.time(name + ">")
	if !on.IsZero() {
		s = store.Span{From: on, To: on.Add(length)}
	}
	return narrow(narrow(s, store.Span{To: before}), store.Span{From: from})
}

// time reads a date or a time, and how long what it names lasts.
func (p *params) time(name string) (time.Time, time.Duration) {
	text := p.text(name)
	if text == "" {
		return time.Time{}, 0
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, day
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		p.fail(badRequest("%s must be a date, YYYY-MM-DD, or a time, YYYY-MM-DDThh:mm:ssZ, not %q", name, text))
	}
	return t, time.Second
}

// narrow returns what is in both spans.
func narrow(a, b store.Span) store.Span {
	if a.From.Before(b.From) {
		a.From = b.From
	}
	if a.To.IsZero() || !b.To.IsZero() && b.To.Before(a.To) {
		a.To = b.To
	}
	return a
}
