package webrtc

import (
	"net"
	"net/netip"
	"sync"
)

// door is the side door of one loop's secure port, where STUN and DTLS of all peers
// there come in.
type door struct {
	conn net.PacketConn

	mu    sync.Mutex
	users map[string]*Peer // by our user names (ice-ufrag)
	at    map[spot]*Peer   // by the sources that have checked
}

func newDoor(conn net.PacketConn) *door {
	return &door{conn: conn, users: make(map[string]*Peer), at: make(map[spot]*Peer)}
}

// run reads until the door is closed.
func (d *door) run() {
	b := make([]byte, 2048)
	for {
		n, from, err := d.conn.ReadFrom(b)
		if err != nil {
			return
		}
		if udp, ok := from.(*net.UDPAddr); ok && n > 0 {
			source := udp.AddrPort()
			d.receive(b[:n], spot{AddrPort: netip.AddrPortFrom(source.Addr().Unmap(), source.Port())})
		}
	}
}

// receive takes one packet, and reports whether it is of somebody with the credentials of
// a peer. Others get no answer: to strangers nobody is here.
//
// RFC 7983 §7: 0-3 is STUN, 20-63 DTLS.
func (d *door) receive(data []byte, from spot) bool {
	switch b := data[0]; {
	case b <= 3:
		if reply := d.check(data, from); reply != nil {
			d.send(reply, from)
			return true
		}
	case b >= 20 && b <= 63:
		if p := d.peerAt(from); p != nil {
			p.wire.put(data)
			return true
		}
	}
	return false
}

// send sends what may be lost.
func (d *door) send(data []byte, to spot) {
	if to.conn != nil {
		to.conn.Send(data)
		return
	}
	_, _ = d.conn.WriteTo(data, net.UDPAddrFromAddrPort(to.AddrPort))
}

// admit lets checks for a user name find p.
func (d *door) admit(p *Peer, user string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users[user] = p
}

// dismiss lets p be found no more by these. Connections among them end.
func (d *door) dismiss(p *Peer, users []string, sources []spot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, user := range users {
		if d.users[user] == p {
			delete(d.users, user)
		}
	}
	for _, at := range sources {
		if d.at[at] != p {
			continue
		}
		delete(d.at, at)
		if at.conn != nil {
			at.conn.leave()
		}
	}
}

// claim lets DTLS from there find p, who has checked from there: whoever had the
// address before has lost it.
func (d *door) claim(p *Peer, at spot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[at] = p
}

func (d *door) peerAt(at spot) *Peer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[at]
}

func (d *door) peerCalled(user string) *Peer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.users[user]
}
