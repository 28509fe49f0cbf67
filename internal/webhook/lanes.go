package webhook

import (
	"net/url"
	"strings"
)

// lanes say which stream has the next callback in flight: those of one host
// stand in one line, and the lines take turns. The zero value is not usable.
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
	turning bool // stands in turns
}

func newLanes(most int) lanes { return lanes{most: most, hosts: make(map[string]*lane)} }

// add puts a stream at the end of its host's line.
func (l *lanes) add(s *stream) {
	host := hostOf(s.next.Callback.URL)
	h, ok := l.hosts[host]
	if !ok {
		h = &lane{host: host}
		l.hosts[host] = h
	}
	h.line = append(h.line, s)
	l.turn(h)
}

// next takes the stream whose turn it is, which counts as in flight until free;
// nil when there is none, or no room.
func (l *lanes) next() (*stream, *lane) {
	if len(l.turns) == 0 || l.flying >= l.most {
		return nil, nil
	}
	h := l.turns[0]
	l.turns[0], l.turns = nil, l.turns[1:]
	h.turning = false
	s := h.line[0]
	h.line[0], h.line = nil, h.line[1:]
	h.flying++
	l.flying++
	l.turn(h)
	return s, h
}

// free gives back the room that next took.
func (l *lanes) free(h *lane) {
	h.flying--
	l.flying--
	l.turn(h)
	if h.flying == 0 && len(h.line) == 0 {
		delete(l.hosts, h.host)
	}
}

// turn lets a host stand for its turn if it may have one.
func (l *lanes) turn(h *lane) {
	if !h.turning && len(h.line) > 0 && h.flying < max(1, l.most/2) {
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
