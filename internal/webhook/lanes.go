package webhook

import (
	"net/url"
	"strings"
)

// lanes say which stream has the next callback in flight: those of one host
// stand in one line, and the lines take turns. How many one host may have in
// flight it earns: each that it takes adds one, each that fails halves them. So
// hosts that are dead, however many, leave room for the others. The zero value
// is not usable.
type lanes struct {
	most   int // in flight, over all
	flying int
	hosts  map[string]*lane
	turns  []*lane // those that have somebody in line and room in flight
}

// lane is one host's line.
type lane struct {
	host    string
	line    []*stream
	flying  int
	room    int  // how many may be in flight
	away    int  // streams that wait to stand in line again
	turning bool // stands in turns
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
	for len(l.turns) > 0 && l.flying < l.most {
		h := l.turns[0]
		l.turns[0], l.turns = nil, l.turns[1:]
		h.turning = false
		if h.flying >= h.room {
			continue // it lost room while it stood for its turn
		}
		s := h.line[0]
		h.line[0], h.line = nil, h.line[1:]
		h.flying++
		l.flying++
		l.turn(h)
		return s, h
	}
	return nil, nil
}

// free gives back the room that next took. failed says that the host is to
// blame for a callback that came to nothing.
func (l *lanes) free(h *lane, failed bool) {
	h.flying--
	l.flying--
	if failed {
		h.room = max(l.least(), h.room/2)
	} else {
		h.room = min(l.full(), h.room+1)
	}
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

// drop forgets a host that nobody has anything for.
func (l *lanes) drop(h *lane) {
	if h.flying == 0 && h.away == 0 && len(h.line) == 0 {
		delete(l.hosts, h.host)
	}
}

// turn lets a host stand for its turn if it may have one.
func (l *lanes) turn(h *lane) {
	if !h.turning && len(h.line) > 0 && h.flying < h.room {
		h.turning = true
		l.turns = append(l.turns, h)
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
