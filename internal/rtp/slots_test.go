package rtp

import "testing"

// A store is as large as the network has asked for: a quarter of what it may be
// does for most.
func TestSlots_growWhenMoreWaits(t *testing.T) {
	var s slots
	s.make(160)
	at := int64(0)
	keep := func(n int) {
		t.Helper()
		for range n {
			if v := s.insert(slot{timestamp: at}, []byte{byte(at)}); v != Kept {
				t.Fatalf("packet %d: %v", at, v)
			}
			at++
		}
	}
	for _, c := range []struct{ more, blocks int }{{6, 6}, {1, 12}, {5, 12}, {1, 24}, {11, 24}} {
		if keep(c.more); len(s.store) != c.blocks*blockSize {
			t.Fatalf("%d packets in %d bytes, want %d blocks", s.n, len(s.store), c.blocks)
		}
	}
	if v := s.insert(slot{timestamp: at}, []byte{1}); v != Full {
		t.Errorf("one more than a store may hold: %v", v)
	}
	for i := range 24 {
		if p := s.pop(); len(p) != 1 || p[0] != byte(i) {
			t.Errorf("packet %d: %v", i, p)
		}
	}
	if s.make(160); len(s.store) != 24*blockSize {
		t.Errorf("begun anew with %d bytes: what it has grown to is kept", len(s.store))
	}
}

func TestSlot_kind(t *testing.T) {
	for _, p := range []Packet{{PayloadType: 0}, {PayloadType: 127}, {PayloadType: 0, Marker: true}, {PayloadType: 111, Marker: true}} {
		s := slot{kind: kindOf(p)}
		if s.payloadType() != p.PayloadType || s.marker() != p.Marker {
			t.Errorf("%+v: %d %t", p, s.payloadType(), s.marker())
		}
	}
}
