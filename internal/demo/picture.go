package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// moment is a time since the beginning, or never.
type moment = time.Duration

const never moment = -1

// picture is what has happened until a moment.
type picture struct {
	at     moment
	length time.Duration // of the meeting, by the script
	dial   string        // where the switch is
	played bool          // the story, to its end

	opened  moment // the conference: somebody has joined
	started moment
	ended   moment

	lanes [len(cast)]lane
	notes []note
}

// lane is what has happened to one person.
type lane struct {
	dialled, joined, muted, left moment
	turns                        []turn
}

// turn is a time in which somebody speaks.
type turn struct {
	scene    scene
	from, to moment         // to is never while they speak
	heard    [len(cast)]int // in how many tenths of a second each has heard it
}

// note is something that happened, in words.
type note struct {
	at   moment
	who  int // or nobody
	what string
	text string
}

func (p *picture) note(at moment, who int, what, text string) {
	p.notes = append(p.notes, note{at, who, what, strings.TrimSpace(text)})
}

// copy returns a copy that shares nothing with p.
func (p *picture) copy(at moment) *picture {
	c := *p
	c.at = at
	c.notes = slices.Clone(p.notes)
	for i := range c.lanes {
		c.lanes[i].turns = slices.Clone(p.lanes[i].turns)
	}
	return &c
}

// muted reports whether all but the presenter are muted.
func (p *picture) muted() bool {
	for i, l := range p.lanes {
		if i != presenter && l.muted == never {
			return false
		}
	}
	return true
}

// waits reports whether somebody had to wait for the start of the conference,
// and until when: never, if they still do.
func (p *picture) waits(l *lane) (waited bool, until moment) {
	switch {
	case l.joined == never || p.started != never && p.started <= l.joined:
		return false, never
	case p.started == never:
		return true, l.left
	}
	return true, p.started
}

// speaking returns the turn that goes on, or nil.
func (l *lane) speaking() *turn {
	if n := len(l.turns); n > 0 && l.turns[n-1].to == never {
		return &l.turns[n-1]
	}
	return nil
}

// decided reports whether it is known at a moment if the turn is heard: when
// somebody has heard it, or it has lasted for long enough to come through.
func (t *turn) decided(at moment) bool {
	if t.to != never {
		at = t.to
	}
	return t.hearers() != nil || at-t.from >= undecided
}

// undecided is how long it is left open whether somebody is heard who has begun
// to speak: a voice takes time to come through.
const undecided = 400 * time.Millisecond

// hearers returns who has heard the turn.
func (t *turn) hearers() (names []string) {
	for i, n := range t.heard {
		if n >= enough {
			names = append(names, cast[i].name)
		}
	}
	return names
}

// complete reports whether all have heard the turn of that speaker who should.
func (t *turn) complete(speaker int) bool {
	for i, n := range t.heard {
		if t.scene.hears(i, speaker) && n < enough {
			return false
		}
	}
	return true
}

// hearing is how one heard another in a scene.
type hearing int

const (
	unknown hearing = iota // the other did not speak
	unheard
	heard
)

// hearing returns how listener heard speaker.
func (p *picture) hearing(s scene, listener, speaker int) hearing {
	h := unknown
	for _, t := range p.lanes[speaker].turns {
		switch {
		case t.scene != s:
		case t.heard[listener] >= enough:
			return heard
		default:
			h = unheard
		}
	}
	return h
}

// wrong returns how what was heard differs from what should be.
func (p *picture) wrong() (wrong []error) {
	for s := range scenes {
		for i, who := range cast {
			for k, other := range cast {
				should, did := s.hears(i, k), p.hearing(s, i, k)
				name := other.name
				if i == k {
					name = "themselves"
				}
				switch {
				case should && did != heard:
					wrong = append(wrong, fmt.Errorf("%s the muting %s did not hear %s", s, who.name, name))
				case !should && did == heard:
					wrong = append(wrong, fmt.Errorf("%s the muting %s heard %s", s, who.name, name))
				}
			}
		}
	}
	return wrong
}

// String returns when the scene is, of the muting.
func (s scene) String() string {
	if s == before {
		return "before"
	}
	return "after"
}

// list writes names as a sentence does.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
