package demo

import (
	"fmt"
	"strings"
	"time"
)

// The drawing is 80 columns wide.
const (
	nameWidth = 12
	laneWidth = 56
	allWidth  = 80
)

// ink is how a cell is drawn on a terminal that has colours.
type ink string

// The inks, as parameters of SGR (ECMA-48 §8.3.117).
const (
	plain  ink = ""
	faint  ink = "2"
	strong ink = "1"
	voice  ink = "32" // what is heard
	quiet  ink = "33" // who is muted, and what they say
	alarm  ink = "31"
)

// cell is one character of the drawing.
type cell struct {
	glyph rune
	ink   ink
}

// row is one line of the drawing.
type row []cell

// add writes text at the end of the row.
func (r *row) add(ink ink, format string, args ...any) {
	for _, glyph := range fmt.Sprintf(format, args...) {
		*r = append(*r, cell{glyph, ink})
	}
}

// text returns the row as a line, at most as wide as the drawing.
func (r row) text(colours bool) string {
	if len(r) > allWidth {
		r = append(r[:allWidth-1:allWidth-1], cell{'…', faint})
	}
	var b strings.Builder
	last := plain
	for _, c := range r {
		if colours && c.ink != last {
			if last != plain {
				b.WriteString("\x1b[m")
			}
			if c.ink != plain {
				b.WriteString("\x1b[" + string(c.ink) + "m")
			}
			last = c.ink
		}
		b.WriteRune(c.glyph)
	}
	if last != plain {
		b.WriteString("\x1b[m")
	}
	return strings.TrimRight(b.String(), " ")
}

// span is how much time the drawing has room for.
func (p *picture) span() time.Duration { return max(p.length, p.at) }

// column returns where a moment is on a lane, from 0 to laneWidth.
func (p *picture) column(m moment) int {
	return min(int(int64(m)*laneWidth/int64(p.span())), laneWidth-1)
}

// fill draws glyph from a moment to another; never is now.
func (p *picture) fill(lane row, from, to moment, c cell) {
	if from == never {
		return
	}
	if to == never {
		to = p.at
	}
	for i := p.column(from); i <= p.column(to); i++ {
		lane[i] = c
	}
}

// mark draws what happened at a moment.
func (p *picture) mark(lane row, at moment, c cell) {
	if at != never {
		lane[p.column(at)] = c
	}
}

func emptyLane() row {
	lane := make(row, laneWidth)
	for i := range lane {
		lane[i] = cell{' ', plain}
	}
	return lane
}

// timeline draws the conference's status, a lane for each person, and the time.
func (p *picture) timeline() []row {
	rows := []row{p.header("TeamMeeting", p.statusLane(), p.status())}
	for i := range cast {
		lane, word := p.lane(i)
		rows = append(rows, p.header(cast[i].name, lane, word))
	}
	return append(rows, p.axis(), nil, legend())
}

// header puts a lane between a name and the word for now.
func (p *picture) header(name string, lane row, word cellWord) row {
	var r row
	r.add(strong, "  %-*s", nameWidth, name)
	r = append(r, lane...)
	r.add(word.ink, " %s", word.text)
	return r
}

// cellWord is a word in an ink.
type cellWord struct {
	text string
	ink  ink
}

// statusLane draws what the conference is from one moment to the next.
func (p *picture) statusLane() row {
	lane := emptyLane()
	if p.opened == never {
		return lane
	}
	p.fill(lane, p.opened, p.started, cell{'┄', faint})
	p.inscribe(lane, p.opened, p.started, " init ", faint)
	if p.started != never {
		p.fill(lane, p.started, p.ended, cell{'━', voice})
		p.inscribe(lane, p.started, p.ended, " in-progress ", voice)
		p.mark(lane, p.started, cell{'┣', voice})
		p.mark(lane, p.ended, cell{'┫', voice})
	}
	return lane
}

