package rtp_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"confab/internal/rtp"
)

// press returns the packets of key, pressed at timestamp for so many packets of
// 20 ms, and its end three times over (RFC 4733 §2.5.1).
func press(key byte, seq uint16, timestamp uint32, packets int) []rtp.Packet {
	var s rtp.EventSender
	if !s.Start(key, timestamp, uint32(packets*frame)) {
		panic("no key")
	}
	var out []rtp.Packet
	for s.Active() {
		b := make([]byte, rtp.EventSize)
		ts, marker := s.Next(b, frame)
		out = append(out, rtp.Packet{Marker: marker, PayloadType: 101, Sequence: seq, Timestamp: ts, SSRC: 7, Payload: b})
		seq++
	}
	return out
}

func keysOf(packets []rtp.Packet) string {
	var r rtp.EventReceiver
	var keys []byte
	for _, p := range packets {
		if key, ok := r.Push(p); ok {
			keys = append(keys, key)
		}
	}
	return string(keys)
}

func TestEventSender_RFC4733_2_5_1(t *testing.T) {
	got := press('5', 100, 4000, 5)
	if len(got) != 5+2 {
		t.Fatalf("%d packets, want 5 and the end twice more", len(got))
	}
	for i, p := range got {
		event, flags, duration := p.Payload[0], p.Payload[1], binary.BigEndian.Uint16(p.Payload[2:])
		if event != 5 || flags&0x7f != 10 || p.Timestamp != 4000 {
			t.Errorf("packet %d: event %d flags %x timestamp %d", i, event, flags, p.Timestamp)
		}
		if p.Marker != (i == 0) { // §2.5.1.1: on the first only
			t.Errorf("packet %d: marker %v", i, p.Marker)
		}
		if want := uint16(min(i+1, 5) * frame); duration != want {
			t.Errorf("packet %d: duration %d, want %d", i, duration, want)
		}
		if end := flags&0x80 != 0; end != (i >= 4) { // §2.5.1.4: the end, three times
			t.Errorf("packet %d: end %v", i, end)
		}
	}
	var s rtp.EventSender
	for _, key := range []byte("x e\x00") {
		if s.Start(key, 0, 800) || s.Active() {
			t.Errorf("%q is a key", key)
		}
	}
	if got := press('*', 0, 0, 0); len(got) != 3 || got[0].Payload[1]&0x80 == 0 {
		t.Errorf("a key of no duration: %v", got)
	}
}

func TestEventSender_RFC4733_2_5_1_3_longEventsAreSegments(t *testing.T) {
	got := press('#', 0, 1000, 1000) // 20 s
	var last uint32
	for i, p := range got {
		duration := uint32(binary.BigEndian.Uint16(p.Payload[2:]))
		end := p.Timestamp + duration
		if i > 0 && end < last {
			t.Fatalf("packet %d ends at %d, before the one before it at %d", i, end, last)
		}
		last = end
	}
	if want := uint32(1000 + 1000*frame); last != want {
		t.Errorf("ends at %d, want %d", last, want)
	}
	if keys := keysOf(got); keys != "#" {
		t.Errorf("heard %q", keys)
	}
	// Nor does the loss of some of the packets make it more than one key.
	if keys := keysOf(slices.DeleteFunc(got, func(p rtp.Packet) bool { return p.Sequence%3 == 1 })); keys != "#" {
		t.Errorf("heard %q", keys)
	}
}

func TestEventReceiver(t *testing.T) {
	one, two := press('5', 100, 4000, 5), press('5', 107, 5600, 5)
	star, pound := press('*', 114, 7200, 3), press('#', 119, 8800, 3)
	all := slices.Concat(one, two, star, pound)
	for _, c := range []struct {
		name string
		in   []rtp.Packet
		want string
	}{
		{"all", all, "55*#"},
		{"every packet twice", slices.Concat(one, one, two, two), "55"},
		{"the first lost", one[1:], "5"},
		{"only a last one left", one[6:], "5"},
		{"ends lost, same key again", slices.Concat(one[:4], two[:4]), "55"},
		{"ends lost, and the marker", slices.Concat(one[:4], two[1:]), "55"},
		{"an end comes after the next key began", slices.Concat(one[:6], two[:1], one[6:], two[1:]), "55"},
		{"out of order", []rtp.Packet{one[2], one[0], one[5], one[1], two[1], two[0], one[4]}, "55"},
		{"reported at once", one[:1], "5"},
	} {
		if got := keysOf(c.in); got != c.want {
			t.Errorf("%s: heard %q, want %q", c.name, got, c.want)
		}
	}
	for i := range 16 {
		key := "0123456789*#ABCD"[i]
		if got := keysOf(press(key, 0, 0, 3)); got != string(key) {
			t.Errorf("pressed %c, heard %q", key, got)
		}
	}

	// Another stream's events are events of their own, whatever their numbers.
	other := slices.Clone(one)
	for i := range other {
		other[i].SSRC = 8
	}
	if got := keysOf(slices.Concat(one, other)); got != "55" {
		t.Errorf("two streams: %q", got)
	}
	// A sender whose timestamps start anew is heard on.
	if got := keysOf(slices.Concat(press('1', 500, 1<<31, 3), press('2', 600, 17, 3))); got != "12" {
		t.Errorf("timestamps start anew: %q", got)
	}
}

