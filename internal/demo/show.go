package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	redraw  = 100 * time.Millisecond
	noteFew = 8 // of the notes, below the timeline
)

// show writes the timeline as it happens: on a terminal as a drawing in place,
// elsewhere as a line for everything that happens.
type show struct {
	out      io.Writer
	live     bool
	timeline *timeline
	wg       sync.WaitGroup
	stop     chan struct{}

	// The following belong to run's goroutine until it has ended.
	drawn   string // the last drawing
	written int    // notes
	err     error  // of out
}

func startShow(c Config, t *timeline) *show {
	s := &show{out: c.Out, live: c.Live, timeline: t, stop: make(chan struct{})}
	s.wg.Go(s.run)
	return s
}

// run shows what happens until stop.
func (s *show) run() {
	ticker := time.NewTicker(redraw)
	defer ticker.Stop()
	for {
		changes := s.timeline.changes()
		s.step()
		if s.live {
			changes = nil // time itself is a change
		}
		select {
		case <-changes:
		case <-ticker.C:
		case <-s.stop:
			return
		}
	}
}

// step shows what is new.
func (s *show) step() {
	p := s.timeline.picture()
	if s.live {
		s.draw(frame(p))
		return
	}
	for _, n := range p.notes[s.written:] {
		s.write(n.plainLine() + "\n")
	}
	s.written = len(p.notes)
}

// finish shows what came of it, below the finished timeline. It returns what was
// wrong with writing.
func (s *show) finish(p *picture, w words) error {
	close(s.stop)
	s.wg.Wait()
	rows := append(append(title(p), p.timeline()...), nil)
	if p.played {
		rows = append(append(rows, p.verdict()...), nil)
	}
	rows = append(rows, w.lines()...)
	if s.live {
		s.draw(rows)
	} else {
		s.step()
		for _, r := range rows {
			s.write(r.text(false) + "\n")
		}
	}
	s.write(w.command())
	return s.err
}

// frame is the drawing while it goes on.
func frame(p *picture) []row {
	rows := append(append(title(p), p.timeline()...), nil)
	for _, n := range p.notes[max(0, len(p.notes)-noteFew):] {
		rows = append(rows, n.line())
	}
	return rows
}

func title(p *picture) []row {
	var r row
	r.add(faint, "  A team meeting on %s", p.dial)
	return []row{nil, r, nil}
}

// draw puts rows in the place of those that were drawn last.
func (s *show) draw(rows []row) {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text(true) + "\x1b[K\n")
	}
	if b.String() == s.drawn {
		return
	}
	up := ""
	if n := strings.Count(s.drawn, "\n"); n > 0 {
		up = fmt.Sprintf("\x1b[%dA", n)
	}
	s.drawn = b.String()
	// Within one drawing the cursor is not seen and no line is wrapped, so that
	// one row is one line on a narrow terminal too.
	s.write("\x1b[?25l\x1b[?7l\r" + up + s.drawn + "\x1b[J\x1b[?7h\x1b[?25h")
}

func (s *show) write(text string) {
	if _, err := io.WriteString(s.out, text); err != nil && s.err == nil {
		s.err = err
	}
}
