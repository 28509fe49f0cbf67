package rtp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"confab/internal/rtp"
)

func TestNTP_RFC3550_4(t *testing.T) {
	// 1970 is 2,208,988,800 s after 1900; half a second is half of 2³².
	got := rtp.NTP(time.Unix(1, 500_000_000))
	if want := uint64(2208988801)<<32 | 1<<31; got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestReport_bytes(t *testing.T) {
	b := make([]byte, rtp.ReportSize)
	n := rtp.PutReport(b, 0x11223344, &rtp.SenderReport{NTP: 0x0102030405060708, Timestamp: 9, Packets: 10, Octets: 11},
		&rtp.ReceptionReport{SSRC: 0x55667788, FractionLost: 0x40, Lost: -2, Highest: 0x10002, Jitter: 5, LSR: 6, DLSR: 7}, "a@b")
	n += copy(b[n:], bye(0x11223344))
	want := unhex(t, `81c8000c 11223344 0102030405060708 00000009 0000000a 0000000b 55667788 40fffffe 00010002 00000005 00000006 00000007`+
		`81ca0003 11223344 0103614062000000`+`81cb0001 11223344`)
	if d := cmp.Diff(want, b[:n]); d != "" {
		t.Error(d)
	}
	n = rtp.PutReport(b, 0x11223344, nil, nil, "")
	if d := cmp.Diff(unhex(t, `80c90001 11223344 81ca0002 11223344 01000000`), b[:n]); d != "" {
		t.Error(d)
	}
}

func bye(ssrc uint32) []byte {
	b := make([]byte, rtp.ByeSize)
	return b[:rtp.PutBye(b, ssrc)]
}

func TestReport_whatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const us = 99
		ssrc := rapid.Uint32().Draw(t, "ssrc")
		cname := rapid.StringN(0, 300, 400).Draw(t, "cname")
		want := rtp.Report{SSRC: ssrc, CNAME: []byte(cname)[:min(len(cname), 255)]}
		var sent *rtp.SenderReport
		var received *rtp.ReceptionReport
		if want.HasSent = rapid.Bool().Draw(t, "sent"); want.HasSent {
			sent = &rtp.SenderReport{NTP: rapid.Uint64().Draw(t, "ntp"), Timestamp: rapid.Uint32().Draw(t, "ts"),
				Packets: rapid.Uint32().Draw(t, "packets"), Octets: rapid.Uint32().Draw(t, "octets")}
			want.Sent = *sent
		}
		if want.HasAbout = rapid.Bool().Draw(t, "about"); want.HasAbout {
			received = &rtp.ReceptionReport{SSRC: us, FractionLost: rapid.Byte().Draw(t, "fraction"),
				Lost: rapid.Int32Range(-1<<23, 1<<23-1).Draw(t, "lost"), Highest: rapid.Uint32().Draw(t, "highest"),
				Jitter: rapid.Uint32().Draw(t, "jitter"), LSR: rapid.Uint32().Draw(t, "lsr"), DLSR: rapid.Uint32().Draw(t, "dlsr")}
			want.About = *received
		}
		b := make([]byte, rtp.ReportSize+rtp.ByeSize)
		n := rtp.PutReport(b, ssrc, sent, received, cname)
		if n%4 != 0 || n > rtp.ReportSize {
			t.Fatalf("%d bytes", n)
		}
		if want.Bye = rapid.Bool().Draw(t, "bye"); want.Bye {
			n += rtp.PutBye(b[n:], ssrc)
		}
		got, err := rtp.ParseReport(b[:n], us)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Fatalf("%v %s", err, d)
		}
	})
}

