package story_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"confab/internal/story"
)

// packet is what a reader finds in a capture.
type packet struct {
	at       time.Time
	from, to netip.AddrPort
	text     string
}

// read reads a capture as its format has it, and checks all sums.
func read(t *testing.T, file []byte) (all []packet) {
	t.Helper()
	le, be := binary.LittleEndian, binary.BigEndian
	if le.Uint32(file) != 0xa1b2c3d4 || le.Uint16(file[4:]) != 2 || le.Uint16(file[6:]) != 4 || le.Uint32(file[20:]) != 101 {
		t.Fatalf("header: % x", file[:24])
	}
	most := le.Uint32(file[16:])
	for file = file[24:]; len(file) > 0; {
		n := le.Uint32(file[8:])
		if n != le.Uint32(file[12:]) || n > most {
			t.Fatalf("a packet of %d bytes, %d before, at most %d", n, le.Uint32(file[12:]), most)
		}
		p := packet{at: time.Unix(int64(le.Uint32(file)), int64(le.Uint32(file[4:]))*1000)}
		b := file[16 : 16+n]
		file = file[16+n:]
		var src, dst netip.Addr
		var udp []byte
		switch b[0] >> 4 {
		case 4:
			if sum(b[:20]) != 0xffff || int(be.Uint16(b[2:])) != len(b) || b[9] != 17 {
				t.Fatalf("IPv4: % x", b[:20])
			}
			src, _ = netip.AddrFromSlice(b[12:16])
			dst, _ = netip.AddrFromSlice(b[16:20])
			udp = b[20:]
		case 6:
			if int(be.Uint16(b[4:])) != len(b)-40 || b[6] != 17 {
				t.Fatalf("IPv6: % x", b[:40])
			}
			src, _ = netip.AddrFromSlice(b[8:24])
			dst, _ = netip.AddrFromSlice(b[24:40])
			udp = b[40:]
		default:
			t.Fatalf("version %d", b[0]>>4)
		}
		pseudo := append(append([]byte{}, src.AsSlice()...), dst.AsSlice()...)
		pseudo = append(be.AppendUint32(pseudo, uint32(len(udp))), 0, 0, 0, 17)
		if sum(append(pseudo, udp...)) != 0xffff || int(be.Uint16(udp[4:])) != len(udp) {
			t.Fatalf("UDP: % x", udp[:8])
		}
		p.from, p.to = netip.AddrPortFrom(src, be.Uint16(udp)), netip.AddrPortFrom(dst, be.Uint16(udp[2:]))
		p.text = string(udp[8:])
		all = append(all, p)
	}
	return all
}

// sum adds words with end-around carry: all ones where a checksum is right.
func sum(b []byte) uint16 {
	var s uint32
	for i, c := range b {
		if i%2 == 0 {
			s += uint32(c) << 8
		} else {
			s += uint32(c)
		}
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

func TestWritePCAP(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 123456000, time.UTC)
	messages := []story.Message{
		{At: story.Time{Time: at}, From: "192.0.2.20:5060", To: "192.0.2.1:5062", Text: "INVITE sip:a@b SIP/2.0\r\n\r\n"},
		{At: story.Time{Time: at.Add(time.Second)}, From: "[2001:db8::1]:5060", To: "[2001:db8::2]:5061", Text: "odd"},
		{At: story.Time{Time: at}, From: "[2001:db8::1%eth0]:1", To: "192.0.2.1:2", Text: ""},
		{At: story.Time{Time: at}, From: "", To: "192.0.2.1:8080", Text: strings.Repeat("x", 70_000)},
	}
	var file bytes.Buffer
	if err := story.WritePCAP(&file, messages); err != nil {
		t.Fatal(err)
	}
	got := read(t, file.Bytes())
	if len(got) != 4 {
		t.Fatalf("%d packets", len(got))
	}
	for i, want := range []packet{
		{at, netip.MustParseAddrPort("192.0.2.20:5060"), netip.MustParseAddrPort("192.0.2.1:5062"), messages[0].Text},
		{at.Add(time.Second), netip.MustParseAddrPort("[2001:db8::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:5061"), "odd"},
		{at, netip.MustParseAddrPort("[2001:db8::1]:1"), netip.MustParseAddrPort("[::ffff:192.0.2.1]:2"), ""},
		{at, netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("192.0.2.1:8080"), strings.Repeat("x", 65507)},
	} {
		if p := got[i]; !p.at.Equal(want.at) || p.from != want.from || p.to != want.to || p.text != want.text {
			t.Errorf("packet %d: %v %v %v, %d bytes", i, p.at, p.from, p.to, len(p.text))
		}
	}
}