func TestEventReceiver_whatIsNoKey(t *testing.T) {
	var r rtp.EventReceiver
	for _, payload := range [][]byte{nil, {5}, {5, 10, 0}, {16, 10, 0, 160}, {255, 0x8a, 0, 160}} {
		if key, ok := r.Push(rtp.Packet{Payload: payload}); ok {
			t.Errorf("%x is %c", payload, key)
		}
	}
	if r.Malformed != 5 {
		t.Errorf("%d malformed", r.Malformed)
	}
	if key, ok := r.Push(rtp.Packet{Payload: []byte{5, 10, 0, 160, 1, 2}}); !ok || key != '5' {
		t.Error("what follows the event matters")
	}
}

// However a network treats the packets, as long as one of each key comes and
// keys do not overtake one another, the keys heard are the keys pressed.
func TestEvents_anyNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789*#ABCD")), 1, 20, -1).Draw(t, "keys")
		seq, ts := rapid.Uint16().Draw(t, "seq"), rapid.Uint32().Draw(t, "ts")
		var arrived []rtp.Packet
		for i := range len(keys) {
			packets := press(keys[i], seq, ts, rapid.IntRange(0, 30).Draw(t, "held"))
			seq += uint16(len(packets)) + uint16(rapid.IntRange(0, 50).Draw(t, "voice"))
			ts += uint32(len(packets)*frame + rapid.IntRange(0, 8000).Draw(t, "gap"))
			copies := rapid.SliceOfN(rapid.SampledFrom(packets), 1, 2*len(packets)).Draw(t, "arrived")
			arrived = append(arrived, copies...)
			if i > 0 {
				// A straggler of an earlier key.
				arrived = append(arrived, rapid.SampledFrom(arrived).Draw(t, "straggler"))
			}
		}
		if got := keysOf(arrived); got != keys {
			t.Fatalf("pressed %q, heard %q", keys, got)
		}
	})
}

func TestEvents_doNotAllocate(t *testing.T) {
	var r rtp.EventReceiver
	var s rtp.EventSender
	b := make([]byte, rtp.EventSize)
	n, heard := uint32(0), 0
	if allocs := testing.AllocsPerRun(100, func() {
		n++
		s.Start('7', n*8000, 800)
		for i := uint16(0); s.Active(); i++ {
			ts, marker := s.Next(b, frame)
			if _, ok := r.Push(rtp.Packet{Marker: marker, Timestamp: ts, Sequence: uint16(n)*20 + i, Payload: b}); ok {
				heard++
			}
		}
	}); allocs != 0 || heard != int(n) {
		t.Errorf("%v allocations, %d of %d heard", allocs, heard, n)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte{0, 0, 1, 5, 10, 0, 160, 0, 0, 2, 5, 0x8a, 0, 160})
	f.Fuzz(func(t *testing.T, in []byte) {
		var r rtp.EventReceiver
		for ; len(in) >= 7; in = in[7:] {
			p := rtp.Packet{Marker: in[0]&1 != 0, SSRC: uint32(in[0] >> 6), Timestamp: uint32(in[1]) << 13, Sequence: uint16(in[2]),
				Payload: in[3:min(7, 3+int(in[0]>>1&7))]}
			key, ok := r.Push(p)
			if ok && (len(p.Payload) < rtp.EventSize || p.Payload[0] > 15 || key != "0123456789*#ABCD"[p.Payload[0]]) {
				t.Fatalf("%v is %c", p, key)
			}
			if again, twice := r.Push(p); twice {
				t.Fatalf("%v is %c twice", p, again)
			}
		}
	})
}
