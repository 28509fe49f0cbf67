package webrtc

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v3"

	"confab/internal/media"
	"confab/internal/rtp"
)

// RFC 7675 §5.1: who was connected and checks no more is lost after 30 s.
func TestPeer_whoChecksNoMoreIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		f := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), f.offer())
		if err != nil {
			t.Fatal(err)
		}
		f.learn(answer)
		p.Start()
		f.nominate()
		conn := f.shakeHands()
		defer conn.Close()
		<-p.Connected()
		for range 30 { // for a minute and more
			time.Sleep(2500 * time.Millisecond)
			f.send(f.check())
			if f.reply() == nil {
				t.Fatal("a check of consent is not answered")
			}
		}
		last := time.Now()
		<-p.Done()
		if !errors.Is(p.Err(), ErrLost) {
			t.Errorf("ended: %v", p.Err())
		}
		if after := time.Since(last); after < 28*time.Second || after > 31*time.Second {
			t.Errorf("lost after %v, want 30 s", after)
		}
		<-p.Session().Done()
	})
}

// Some do not check while they speak: what verifies is a sign of life, too.
func TestPeer_whoSpeaksLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		f := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), f.offer())
		if err != nil {
			t.Fatal(err)
		}
		f.learn(answer)
		p.Start()
		f.nominate()
		conn := f.shakeHands()
		defer conn.Close()
		<-p.Connected()
		keys, err := exportKeys(conn, true)
		if err != nil {
			t.Fatal(err)
		}
		protector, err := rtp.NewProtector(keys.Send)
		if err != nil {
			t.Fatal(err)
		}
		for sequence := range 120 {
			time.Sleep(time.Second)
			b := make([]byte, rtp.HeaderSize+160, rtp.HeaderSize+160+rtp.SecureSize)
			rtp.Packet{Sequence: uint16(sequence), SSRC: 7, Payload: make([]byte, 160)}.Put(b)
			if b, err = protector.Protect(b); err != nil {
				t.Fatal(err)
			}
			f.conn.WriteTo(b, f.to)
			select {
			case <-p.Done():
				t.Fatalf("ended after %d s: %v", sequence, p.Err())
			default:
			}
		}
		last := time.Now()
		<-p.Done()
		if after := time.Since(last); !errors.Is(p.Err(), ErrLost) || after < 29*time.Second || after > 36*time.Second {
			t.Errorf("ended after %v: %v", after, p.Err())
		}
	})
}

func TestPeer_whoDoesNotConnectIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		f := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), f.offer())
		if err != nil {
			t.Fatal(err)
		}
		f.learn(answer)
		time.Sleep(10 * time.Minute) // it rings
		select {
		case <-p.Done():
			t.Fatalf("ended before it was started: %v", p.Err())
		default:
		}
		p.Start()
		f.nominate() // and no handshake
		from := time.Now()
		<-p.Done()
		if !errors.Is(p.Err(), ErrUnconnected) || time.Since(from) > 31*time.Second {
			t.Errorf("ended after %v: %v", time.Since(from), p.Err())
		}
	})
}

// To who has no password, or a wrong one, nobody is here.
func TestDoor_strangersGetNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		f := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), f.offer())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		f.learn(answer)
		name, key := stun.NewUsername(f.name), stun.NewShortTermIntegrity(f.password)
		broken := f.check()
		broken.Raw[len(broken.Raw)-1] ^= 1
		appended := f.request(name, key)
		appended.Add(stun.AttrUseCandidate, nil) // behind what was signed, by who stands in between
		for what, m := range map[string]*stun.Message{
			"nothing":               f.request(),
			"a name":                f.request(name),
			"no name":               f.request(key),
			"a wrong password":      f.request(name, stun.NewShortTermIntegrity("0123456789012345678901")),
			"another's name":        f.request(stun.NewUsername("who:ever"), key),
			"half a name":           f.request(stun.NewUsername(f.user), key),
			"a far end of its own":  f.request(stun.NewUsername(p.local.Secure.User+":other"), key),
			"another fingerprint":   broken,
			"an indication":         f.request(stun.NewType(stun.MethodBinding, stun.ClassIndication), name, key),
			"a request for a relay": f.request(stun.NewType(stun.MethodAllocate, stun.ClassRequest), name, key),
		} {
			f.send(m)
			if r := f.reply(); r != nil {
				t.Errorf("%s: answered with %v", what, r)
			}
			if p.way.known() {
				t.Fatalf("%s: believed", what)
			}
		}
		f.send(appended)
		if r := f.reply(); r == nil || p.way.to.IsValid() {
			t.Errorf("a nomination that was not signed: %v, %v", r, p.way.to)
		}
		// RFC 8445 §7.3.1.1.
		f.send(f.request(name, attribute(stun.AttrICEControlled, 1, 2, 3, 4, 5, 6, 7, 8), key, stun.Fingerprint))
		var code stun.ErrorCodeAttribute
		if r := f.reply(); r == nil || code.GetFrom(r) != nil || code.Code != stun.CodeRoleConflict {
			t.Errorf("who wants to be controlled is answered with %v", r)
		}
		f.nominate()
		if p.way.to.String() != f.conn.LocalAddr().String() {
			t.Errorf("the far end is at %s, want %s", p.way.to, f.conn.LocalAddr())
		}
	})
}

