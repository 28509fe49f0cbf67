package media

import "slices"

// maxCostly is how many members with a costly codec are heard at one time in a part:
// each of them needs an encoder of its own, since it must not hear itself. When more
// speak, the loudest are heard; the others hear what the listeners hear.
const maxCostly = 16

// crowd is who speaks this tick with a costly codec.
type crowd struct {
	speakers []speaker
}

type speaker struct {
	member *member
	frame  []int16
	level  int
}

// fits makes room for so many, outside of the tick.
func (c *crowd) fits(members int) { c.speakers = slices.Grow(c.speakers[:0], members) }

func (c *crowd) add(m *member, frame []int16) {
	c.speakers = append(c.speakers, speaker{m, frame, m.loudness(frame)})
}

// put lets the loudest be heard.
func (c *crowd) put() {
	if len(c.speakers) > maxCostly {
		slices.SortFunc(c.speakers, func(a, b speaker) int { return b.level - a.level })
	}
	for i, s := range c.speakers {
		if s.member.chosen = i < maxCostly; s.member.chosen {
			s.member.strip.Put(s.frame)
		}
	}
	clear(c.speakers)
	c.speakers = c.speakers[:0]
}

// loudness returns how loud m has been in the last half second. Who is heard counts
// for twice as loud, so that two who are equally loud do not take turns.
func (m *member) loudness(frame []int16) int {
	m.loud = max(meanMagnitude(frame), m.loud-m.loud/16)
	if m.chosen {
		return 2 * m.loud
	}
	return m.loud
}
