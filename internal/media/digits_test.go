package media_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// digits reads keys until there have been none for a while.
func digits(t *testing.T, s *media.Session) (got string) {
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		key, err := s.Digit(ctx)
		cancel()
		if err != nil {
			return got
		}
		got += string(key)
	}
}

// Who waits for digits hears tones or events, whichever the SDP of the moment
// says, and never both.
func TestDigits_followANewSDP(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		n, f := call(t, near, far)
		var wg sync.WaitGroup
		defer wg.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		keys := make(chan byte, 100)
		wg.Go(func() { // one who waits all the time, as for the star in a conference
			for {
				key, err := n.Digit(ctx)
				if err != nil {
					return
				}
				keys <- key
			}
		})
		heard := func() (got string) {
			time.Sleep(500 * time.Millisecond)
			for len(keys) > 0 {
				got += string(<-keys)
			}
			return got
		}
		tones := func() {
			f.Play(t.Context(), audio.Concat(audio.Digit(8000, '7', 100*time.Millisecond), audio.Silence(8000, 100*time.Millisecond)))
		}
		agree := func(dtmf uint8, send bool) {
			if err := n.Set(media.Params{Codec: codec.PCMU, DTMF: dtmf, Remote: f.Local(), Send: send, Receive: true}); err != nil {
				t.Fatal(err)
			}
		}
		tones()
		if got := heard(); got != "" {
			t.Errorf("telephone-events are agreed, and tones are heard as %q", got)
		}
		agree(0, true)
		tones()
		if got := heard(); got != "7" {
			t.Errorf("telephone-events are agreed no more, and a tone is heard as %q, want 7", got)
		}
		agree(0, false) // held: what it sends is its music
		tones()
		if got := heard(); got != "" {
			t.Errorf("tones in the music of a held far end are heard as %q", got)
		}
		agree(101, true)
		tones()
		if err := f.SendDigits(t.Context(), "8"); err != nil {
			t.Error(err)
		}
		if got := heard(); got != "8" {
			t.Errorf("telephone-events are agreed again, and 7 as a tone and 8 as an event are heard as %q", got)
		}
	})
}

func TestSendDigits_endsWithItsContextAlone(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		n, f := call(t, near, far)
		ctx, cancel := context.WithTimeoutCause(t.Context(), 420*time.Millisecond, errors.New("enough"))
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := f.SendDigits(ctx, "1111111111"); err == nil || err.Error() != "enough" {
				t.Errorf("cut short: %v, want the context's cause", err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		wg.Go(func() {
			if err := f.SendDigits(t.Context(), "23"); err != nil {
				t.Error(err)
			}
		})
		got := digits(t, n)
		wg.Wait()
		if got != "1123" {
			t.Errorf("heard %q, want two keys of the one cut short and then 23", got)
		}
	})
}

func TestSendDigits_endsWhenEventsAreTakenBack(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		n, f := call(t, near, far)
		time.AfterFunc(300*time.Millisecond, func() {
			if err := f.Set(media.Params{Codec: codec.PCMU, Remote: n.Local(), Send: true, Receive: true}); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := f.SendDigits(ctx, "1111111111"); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want an error at once", err)
		}
		digits(t, n)
		before := n.Stats()
		if err := f.SendDigits(ctx, "5"); err != nil { // as a tone
			t.Error(err)
		}
		if after := n.Stats(); after.Unknown != before.Unknown {
			t.Errorf("%d packets of no agreed type", after.Unknown-before.Unknown)
		}
	})
}

// Two packets per frame, and the events among them: one timestamp line, one
// sequence, each event with its three ends.
func TestSendDigits_inPacketsOf10ms_RFC4733_2_5_1(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		far.to = net.UDPAddrFromAddrPort(s.Local())
		set(t, s, media.Params{Remote: far.addr(), PTime: 10 * time.Millisecond, Send: true, Receive: true})
		s.Start()
		s.Confirm()
		if err := s.SendDigits(t.Context(), "1w2"); err != nil {
			t.Fatal(err)
		}
		var packets []rtp.Packet
		b := make([]byte, 1500)
		for {
			far.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			n, _, err := far.conn.ReadFrom(b)
			if err != nil {
				break
			}
			r, err := rtp.Parse(slices.Clone(b[:n]))
			if err != nil {
				t.Fatal(err)
			}
			packets = append(packets, r)
		}
		var keys rtp.EventReceiver
		got, voices := "", 0
		ends := map[uint32]int{}
		for i, r := range packets {
			if i > 0 && r.Sequence != packets[i-1].Sequence+1 {
				t.Fatalf("packet %d: sequence %d after %d", i, r.Sequence, packets[i-1].Sequence)
			}
			if r.PayloadType != 101 {
				voices++
				if want := packets[0].Timestamp + 80*uint32(i); r.Timestamp != want || len(r.Payload) != 80 {
					t.Fatalf("packet %d: timestamp %d, %d bytes; want %d and 80", i, r.Timestamp, len(r.Payload), want)
				}
				continue
			}
			key, ok := keys.Push(r)
			if ok {
				got += string(key)
				if want := packets[0].Timestamp + 80*uint32(i); r.Timestamp != want || !r.Marker {
					t.Errorf("event %c begins at %d, marker %v; want %d and true", key, r.Timestamp, r.Marker, want)
				}
			} else if r.Marker {
				t.Errorf("packet %d: a marker in the middle of an event", i)
			}
			if r.Payload[1]&0x80 != 0 {
				ends[r.Timestamp]++
				if d := binary.BigEndian.Uint16(r.Payload[2:]); d != 1280 {
					t.Errorf("an event of %d units, want 1280", d)
				}
			}
		}
		if got != "12" || voices == 0 {
			t.Errorf("sent %q, and %d packets of voice; want 12", got, voices)
		}
		for at, n := range ends {
			if n != 3 {
				t.Errorf("the event at %d ends %d times, want 3", at, n)
			}
		}
	})
}

// A far end that has said it would only listen is not mixed, whatever it sends.
func TestSet_whoOnlyListensIsNotHeard(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		bridge := near.NewBridge()
		defer bridge.Close()
		n1, f1 := call(t, near, far)
		n2, f2 := call(t, near, far)
		for _, n := range []*media.Session{n1, n2} {
			if err := bridge.Join(n, false); err != nil {
				t.Fatal(err)
			}
		}
		say(t, f1, 450)
		for _, c := range []struct {
			send, receive bool
			heard         int
		}{{true, true, 1}, {true, false, 0}, {true, true, 1}, {false, true, 0}, {false, false, 0}, {true, true, 1}} {
			if err := n1.Set(media.Params{Codec: codec.PCMU, Remote: f1.Local(), Send: c.send, Receive: c.receive}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			if got := whoIsHeard(hear(t, f2, 300*time.Millisecond), 450); len(got) != c.heard {
				t.Errorf("send %v, receive %v: the other hears %v", c.send, c.receive, got)
			}
		}
	})
}