// A restart: the old way holds until a new one is nominated with the new password, and
// then the old password opens nothing.
func TestPeer_restart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		f := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), f.offer())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		f.learn(answer)
		f.nominate()

		moved := newFar(t, network, 5000)
		moved.user, moved.fingerprint = "farther", f.fingerprint
		if answer, err = p.Reoffer(moved.offer()); err != nil {
			t.Fatal(err)
		}
		moved.learn(answer)
		if moved.password == f.password {
			t.Fatal("the password has stayed")
		}
		f.nominate() // still
		if p.way.to.String() != f.conn.LocalAddr().String() {
			t.Error("moved too early")
		}
		moved.nominate()
		if p.way.to.String() != moved.conn.LocalAddr().String() {
			t.Errorf("the far end is at %s, want %s", p.way.to, moved.conn.LocalAddr())
		}
		f.send(f.check(attribute(stun.AttrUseCandidate)))
		if r := f.reply(); r != nil {
			t.Errorf("the old password is answered with %v", r)
		}
		if p.door.peerAt(spot{AddrPort: f.conn.LocalAddr().(*net.UDPAddr).AddrPort()}) != nil {
			t.Error("the old source still is the far end's")
		}
	})
}

// Whoever has the password and many addresses costs a bounded amount of memory.
func TestPeer_sourcesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, network := inMemory(t)
		first := newFar(t, network, 4000)
		p, answer, err := tr.Answer(t.Context(), first.offer())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		first.learn(answer)
		first.nominate()
		for i := range 3 * maxSources {
			f := newFar(t, network, 5000+i)
			f.learn(answer)
			f.send(f.check())
			if f.reply() == nil {
				t.Fatal("not answered")
			}
		}
		if n := len(p.way.sources); n != maxSources {
			t.Errorf("%d sources, want %d", n, maxSources)
		}
		if n := len(p.door.at); n != maxSources {
			t.Errorf("%d sources at the door, want %d", n, maxSources)
		}
		if p.way.to.String() != first.conn.LocalAddr().String() {
			t.Error("the nominated one has given way")
		}
	})
}

// Whatever comes to the door, nothing breaks, and nothing is said to strangers.
func FuzzDoor(f *testing.F) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("user:far"), stun.NewShortTermIntegrity("password"), stun.Fingerprint)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Raw)
	f.Add([]byte{0})
	f.Add([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1})
	f.Add([]byte{0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		d := newDoor(nil) // an answer would need a connection
		d.receive(data, spot{AddrPort: netip.AddrPortFrom(farHost, 4000)})
	})
}

// FuzzReoffer feeds anything as an offer to a peer that has one: errors are all that
// may come of it, or an answer.
func FuzzReoffer(f *testing.F) {
	seed := (&far{user: "farfar", fingerprint: "sha-256 AB:CD"}).offer()
	f.Add(seed)
	f.Add([]byte("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\na=fingerprint:sha-256 A\r\na=setup:passive\r\n"))
	plane, err := media.New(media.Config{Loops: 1, PortLow: 22900, PortHigh: 22999})
	if err != nil {
		f.Fatal(err)
	}
	tr, err := New(Config{Plane: plane})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { tr.Close(); plane.Close() })
	f.Fuzz(func(t *testing.T, offer []byte) {
		p, answer, err := tr.Answer(t.Context(), offer)
		if err != nil {
			return
		}
		defer p.Close()
		if len(answer) == 0 {
			t.Error("an empty answer")
		}
		if again, err := p.Reoffer(offer); err != nil || string(again) != string(answer) {
			t.Errorf("the same offer is answered otherwise: %v\n%s\n%s", err, answer, again)
		}
		_ = p.Accept(offer) // whatever comes of it
	})
}
