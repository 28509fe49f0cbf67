package demo

import (
	"fmt"
	"strings"
)

// line writes a note as a row: when, what, who, and more.
func (n note) line() row {
	var r row
	r.add(faint, "%7.1f s  ", n.at.Seconds())
	ink := plain
	if n.what == "fails" {
		ink = alarm
	}
	r.add(ink, "%-19s", n.what)
	who := ""
	if n.who != nobody {
		who = cast[n.who].name
	}
	r.add(strong, "%-9s", who)
	r.add(faint, "%s", n.text)
	return r
}

// plainLine writes a note as a line of any width.
func (n note) plainLine() string {
	var b strings.Builder
	for _, c := range n.line() {
		b.WriteRune(c.glyph)
	}
	return strings.TrimRight(b.String(), " ")
}

// verdict draws who heard whom, before and after the muting.
func (p *picture) verdict() []row {
	const half = 33 // columns of each of the two tables
	var titles, names row
	titles.add(strong, "  %-*s", nameWidth, "Who heard")
	names.add(faint, "  %-*s", nameWidth, "↓ whom →")
	for s := range scenes {
		titles.add(faint, "%-*s", half, s.String()+" the muting")
		start := len(names)
		for _, who := range cast {
			names.add(plain, "%-7s ", who.name)
		}
		names.add(plain, "%*s", start+half-len(names), "")
	}
	rows := []row{titles, names}
	for i, who := range cast {
		var r row
		r.add(plain, "  %-*s", nameWidth, who.name)
		for s := range scenes {
			start := len(r)
			for k := range cast {
				m := p.verdictMark(s, i, k)
				r.add(m.ink, "%-7s ", m.text)
			}
			r.add(plain, "%*s", start+half-len(r), "")
		}
		rows = append(rows, r)
	}
	return append(append(rows, nil), p.summary()...)
}

// verdictMark is how one heard another, and whether that is right.
func (p *picture) verdictMark(s scene, listener, speaker int) cellWord {
	should := s.hears(listener, speaker)
	switch p.hearing(s, listener, speaker) {
	case heard:
		if !should {
			return cellWord{"● !", alarm}
		}
		return cellWord{"●", voice}
	case unheard:
		if should {
			return cellWord{"· !", alarm}
		}
		if listener == speaker {
			return cellWord{" ", faint}
		}
		return cellWord{"·", faint}
	}
	return cellWord{"?", quiet}
}

// summary says in a sentence what came of it, or in one for each thing that is
// not as it should be.
func (p *picture) summary() (rows []row) {
	say := func(ink ink, format string, args ...any) {
		var r row
		r.add(ink, "  "+format, args...)
		rows = append(rows, r)
	}
	wrong := p.wrong()
	for _, w := range wrong {
		say(alarm, "✗ %v", w)
	}
	if wrong == nil {
		var others []string
		for i, who := range cast {
			if i != presenter {
				others = append(others, who.name)
			}
		}
		say(voice, "✓ %s are no longer heard, and still hear %s.", list(others), cast[presenter].name)
	}
	return rows
}

// lines shows what the application was told and what it asked for.
func (w words) lines() []row {
	if w.join == nil {
		return nil
	}
	var rows []row
	say := func(ink ink, format string, args ...any) {
		var r row
		r.add(ink, format, args...)
		rows = append(rows, r)
	}
	say(strong, "  What the application was told when %s joined", w.who)
	for _, name := range []string{"AccountSid", "CallSid", "ConferenceSid", "EndConferenceOnExit", "FriendlyName", "Muted",
		"StartConferenceOnEnter", "StatusCallbackEvent"} {
		var r row
		r.add(faint, "  %-24s", name)
		r.add(plain, "%s", w.join.Get(name))
		rows = append(rows, r)
	}
	return append(rows, nil)
}

// command is the request that muted somebody, to be tried by hand.
func (w words) command() string {
	if w.curl == "" {
		return ""
	}
	return fmt.Sprintf("  How it had %s muted, as a command\n  $ %s\n\n", w.who, strings.ReplaceAll(w.curl, "\n", "\n  "))
}
