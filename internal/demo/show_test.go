package demo

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// screen is as much of a terminal as the drawing uses.
type screen struct {
	t     *testing.T
	lines []string
	at    int
}

func (s *screen) Write(text []byte) (int, error) {
	for rest := string(text); rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		s.print(before)
		if !found {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r >= '@' && r <= '~' })
		s.obey(after[:end], after[end])
		rest = after[end+1:]
	}
	return len(text), nil
}

func (s *screen) print(text string) {
	for i, part := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		if i > 0 {
			s.at++
		}
		for s.at >= len(s.lines) {
			s.lines = append(s.lines, "")
		}
		if part != "" {
			// Parts of a line follow each other: what was there goes when they begin.
			if i > 0 || s.lines[s.at] == "" || strings.HasSuffix(s.lines[s.at], "\x00") {
				s.lines[s.at] = ""
			}
			s.lines[s.at] += part
		}
	}
}

func (s *screen) obey(parameter string, command byte) {
	switch command {
	case 'A':
		n := 0
		for _, digit := range parameter {
			n = 10*n + int(digit-'0')
		}
		if s.at -= n; s.at < 0 {
			s.t.Fatalf("the drawing goes %d lines above its beginning", -s.at)
		}
		for i := s.at; i < len(s.lines); i++ {
			s.lines[i] += "\x00" // old: what is written next replaces it
		}
	case 'K':
		if strings.HasSuffix(s.lines[s.at], "\x00") {
			s.lines[s.at] = ""
		}
	case 'J':
		s.lines = s.lines[:s.at+1]
		if strings.HasSuffix(s.lines[s.at], "\x00") {
			s.lines[s.at] = ""
		}
	}
}

// What is on the terminal after each drawing is that drawing, and nothing of
// those before.
func TestShow_drawsInPlace(t *testing.T) {
	out := &screen{t: t}
	s := &show{out: out, live: true}
	for _, at := range []moment{0, ms(1500), ms(7500), ms(7500), ms(15000), ms(22100), ms(1500)} {
		rows := frame(meeting(at))
		s.draw(rows)
		if diff := cmp.Diff(drawn(rows, false), trimLines(strings.Join(out.lines, "\n"))); diff != "" {
			t.Fatalf("after %v (-want +got):\n%s", at, diff)
		}
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestShow_saysWhenItCannotBeWritten(t *testing.T) {
	for _, live := range []bool{false, true} {
		line := newTimeline(usual)
		line.opens("127.0.0.1:5060")
		s := startShow(Config{Out: full{}, Live: live}, line)
		if err := s.finish(line.picture(), words{}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("live %v: got %v", live, err)
		}
	}
}