// inscribe writes text into the middle of a stretch that is long enough.
func (p *picture) inscribe(lane row, from, to moment, text string, ink ink) {
	if to == never {
		to = p.at
	}
	first, last := p.column(from), p.column(to)
	start := first + (last-first-len(text))/2 + 1
	if room := last - first; room < len(text) {
		if text = strings.TrimSpace(text); room < len(text) {
			return
		}
		start = first + (room-len(text)+1)/2
	}
	for i, glyph := range text {
		lane[start+i] = cell{glyph, ink}
	}
}

func (p *picture) status() cellWord {
	switch {
	case p.ended != never:
		return cellWord{"completed", faint}
	case p.started != never:
		return cellWord{"", plain} // the lane says it
	case p.opened != never:
		return cellWord{"init", faint}
	}
	return cellWord{}
}

// lane draws one person's part, and says what they are doing now.
func (p *picture) lane(i int) (row, cellWord) {
	l, lane := &p.lanes[i], emptyLane()
	word := cellWord{}
	if l.dialled != never {
		word = cellWord{"calls", faint}
	}
	if l.joined != never {
		word = cellWord{"waits", faint}
		p.fill(lane, l.joined, l.left, cell{'─', faint})
		if waits, ends := p.waits(l); waits {
			p.fill(lane, l.joined, ends, cell{'┄', faint})
		}
	}
	if l.joined != never && p.started != never {
		word = cellWord{"", plain}
	}
	if l.muted != never {
		word = cellWord{"muted", quiet}
		p.fill(lane, l.muted, l.left, cell{'╌', quiet})
	}
	for _, t := range l.turns {
		said, now := p.said(t)
		if said.glyph == 0 {
			continue
		}
		p.fill(lane, t.from, t.to, said)
		if t.to == never {
			word = now
		}
	}
	p.mark(lane, l.joined, cell{'├', plain})
	p.mark(lane, l.muted, cell{'◇', quiet})
	p.mark(lane, l.left, cell{'┤', plain})
	if l.left != never {
		word = cellWord{"left", faint}
	}
	return lane, word
}

// said returns how a turn is drawn, which is as it was heard, and the word for
// it while it goes on. Nothing is drawn while that is not known.
func (p *picture) said(t turn) (cell, cellWord) {
	switch {
	case !t.decided(p.at):
		return cell{}, cellWord{}
	case t.hearers() != nil:
		return cell{'▇', voice}, cellWord{"speaks", voice}
	}
	return cell{'░', quiet}, cellWord{"unheard", quiet}
}

// axisStep is how far apart the times are that are written on an axis: as close
// as there is room for.
func axisStep(span time.Duration) time.Duration {
	for _, seconds := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if step := seconds * time.Second; int64(step)*laneWidth/int64(span) >= 8 {
			return step
		}
	}
	return time.Hour
}

// axis draws the time below the lanes.
func (p *picture) axis() row {
	var r row
	r.add(faint, "%*s", 2+nameWidth, "")
	for at := time.Duration(0); at < p.span(); at += axisStep(p.span()) {
		gap := 2 + nameWidth + p.column(at) - len(r)
		r.add(faint, "%*s%d", max(gap, 0), "", int(at.Seconds()))
	}
	r.add(faint, "%*s", max(2+nameWidth+laneWidth+1-len(r), 1), "")
	r.add(faint, "seconds")
	return r
}

// legend says what the marks mean.
func legend() row {
	var r row
	r.add(plain, "%*s", 2+nameWidth, "")
	for i, m := range []struct {
		glyph rune
		ink   ink
		means string
	}{{'├', plain, "joins"}, {'▇', voice, "is heard"}, {'◇', quiet, "is muted"}, {'░', quiet, "speaks unheard"}, {'┤', plain, "leaves"}} {
		if i > 0 {
			r.add(plain, "  ")
		}
		r.add(m.ink, "%c", m.glyph)
		r.add(faint, " %s", m.means)
	}
	return r
}
