package media

import (
	"encoding/binary"
	"io"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/rtp"
)

// witness is a network on which what is sent is looked at.
type witness struct {
	in  []Packet
	out func(Packet)
}

func (w *witness) Read(packets []Packet) (int, error) {
	n := min(len(packets), len(w.in))
	for i, p := range w.in[:n] {
		data := packets[i].Data[:cap(packets[i].Data)]
		packets[i] = Packet{Addr: p.Addr, Data: data[:copy(data, p.Data)], At: p.At}
	}
	w.in = w.in[n:]
	return n, nil
}

func (w *witness) Write(packets []Packet) (int, error) {
	for _, p := range packets {
		w.out(p)
	}
	return len(packets), nil
}
func (w *witness) Overflows() uint64 { return 0 }
func (w *witness) Close() error      { return nil }

var (
	fuzzHosts = [...]netip.Addr{
		netip.MustParseAddr("192.0.2.20"), // of callers
		netip.MustParseAddr("192.0.2.21"),
		netip.MustParseAddr("10.0.0.5"),   // named by SDP
		netip.MustParseAddr("192.0.2.66"), // strangers
		netip.MustParseAddr("2001:db8::1"),
	}
	fuzzPorts = [...]uint16{4000, 4001, 4002, 5004, 1}
)

// FuzzReceive gives a loop any datagrams from any sources, and any new SDPs
// among them. Nothing may panic, and nothing be sent to anybody but the host that
// a session's signalling comes from and the address that its SDP names.
//
// The script is a row of: what (which session or port; which source), how many
// bytes, the bytes.
func FuzzReceive(f *testing.F) {
	add := func(what, source byte, data []byte) []byte {
		return append([]byte{what, source, byte(len(data))}, data...)
	}
	b := make([]byte, 200)
	voice := rtp.Packet{SSRC: 7, Sequence: 1, Timestamp: 160, Payload: make([]byte, 160)}
	seed := add(0, 0, b[:voice.Put(b)])
	voice.Sequence, voice.PayloadType, voice.Payload = 2, 101, []byte{5, 0x8a, 3, 0x20}
	seed = append(seed, add(0, 0, b[:voice.Put(b)])...)
	seed = append(seed, add(1, 0, []byte{0x80, 201, 0, 1, 0, 0, 0, 77, 0x81, 202, 0, 3, 0, 0, 0, 77, 1, 4, 't', 'e', 's', 't', 0, 0})...)
	seed = append(seed, add(2, 7, nil)...)
	seed = append(seed, add(0, 15, b[:voice.Put(b)])...)
	seed = append(seed, add(0, 3, []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42})...)
	f.Add(seed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, script []byte) {
		p := &Plane{cfg: Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}.withDefaults(), epoch: time.Now()}
		l := newLoop(p, 0)
		p.loops = []*loop{l}
		voices, reports := &witness{}, &witness{}
		port := &port{loop: l, rtp: voices, rtcp: reports, door: newSideDoor(nil, nil),
			byReports: map[netip.AddrPort]*Session{},
			bySSRC:    map[uint32]*Session{}, learners: map[netip.Addr]*Session{}}
		l.ports = append(l.ports, port)
		bridge := p.NewBridge()
		for _, rate := range []int{16000, 48000} { // as Session.Set would
			bridge.partOn(l, rate)
		}
		part := bridge.partOn(l, 8000)
		l.mail.run()

		named := map[netip.Addr]bool{fuzzHosts[0]: true, fuzzHosts[1]: true}
		check := func(p Packet) {
			if !named[p.Addr.Addr()] {
				t.Fatalf("%d bytes are sent to %v, whom nobody has named", len(p.Data), p.Addr)
			}
		}
		voices.out, reports.out = check, check
		var sessions []*Session
		for i := range 3 {
			s := &Session{plane: p, loop: l, port: port, out: newOutlet(), lost: make(chan struct{})}
			s.in.latch = latch{signal: fuzzHosts[i%2]}
			s.pace.begin()
			remote := netip.AddrPortFrom(fuzzHosts[i], fuzzPorts[i])
			named[remote.Addr()] = true
			if err := s.set(Params{Codec: codec.PCMU, DTMF: 101, Remote: remote, Send: true, Receive: true}, false); err != nil {
				t.Fatal(err)
			}
			s.started = true
			if i == 2 {
				l.attach(s)
			} else if err := part.add(s, false); err != nil {
				t.Fatal(err)
			}
			sessions = append(sessions, s)
		}
		for len(script) >= 3 {
			what, source, n := script[0], script[1], int(script[2])
			data := script[3:min(3+n, len(script))]
			script = script[3+len(data):]
			addr := netip.AddrPortFrom(fuzzHosts[int(source)%len(fuzzHosts)], fuzzPorts[int(source)/len(fuzzHosts)%len(fuzzPorts)])
			switch what % 8 {
			case 0, 1, 2, 3:
				voices.in = append(voices.in, Packet{Addr: addr, Data: data})
			case 4:
				reports.in = append(reports.in, Packet{Addr: addr, Data: data})
			case 5: // a new SDP
				s := sessions[int(what/8)%len(sessions)]
				if s.ended {
					continue
				}
				params := Params{Codec: codec.PCMU, DTMF: 101, Remote: addr, Send: what&64 == 0, Receive: what&128 == 0}
				if len(data) > 0 {
					params.RTCPMux = data[0]&1 != 0
					params.PTime = [...]time.Duration{0, 10 * time.Millisecond}[data[0]>>1&1]
					params.Codec = [...]codec.Codec{codec.PCMU, codec.PCMA, codec.G722, codec.L16At48000}[data[0]>>2&3]
				}
				named[addr.Addr()] = true
				if err := s.set(params, len(data) > 1); err != nil {
					t.Fatal(err)
				}
			case 6: // time passes
				ticks := 1
				if len(data) >= 2 {
					ticks = 1 + int(binary.BigEndian.Uint16(data))%600
				}
				p.epoch = p.epoch.Add(-time.Duration(ticks-1) * tickDuration)
				fallthrough
			default:
				for range slotsPerTick {
					p.epoch = p.epoch.Add(-slotDuration)
					l.turn(max(l.slot+1, int64(time.Since(p.epoch)/slotDuration)-maxBehind))
				}
			}
		}
		for range 2 * slotsPerTick {
			p.epoch = p.epoch.Add(-slotDuration)
			l.turn(l.slot + 1)
		}
		if l.count.Panics != 0 {
			t.Fatalf("%d panics", l.count.Panics)
		}
		for _, s := range sessions {
			if n := time.Duration(len(s.in.rest)) * time.Second / time.Duration(s.out.rate()); n > rtp.MaxDelay {
				t.Errorf("%v of what was decoded waits to be heard", n)
			}
		}
		if n := len(port.learners); n > len(fuzzHosts) {
			t.Errorf("%d wait to learn an address", n)
		}
		if n := port.bySource.len(); n > 2*len(sessions) {
			t.Errorf("%d sources are known of %d sessions", n, len(sessions))
		}
		if n := len(port.bySSRC); n > len(sessions) {
			t.Errorf("%d streams are known of %d sessions", n, len(sessions))
		}
		if n := len(port.byReports); n > len(sessions) {
			t.Errorf("%d sources of reports are known of %d sessions", n, len(sessions))
		}
	})
}
