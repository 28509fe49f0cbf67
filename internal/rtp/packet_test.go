package rtp_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/rtp"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse_RFC3550_5_1(t *testing.T) {
	want := rtp.Packet{Marker: true, PayloadType: 8, Sequence: 0x1234, Timestamp: 0x01020304, SSRC: 0xdeadbeef, Payload: []byte{0xaa, 0xbb}}
	for _, c := range []struct{ name, packet string }{
		{"plain", "80 88 1234 01020304 deadbeef aabb"},
		{"two CSRCs", "82 88 1234 01020304 deadbeef 11111111 22222222 aabb"},
		{"extension of no words", "90 88 1234 01020304 deadbeef bede0000 aabb"},
		{"extension of two words", "90 88 1234 01020304 deadbeef bede0002 33333333 44444444 aabb"},
		{"CSRC, extension and padding", "b1 88 1234 01020304 deadbeef 11111111 bede0001 33333333 aabb 000003"},
		{"padding of one", "a0 88 1234 01020304 deadbeef aabb 01"},
	} {
		got, err := rtp.Parse(unhex(t, c.packet))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	for _, c := range []struct{ name, packet string }{
		{"nothing but the header", "80 08 1234 01020304 deadbeef"},
		{"nothing but padding", "a0 08 1234 01020304 deadbeef 00000004"},
	} {
		if got, err := rtp.Parse(unhex(t, c.packet)); err != nil || len(got.Payload) != 0 || got.Marker {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestParse_refusesWhatIsNoPacket(t *testing.T) {
	for _, c := range []struct {
		name, packet string
		want         error
	}{
		{"empty", "", rtp.ErrShort},
		{"half a header", "80 88 1234 0102", rtp.ErrShort},
		{"version 1", "40 88 1234 01020304 deadbeef", rtp.ErrVersion},
		{"fewer CSRCs than it says", "82 88 1234 01020304 deadbeef 11111111", rtp.ErrShort},
		{"extension cut off in its header", "90 88 1234 01020304 deadbeef bede", rtp.ErrShort},
		{"extension cut off", "90 88 1234 01020304 deadbeef bede0002 33333333", rtp.ErrShort},
		{"extension of 65535 words", "90 88 1234 01020304 deadbeef bedeffff 33333333", rtp.ErrShort},
		{"padding of nothing", "a0 88 1234 01020304 deadbeef aa00", rtp.ErrPadding},
		{"padding without a payload", "a0 88 1234 01020304 deadbeef", rtp.ErrPadding},
		{"padding into the header", "a0 88 1234 01020304 deadbeef aa03", rtp.ErrPadding},
	} {
		if _, err := rtp.Parse(unhex(t, c.packet)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestPacket_doesNotAllocate(t *testing.T) {
	b := make([]byte, 1500)
	good := rtp.Packet{PayloadType: 0, Sequence: 1, Payload: make([]byte, 160)}
	if n := testing.AllocsPerRun(100, func() {
		k := good.Put(b)
		if p, err := rtp.Parse(b[:k]); err != nil || p.Sequence != 1 {
			t.Fatal(p, err)
		}
		if _, err := rtp.Parse(b[:5]); err == nil {
			t.Fatal("parsed half a header")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, "b1 88 1234 01020304 deadbeef 11111111 bede0001 33333333 aabb 000003"))
	f.Add(unhex(f, "80 00 0001 00000000 00000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := rtp.Parse(b)
		if err != nil {
			if !cmp.Equal(p, rtp.Packet{}) {
				t.Fatalf("%v beside %v", p, err)
			}
			return
		}
		if len(p.Payload) > len(b)-rtp.HeaderSize || p.PayloadType > 127 {
			t.Fatalf("%v of %d bytes", p, len(b))
		}
		// What is parsed and written again parses to the same.
		c := make([]byte, rtp.HeaderSize+len(p.Payload))
		if n := p.Put(c); n != len(c) {
			t.Fatalf("wrote %d of %d", n, len(c))
		}
		again, err := rtp.Parse(c)
		if d := cmp.Diff(p, again); err != nil || d != "" {
			t.Fatalf("%v %s", err, d)
		}
	})
}
