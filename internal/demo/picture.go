package demo

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/phone"
)

const (
	audible = -35 // dBov: a tone of the cast is heard at −20
	settled = 600 * time.Millisecond
)

// picture shows who is where and who hears whom, and keeps account of it.
type picture struct {
	cfg   Config
	began time.Time

	mu    sync.Mutex
	seats []seat
	notes []string
	meets bool           // the conference has started
	drawn int            // lines of the last drawing
	last  string         // who hears whom, as written last
	proof map[[2]int]int // how often each heard each, while both were there
}

// seat is one person's state.
type seat struct {
	where  string
	call   string // CallSid, once the application knows it
	inside bool   // in the conference, by the application's knowledge
	since  time.Time
	hears  []bool // of the cast
	level  float64
}

func newPicture(c Config) *picture {
	p := &picture{cfg: c, began: time.Now(), seats: make([]seat, len(cast)), proof: make(map[[2]int]int)}
	for i := range p.seats {
		p.seats[i] = seat{where: "at home", hears: make([]bool, len(cast)), level: -127}
	}
	return p
}

// note tells something in words.
func (p *picture) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noteLocked(format, args...)
	p.drawLocked()
}

func (p *picture) noteLocked(format string, args ...any) {
	line := fmt.Sprintf("%5.1f s  ", time.Since(p.began).Seconds()) + fmt.Sprintf(format, args...)
	if !p.cfg.Live {
		fmt.Fprintln(p.cfg.Out, line)
		return
	}
	p.notes = append(p.notes, line)
}

// phone tells what somebody does with their phone.
func (p *picture) phone(i int, does string) {
	p.mu.Lock()
	p.seats[i].where = does
	p.mu.Unlock()
	p.note("%s %s", cast[i].name, does)
}

// heard is told what somebody's phone tells.
func (p *picture) heard(i int, e phone.Event) {
	switch e.Kind {
	case phone.Ringing:
		p.mu.Lock()
		p.seats[i].where = "hears it ring"
		p.mu.Unlock()
	case phone.Answered:
		p.mu.Lock()
		p.seats[i].where = "is greeted"
		p.mu.Unlock()
		p.note("%s is answered", cast[i].name)
	case phone.Heard:
		p.listen(i, e.Sound)
	case phone.Ended:
		p.mu.Lock()
		s := &p.seats[i]
		s.where, s.inside, s.level = "at home again", false, -127
		clear(s.hears)
		p.mu.Unlock()
		p.note("%s has hung up", cast[i].name)
	}
}

// listen takes what somebody has heard in a tenth of a second.
func (p *picture) listen(i int, sound phone.Sound) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.seats[i]
	s.level = sound.Level
	for k, level := range sound.Pitches {
		// Before the meeting there are prompts and music, which hold all pitches.
		s.hears[k] = level > audible && s.inside && p.meets
		if s.hears[k] && time.Since(s.since) > settled {
			p.proof[[2]int{i, k}]++
		}
	}
	p.drawLocked()
}

// event is told what the application is told.
func (p *picture) event(form url.Values) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(cast, func(who person) bool { return who.name == form.Get("From") })
	if i >= 0 { // a request for the document: it tells whose call it is
		p.seats[i].call = form.Get("CallSid")
		return
	}
	i = slices.IndexFunc(p.seats, func(s seat) bool { return s.call != "" && s.call == form.Get("CallSid") })
	name := "somebody"
	if i >= 0 {
		name = cast[i].name
	}
	switch form.Get("StatusCallbackEvent") {
	case "participant-join":
		if i >= 0 {
			s := &p.seats[i]
			s.inside, s.since, s.where = true, time.Now(), form.Get("FriendlyName")
		}
		p.noteLocked("%s joined %s", name, form.Get("FriendlyName"))
	case "participant-leave":
		if i >= 0 {
			p.seats[i].inside = false
		}
		p.noteLocked("%s left %s: %s", name, form.Get("FriendlyName"), form.Get("ReasonParticipantLeft"))
	case "conference-start":
		p.meets = true
		p.noteLocked("%s started", form.Get("FriendlyName"))
		for i := range p.seats {
			p.seats[i].since = time.Now()
		}
	case "conference-end":
		p.noteLocked("%s ended: %s", form.Get("FriendlyName"), form.Get("ReasonConferenceEnded"))
	}
	p.drawLocked()
}

// verdict returns what was wrong with what was heard.
func (p *picture) verdict() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var wrong []error
	for i, who := range cast {
		for k, other := range cast {
			switch heard := p.proof[[2]int{i, k}]; {
			case i != k && heard < 10: // all are in the meeting together for longer than a second
				wrong = append(wrong, fmt.Errorf("%s hardly heard %s", who.name, other.name))
			case i == k && heard > 5: // a beep that comes near the pitch is no voice
				wrong = append(wrong, fmt.Errorf("%s heard themselves", who.name))
			}
		}
	}
	if wrong == nil {
		p.noteLocked("everybody heard everybody else, and nobody heard themselves")
		p.drawLocked()
	}
	return errors.Join(wrong...)
}

// drawLocked shows the state: on a terminal as a picture in place, elsewhere as a
// line whenever somebody begins or ceases to hear another.
func (p *picture) drawLocked() {
	if !p.cfg.Live {
		p.changesLocked()
		return
	}
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	lines := 0
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "\x1b[2K"+format+"\n", args...)
		lines++
	}
	line("")
	line("  %-8s %7s  %-16s %-9s %s", "", "hums", "is", "hears", strings.Join(names(), "  "))
	for i, s := range p.seats {
		row := ""
		for k := range cast {
			mark := "·"
			if s.hears[k] {
				mark = "●"
			}
			row += fmt.Sprintf("%s%-*s", mark, len(cast[k].name)+1, "")
		}
		line("  %-8s %4.0f Hz  %-16s %-9s %s", cast[i].name, cast[i].pitch, s.where, bar(s.level), row)
	}
	line("")
	const shown = 10
	for _, n := range p.notes[max(0, len(p.notes)-shown):] {
		line("  %s", n)
	}
	p.drawn = max(p.drawn, lines)
	for ; lines < p.drawn; lines++ {
		b.WriteString("\x1b[2K\n")
	}
	fmt.Fprint(p.cfg.Out, b.String())
}

// changesLocked writes who hears whom when it has changed.
func (p *picture) changesLocked() {
	var now []string
	for i, s := range p.seats {
		var who []string
		for k := range cast {
			if s.hears[k] {
				who = append(who, cast[k].name)
			}
		}
		if who != nil {
			now = append(now, cast[i].name+" hears "+strings.Join(who, ", "))
		}
	}
	if text := strings.Join(now, "; "); text != p.last {
		p.last = text
		if text != "" {
			p.noteLocked("%s", text)
		}
	}
}

func names() []string {
	var n []string
	for _, p := range cast {
		n = append(n, p.name)
	}
	return n
}

// bar draws a level from −60 to 0 dBov in eight steps.
func bar(level float64) string {
	n := min(max(int((level+60)/6), 0), 8)
	return strings.Repeat("▮", n) + strings.Repeat("▯", 8-n)
}
