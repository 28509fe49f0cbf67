package memnet

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Shape is what a path does to what is sent over it. Connections (TCP) know
// its Delay only, and a Loss of 1, by which they are never made.
type Shape struct {
	Loss      float64       // probability that a packet is lost
	Duplicate float64       // probability that it comes twice
	Delay     time.Duration // how long it takes
	Jitter    time.Duration // and up to so much longer, evenly spread; packets stay in order
	Reorder   float64       // probability that it is held back, so that others overtake it
	Hold      time.Duration // for how long; zero means 30 ms
}

// route names the paths that a Shape is for; an invalid address means any.
type route struct{ from, to netip.Addr }

// path is one flow of packets.
type path struct{ from, to netip.AddrPort }

type pathState struct {
	rand *rand.Rand
	last time.Time // when the last packet that was not held back arrives
}

// Shape makes paths from one address to another behave as s from now on; the
// zero Addr stands for any. Of several that fit, the one that names both
// addresses counts, then the one that names the receiver, then the sender.
func (n *Net) Shape(from, to netip.Addr, s Shape) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shapes[route{from.Unmap(), to.Unmap()}] = s
}

// Seed makes the randomness of all paths start anew from seed.
func (n *Net) Seed(seed uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seed = seed
	clear(n.paths)
}

func (n *Net) shapeLocked(from, to netip.Addr) (Shape, bool) {
	for _, r := range [...]route{{from, to}, {to: to}, {from: from}, {}} {
		if s, ok := n.shapes[r]; ok {
			return s, true
		}
	}
	return Shape{}, false
}

// fateLocked returns when a packet sent now arrives: not at all, once or
// twice. A zero time means at once.
func (n *Net) fateLocked(from, to netip.AddrPort) (times [2]time.Time, copies int) {
	s, ok := n.shapeLocked(from.Addr(), to.Addr())
	if !ok {
		return times, 1
	}
	p := n.pathLocked(path{from, to})
	// Every packet takes the same throws, so that a change of one probability
	// changes nothing else.
	lose, twice, hold, wait := p.rand.Float64(), p.rand.Float64(), p.rand.Float64(), p.rand.Float64()
	if lose < s.Loss {
		n.counts.Lost++
		return times, 0
	}
	at := time.Now().Add(s.Delay + time.Duration(wait*float64(s.Jitter)))
	if hold < s.Reorder {
		if s.Hold == 0 {
			s.Hold = 30 * time.Millisecond
		}
		at = at.Add(s.Hold)
	} else {
		if at.Before(p.last) {
			at = p.last
		}
		p.last = at
	}
	times[0], times[1], copies = at, at, 1
	if twice < s.Duplicate {
		n.counts.Duplicated++
		copies = 2
	}
	return times, copies
}

func (n *Net) pathLocked(p path) *pathState {
	s := n.paths[p]
	if s == nil {
		// FNV-1a over the addresses: the same flow has the same fate in every run.
		h := uint64(14695981039346656037)
		for _, b := range []byte(p.from.String() + ">" + p.to.String()) {
			h = (h ^ uint64(b)) * 1099511628211
		}
		s = &pathState{rand: rand.New(rand.NewPCG(n.seed, h))}
		n.paths[p] = s
	}
	return s
}
