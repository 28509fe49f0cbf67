package webhook

import (
	"net/url"
	"strings"
)

// maxIdleHosts is how many hosts are remembered because they take what they are
// told, when there is nothing for them.
const maxIdleHosts = 1000

// standing is what is known of a host.
type standing int

const (
	unknown standing = iota
	good             // it took, or at least answered, what it was told last
	ill              // it did not
	standings
)

// lanes say which stream has the next callback in flight: those of one host
// stand in one line, and the lines take turns. How many one host may have in
// flight it earns: each that it takes adds one, each that fails halves them.
// Hosts that are ill have a quarter of the places between them, and with those
// that are unknown a half. So hosts that are dead, however many, leave room for
// the others. The zero value is not usable.
type lanes struct {
	most   int // in flight, over all
	flying int
	by     [standings]int // flying, by the standing of the host
	hosts  map[string]*lane
	turns  [standings][]*lane // those that have somebody in line and room in flight
	last   standing           // whose turn it was
}

// lane is one host's line.
type lane struct {
	host     string
	line     []*stream
	flying   int
	room     int // how many may be in flight
	away     int // streams that wait to stand in line again
	standing standing
	turning  bool // stands in turns
}

func newLanes(most int) lanes { return lanes{most: most, hosts: make(map[string]*lane)} }

// full, first and least are the most that one host may have in flight, what it
// begins with, and what is left to it whatever it does.
func (l *lanes) full() int { return max(1, l.most/2) }

func (l *lanes) first() int { return max(1, l.most/8) }

func (l *lanes) least() int { return max(1, l.most/32) }

// add puts a stream at the end of its host's line.
func (l *lanes) add(s *stream) {
	host := hostOf(s.now().Callback.URL)
	h, ok := l.hosts[host]
	if !ok {
		h = &lane{host: host, room: l.first()}
		l.hosts[host] = h
	}
	h.line = append(h.line, s)
	l.turn(h)
}

// next takes the stream whose turn it is, which counts as in flight until free;
// nil when there is none, or no room.
func (l *lanes) next() (*stream, *lane) {
	for n := standing(1); n <= standings; n++ {
		of := (l.last + n) % standings
		for len(l.turns[of]) > 0 && l.admits(of) {
			h := l.turns[of][0]
			l.turns[of][0], l.turns[of] = nil, l.turns[of][1:]
			h.turning = false
			if h.standing != of || h.flying >= h.room { // it changed while it stood for its turn
				l.turn(h)
				n = 0 // those of its standing may have had theirs
				continue
			}
			s := h.line[0]
			h.line[0], h.line = nil, h.line[1:]
			h.flying++
			l.flying++
			l.by[of]++
			l.last = of
			l.turn(h)
			return s, h
		}
	}
	return nil, nil
}

// admits reports whether there is a place in flight for hosts of a standing.
func (l *lanes) admits(of standing) bool {
	switch {
	case l.flying >= l.most:
		return false
	case of == good:
		return true
	case l.by[unknown]+l.by[ill] >= max(1, l.most/2):
		return false
	}
	return of == unknown || l.by[ill] < max(1, l.most/4)
}

// free gives back the room that next took. failed says that the host is to
// blame for a callback that came to nothing.
func (l *lanes) free(h *lane, failed bool) {
	h.flying--
	l.flying--
	l.by[h.standing] -= 1 + h.flying
	if failed {
		h.standing, h.room = ill, max(l.least(), h.room/2)
	} else {
		h.standing, h.room = good, min(l.full(), h.room+1)
	}
	l.by[h.standing] += h.flying
	l.turn(h)
	l.drop(h)
}

// leave notes that a stream will stand in h's line again, or another; back that
// it has come.
func (l *lanes) leave(h *lane) { h.away++ }

func (l *lanes) back(h *lane) {
	h.away--
	l.drop(h)
}

// drop forgets a host that nobody has anything for; a good one only when there
// are too many, and then any of them.
func (l *lanes) drop(h *lane) {
	if !h.idle() {
		return
	}
	if h.standing == good {
		h.room = min(h.room, l.first())
		if len(l.hosts) <= maxIdleHosts {
			return
		}
		for _, other := range l.hosts {
			if other.idle() {
				h = other
				break
			}
		}
	}
	delete(l.hosts, h.host)
}

func (h *lane) idle() bool { return h.flying == 0 && h.away == 0 && len(h.line) == 0 }

// turn lets a host stand for its turn if it may have one.
func (l *lanes) turn(h *lane) {
	if !h.turning && len(h.line) > 0 && h.flying < h.room {
		h.turning = true
		l.turns[h.standing] = append(l.turns[h.standing], h)
	}
}

// hostOf is who a callback goes to.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}
