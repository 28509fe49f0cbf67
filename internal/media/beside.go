package media

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Sender carries packets to a far end that is not reached by UDP.
type Sender interface {
	// Send takes one packet and reports whether it will be sent. It does not wait, and
	// keeps nothing of data.
	Send(data []byte) bool
}

const (
	// inboxSize is how many bytes of packets may wait for a loop that have not come to a
	// port of it: what a thousand callers say in a tick, several times.
	inboxSize = 1 << 20
	// inboxEach is how many packets of one session may: more than a second of voice.
	inboxEach = 64
)

// inbox is where packets wait for their loop that came another way than to one of its
// ports: by the connections of far ends, each of which has a reader of its own.
type inbox struct {
	some atomic.Bool // looked at without the lock: most loops never have any

	mu          sync.Mutex
	list, spare []handed
	data, other []byte // of list, and of spare: they are swapped in each turn
}

// handed is one packet of a session in an inbox: its data ends there, and begins where
// that of the one before ended.
type handed struct {
	session *Session
	end     int
	at      int64
}

// put copies data. What finds the inbox full is lost.
func (x *inbox) put(s *Session, data []byte, at int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.data)+len(data) > inboxSize || s.secure.waiting == inboxEach {
		return false
	}
	s.secure.waiting++
	x.data = append(x.data, data...)
	x.list = append(x.list, handed{session: s, end: len(x.data), at: at})
	x.some.Store(true)
	return true
}

// take returns what has come. It is good until the next take.
func (x *inbox) take() (list []handed, data []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	list, data = x.list, x.data
	clear(x.spare) // lets go of their sessions
	x.list, x.data, x.spare, x.other = x.spare[:0], x.other[:0], list, data
	for i := range list {
		list[i].session.secure.waiting = 0
	}
	x.some.Store(false)
	return list, data
}

// Deliver hands a packet of the far end of a secure session to its loop, RTP or RTCP,
// that came by a connection and not to the port, and reports whether it was taken: what
// is no voice is not, nor what comes faster than the loop can hear it. It copies data and
// does not wait. Whose packet it is the caller knows; it is heard if its keys say so.
func (s *Session) Deliver(data []byte) bool {
	return s.secure != nil && len(data) > 0 && len(data) <= maxDatagram && isVoice(data[0]) &&
		s.loop.inbox.put(s, data, time.Now().UnixNano())
}

// SetConnection says that the far end of a secure session is reached by way of c, a
// connection with the address at, as ICE has found out: its voice goes there, and comes
// by Deliver, or to the port from one of sources. Otherwise it is as SetPath, which ends
// it.
func (s *Session) SetConnection(c Sender, at netip.AddrPort, sources ...netip.AddrPort) error {
	return s.setPath(c, at, sources)
}

// drainInbox hears what has come by connections.
func (l *loop) drainInbox() {
	if !l.inbox.some.Load() {
		return
	}
	list, data := l.inbox.take()
	begin := 0
	for i := range list {
		h := &list[i]
		p := Packet{Data: data[begin:h.end:h.end], At: h.at}
		begin = h.end
		l.count.Received++
		l.receiveHanded(&p, h.session)
	}
}

func (l *loop) receiveHanded(p *Packet, s *Session) {
	defer l.guard("packet")
	l.receiveSecure(p, s)
}

// post puts a packet of s, as it is sent, on its way to the address to.
func (s *Session) post(to netip.AddrPort, data []byte) {
	if x := s.secure; x != nil && x.sender != nil {
		if x.sender.Send(data) {
			s.loop.count.Sent++
		} else {
			s.loop.count.SendErrors++
		}
		return
	}
	s.port.out = append(s.port.out, Packet{Addr: to, Data: data})
}
