package demo

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the drawings into testdata")

// golden compares a drawing with the one that is kept.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: look at it, and if it is better run with -update (-want +got):\n%s", name, diff)
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// meeting returns the story, as it would be without any delay, until a moment.
func meeting(at moment) *picture {
	p := &picture{at: at, length: usual, dial: "sip:+15550100@127.0.0.1:5060", opened: never, started: never, ended: never}
	by := func(b beat) moment { // when it happened, if it has
		if m := b.of(usual); m <= at {
			return m
		}
		return never
	}
	p.opened, p.started = by(0), by(cast[1].enters)
	p.ended, p.played = by(cast[presenter].leaves), by(cast[presenter].leaves) != never
	p.note(0, nobody, "opens", p.dial)
	for i, who := range cast {
		l := &p.lanes[i]
		*l = lane{dialled: by(who.enters), joined: by(who.enters), muted: never, left: by(who.leaves)}
		if l.joined != never {
			p.note(l.joined, i, "participant-join", "Muted=false CallSid=CA8a0727575027a5c4d9614e633c929546")
		}
		if i != presenter {
			l.muted = by(cast[1].enters + muteAfter)
		}
	}
	for s, from := range []beat{before: speakBefore + hush, after: speakAfter + hush} {
		s := scene(s)
		for i := range cast {
			if start := by(from); start != never {
				turn := turn{scene: s, from: start, to: by(from + turnLasts)}
				for k := range cast {
					if s.hears(k, i) && at-start > ms(200) {
						turn.heard[k] = 9
					}
				}
				p.lanes[i].turns = append(p.lanes[i].turns, turn)
			}
			from += turnLasts + turnPause
		}
	}
	return p
}

// drawn is the text of rows.
func drawn(rows []row, colours bool) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.text(colours) + "\n")
	}
	return b.String()
}

func TestTimeline(t *testing.T) {
	for name, at := range map[string]moment{
		"nobody": 0, "waiting": ms(1500), "started": ms(3400), "speaking": ms(7500), "muted": ms(11700), "unheard": ms(15000), "leaving": ms(20400), "over": ms(22100),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", drawn(frame(meeting(at)), false))
		})
	}
}

// Colours change nothing but colours, and no row is wider than the drawing.
func TestTimeline_colours(t *testing.T) {
	for at := moment(0); at < usual; at += ms(100) {
		p := meeting(at)
		coloured, bare := drawn(frame(p), true), drawn(frame(p), false)
		if got := uncoloured(coloured); got != bare {
			t.Fatalf("after %v: %s", at, cmp.Diff(bare, got))
		}
		for line := range strings.Lines(bare) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > allWidth {
				t.Fatalf("after %v: %d columns: %q", at, n, line)
			}
		}
	}
}

func uncoloured(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		b.WriteString(part)
	}
	return trimLines(b.String())
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// A meeting of any length, drawn at any moment, has room.
func TestTimeline_anyLength(t *testing.T) {
	for _, length := range []time.Duration{least, usual, time.Minute, 10 * time.Minute, most} {
		for _, at := range []moment{0, length / 3, length, 2 * length} {
			p := meeting(usual)
			p.length, p.at = length, at
			if axis := p.axis().text(false); len(strings.Fields(axis)) < 3 || !strings.HasSuffix(axis, "seconds") {
				t.Errorf("%v of %v: axis %q", at, length, axis)
			}
			_ = frame(p)
		}
	}
}

func TestVerdict(t *testing.T) {
	golden(t, "verdict.txt", drawn(meeting(ms(22100)).verdict(), false))

	p := meeting(ms(22100))
	p.lanes[1].turns[1].heard[0] = enough // Mary hears Alice, who is muted
	p.lanes[0].turns[1].heard[2] = 0      // and Bob does not hear Mary
	p.lanes[3].turns[0].heard[3] = enough // and Charles heard himself
	golden(t, "verdict-wrong.txt", drawn(p.verdict(), false))
	got := errors.Join(p.wrong()...).Error()
	for _, want := range []string{"after the muting Mary heard Alice", "after the muting Bob did not hear Mary", "before the muting Charles heard themselves"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in %q", want, got)
		}
	}
	if n := len(p.wrong()); n != 3 {
		t.Errorf("%d things are wrong, want 3: %s", n, got)
	}
}

func TestWriteSVG(t *testing.T) {
	var b strings.Builder
	if err := writeSVG(&b, meeting(ms(22100))); err != nil {
		t.Fatal(err)
	}
	golden(t, "over.svg", b.String())
}

// At any moment the picture is XML, and inside its frame.
func TestWriteSVG_atAnyMoment(t *testing.T) {
	for at := moment(0); at < usual; at += ms(700) {
		var b strings.Builder
		if err := writeSVG(&b, meeting(at)); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, b.String())
		if strings.Contains(b.String(), `width="-`) {
			t.Errorf("after %v: a negative width in\n%s", at, b.String())
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}