func TestParseReport_RFC3550_A_2(t *testing.T) {
	rr := "80c90001 11223344 "
	block := "55667788 00000001 00010002 00000005 00000006 00000007 "
	for _, c := range []struct {
		name, packet string
		ok           bool
	}{
		{"RR alone", rr, true},
		{"RR of two blocks", "82c9000d 11223344" + block + strings.Replace(block, "55667788", "00000063", 1), true},
		{"RR and more of the profile", "81c90008 11223344" + block + "deadbeef", true},
		{"a second RR", rr + "81c90007 11223344" + block, true},
		{"unknown type passed over", rr + "80cc0001 deadbeef", true},
		{"padded", rr + "a0cc0002 deadbeef 00000004", true},
		{"a source without items", rr + "81ca0002 11223344 00000000", true},
		{"two sources", rr + "82ca0004 00000001 01016100 11223344 01017a00", true},
		{"empty BYE", rr + "80cb0000", true},
		{"BYE with a reason", rr + "81cb0002 11223344 03627965", true},

		{"empty", "", false},
		{"half a header", "80c9", false},
		{"SDES first", "81ca0002 11223344 00000000", false},
		{"version 1", "40c90001 11223344", false},
		{"longer than it is", "80c90002 11223344", false},
		{"SR without its numbers", "80c80001 11223344", false},
		{"fewer blocks than it says", "82c90007 11223344" + block, false},
		{"trailing bytes", rr + "80", false},
		{"second of version 0", rr + "00ca0000", false},
		{"padded in the middle", "a0c90002 11223344 00000004" + rr, false},
		{"padding of no whole words", rr + "a0cc0002 deadbeef 00000003", false},
		{"padding of nothing", rr + "a0cc0002 deadbeef 00000000", false},
		{"padding longer than it", rr + "a0cc0001 0000000c", false},
		{"padding and nothing else", rr + "a0cc0000", false},
		{"SDES item cut off", rr + "81ca0002 11223344 01ff6100", false},
		{"SDES without an end", rr + "81ca0002 11223344 01026162", false},
		{"SDES of two sources with one", rr + "82ca0002 11223344 00000000", false},
		{"BYE of fewer than it says", rr + "82cb0001 11223344", false},
	} {
		got, err := rtp.ParseReport(unhex(t, c.packet), 0x63)
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, rtp.ErrRTCP) || !cmp.Equal(got, rtp.Report{})) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		switch c.name {
		case "RR of two blocks":
			if !got.HasAbout || got.About.Highest != 0x10002 {
				t.Errorf("%s: %+v", c.name, got)
			}
		case "two sources":
			if string(got.CNAME) != "z" {
				t.Errorf("%s: CNAME %q", c.name, got.CNAME)
			}
		case "BYE with a reason":
			if !got.Bye {
				t.Errorf("%s: no BYE", c.name)
			}
		}
	}
	// Neither is a BYE or the SR of somebody else the sender's.
	got, err := rtp.ParseReport(unhex(t, rr+"81cb0001 99999999"), 0)
	if err != nil || got.Bye {
		t.Errorf("BYE of another: %+v, %v", got, err)
	}
}

func TestRoundTrip_RFC3550_6_4_1(t *testing.T) {
	// The figure of the clause: A=0xb710:8000, DLSR=5.250 s, LSR=0xb705:2000: 6.125 s.
	got, ok := rtp.RoundTrip(0xb7108000<<16, rtp.ReceptionReport{LSR: 0xb7052000, DLSR: 0x00054000})
	if want := 6125 * time.Millisecond; !ok || got != want {
		t.Errorf("got %v %v, want %v", got, ok, want)
	}
	if _, ok := rtp.RoundTrip(0xb7108000<<16, rtp.ReceptionReport{DLSR: 7}); ok {
		t.Error("a round trip without a report of ours")
	}
	if d, ok := rtp.RoundTrip(0xb7108000<<16, rtp.ReceptionReport{LSR: 0xb7108000, DLSR: 7}); ok {
		t.Errorf("a round trip of less than nothing: %v", d)
	}
}

func TestRTCP_doesNotAllocate(t *testing.T) {
	b := make([]byte, rtp.ReportSize+rtp.ByeSize)
	sent := rtp.SenderReport{NTP: 1}
	received := rtp.ReceptionReport{SSRC: 5}
	if n := testing.AllocsPerRun(100, func() {
		k := rtp.PutReport(b, 1, &sent, &received, "confab@192.0.2.1")
		k += rtp.PutBye(b[k:], 1)
		if r, err := rtp.ParseReport(b[:k], 5); err != nil || !r.HasAbout {
			t.Fatal(r, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReport(f *testing.F) {
	f.Add(unhex(f, "81c8000c 11223344 0102030405060708 00000009 0000000a 0000000b 55667788 40fffffe 00010002 00000005 00000006 00000007 81ca0003 11223344 0103614062000000 81cb0001 11223344"))
	f.Add(unhex(f, "80c90001 11223344 a0cc0002 deadbeef 00000004"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := rtp.ParseReport(b, 0x55667788)
		if err != nil {
			return
		}
		// What it says is written, and read back as the same.
		var sent *rtp.SenderReport
		var received *rtp.ReceptionReport
		if r.HasSent {
			sent = &r.Sent
		}
		if r.HasAbout {
			received = &r.About
		}
		c := make([]byte, rtp.ReportSize+rtp.ByeSize)
		n := rtp.PutReport(c, r.SSRC, sent, received, string(r.CNAME))
		if r.Bye {
			n += rtp.PutBye(c[n:], r.SSRC)
		}
		again, err := rtp.ParseReport(c[:n], 0x55667788)
		if r.CNAME == nil {
			again.CNAME = nil
		}
		if d := cmp.Diff(r, again); err != nil || d != "" {
			t.Fatalf("%v %s", err, d)
		}
	})
}
