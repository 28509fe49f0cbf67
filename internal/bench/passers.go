package bench

import "time"

// passers are callers who come at a steady rate, stay for a moment and hang up.
type passers struct {
	batch  *batch
	rooms  Load // where they go, one after another
	first  int  // number of the first of these rooms
	stay   time.Duration
	every  time.Duration
	nextAt time.Duration
	n      int
}

// pass lets callers come so many times a second, until passNone.
func (g *generator) pass(rate float64, rooms Load, first int, stay time.Duration) *batch {
	b := new(batch)
	g.do(func() {
		g.passers = &passers{batch: b, rooms: rooms, first: first, stay: stay, every: time.Duration(float64(time.Second) / rate), nextAt: g.now}
	})
	return b
}

// passNone lets no more come.
func (g *generator) passNone() { g.do(func() { g.passers = nil }) }

func (p *passers) dial(g *generator) {
	for g.now >= p.nextAt {
		p.nextAt += p.every
		c := g.add(p.rooms, p.first+p.n%p.rooms.Rooms, p.n/p.rooms.Rooms%p.rooms.People)
		c.batch, c.stay = p.batch, p.stay
		p.n++
		c.dial(g)
	}
}
