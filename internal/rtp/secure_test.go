package rtp_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"confab/internal/rtp"
)

func secretOf(p rtp.Profile) rtp.Keys {
	key, salt := p.Sizes()
	return rtp.Keys{Profile: p, Key: bytes.Repeat([]byte{0x5a}, key), Salt: bytes.Repeat([]byte{0xa5}, salt)}
}

func secure(tb testing.TB, k rtp.Keys) (*rtp.Protector, *rtp.Verifier) {
	tb.Helper()
	p, err := rtp.NewProtector(k)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := rtp.NewVerifier(k)
	if err != nil {
		tb.Fatal(err)
	}
	return p, v
}

var profiles = []rtp.Profile{rtp.AES128GCM, rtp.AES128CMSHA180}

// plain returns a packet with room to be protected in.
func plain(sequence uint16, ssrc uint32, payload string) []byte {
	b := make([]byte, rtp.HeaderSize+len(payload), rtp.HeaderSize+len(payload)+rtp.SecureSize)
	rtp.Packet{Sequence: sequence, SSRC: ssrc, PayloadType: 0, Payload: []byte(payload)}.Put(b)
	return b
}

func TestSecure_whatIsProtectedIsReadOnceAndByTheKeyOnly(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile.String(), func(t *testing.T) {
			p, v := secure(t, secretOf(profile))
			for sequence := range 70000 { // over the wrap
				sent, err := p.Protect(plain(uint16(sequence), 7, "a word"))
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(sent, []byte("a word")) {
					t.Fatal("sent in clear")
				}
				again := bytes.Clone(sent)
				got, err := v.Unprotect(sent)
				if err != nil {
					t.Fatalf("packet %d: %v", sequence, err)
				}
				if r, err := rtp.Parse(got); err != nil || string(r.Payload) != "a word" {
					t.Fatalf("packet %d: %q, %v", sequence, r.Payload, err)
				}
				if _, err := v.Unprotect(again); !errors.Is(err, rtp.ErrUnverified) { // RFC 3711 §3.3.2
					t.Fatalf("packet %d is heard twice: %v", sequence, err)
				}
			}
			sent, _ := p.Protect(plain(5000, 7, "a word"))
			for i := range sent {
				changed := bytes.Clone(sent)
				changed[i] ^= 1
				if _, err := v.Unprotect(changed); err == nil {
					t.Errorf("a packet changed at byte %d verifies", i)
				}
				if _, err := v.Unprotect(bytes.Clone(sent[:i])); err == nil {
					t.Errorf("%d bytes of a packet verify", i)
				}
			}
		})
	}
}

func TestSecure_reports(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile.String(), func(t *testing.T) {
			p, v := secure(t, secretOf(profile))
			b := make([]byte, rtp.ReportSize+rtp.SecureReportSize)
			n := rtp.PutReport(b, 7, &rtp.SenderReport{Packets: 3}, nil, "confab")
			sent, err := p.ProtectReport(b[:n])
			if err != nil {
				t.Fatal(err)
			}
			again := bytes.Clone(sent)
			changed := bytes.Clone(sent)
			changed[len(changed)/2] ^= 1
			if _, err := v.UnprotectReport(changed); err == nil {
				t.Error("a changed report verifies")
			}
			got, err := v.UnprotectReport(sent)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := rtp.ParseReport(got, 1); err != nil || r.Sent.Packets != 3 {
				t.Errorf("%+v, %v", r, err)
			}
			if _, err := v.UnprotectReport(again); err == nil {
				t.Error("a report is heard twice")
			}
		})
	}
}

// RFC 3711 §4.2, RFC 7714 §14.2: a tag of 10 bytes, and of 16.
func TestSecure_sizes(t *testing.T) {
	for profile, more := range map[rtp.Profile]int{rtp.AES128GCM: 16, rtp.AES128CMSHA180: 10} {
		p, _ := secure(t, secretOf(profile))
		b := plain(1, 1, "0123456789")
		sent, err := p.Protect(b)
		if err != nil || len(sent) != len(b)+more {
			t.Errorf("%s: %d bytes become %d, %v: want %d more", profile, len(b), len(sent), err, more)
		}
		if &sent[0] != &b[0] {
			t.Errorf("%s: not in place", profile)
		}
	}
}

func TestSecure_aFarEndHasNoMoreThanSoManyStreams(t *testing.T) {
	p, v := secure(t, secretOf(rtp.AES128GCM))
	heard := 0
	for ssrc := range 1000 {
		sent, _ := p.Protect(plain(1, uint32(ssrc+1), "x"))
		if _, err := v.Unprotect(sent); err == nil {
			heard++
		}
	}
	if heard != 32 {
		t.Errorf("%d streams heard, want 32", heard)
	}
	sent, _ := p.Protect(plain(2, 3, "x"))
	if _, err := v.Unprotect(sent); err != nil {
		t.Error("one that was known is not heard any more")
	}
}

func TestSecure_wrongKeys(t *testing.T) {
	for _, k := range []rtp.Keys{{}, {Profile: rtp.AES128GCM, Key: make([]byte, 16), Salt: make([]byte, 14)}, {Profile: 2}} {
		if _, err := rtp.NewProtector(k); err == nil {
			t.Errorf("%v with %d, %d: taken", k.Profile, len(k.Key), len(k.Salt))
		}
	}
	k := secretOf(rtp.AES128GCM)
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %s %+v", k, k, k)} {
		if strings.Contains(text, hex.EncodeToString(k.Key)) || strings.Contains(text, "90") {
			t.Errorf("a key is printed: %s", text)
		}
	}
}

// With a header extension, as browsers send it.
func extended(sequence uint16) []byte {
	b := plain(sequence, 9, "--------one byte header extension, and what is said: 160 bytes of it or so, as much as twenty milliseconds of the telephone's own way of coding have in them.")
	b[0] |= 0x10
	binary.BigEndian.PutUint16(b[12:], 0xbede)
	binary.BigEndian.PutUint16(b[14:], 1)
	copy(b[16:], []byte{0x10, 0x7f, 0, 0})
	return b
}

func TestSecure_doesNotAllocate(t *testing.T) {
	for _, profile := range profiles {
		p, v := secure(t, secretOf(profile))
		sequence := uint16(0)
		buf := make([]byte, 1500)
		template := extended(0)
		report := make([]byte, rtp.ReportSize+rtp.SecureReportSize)
		n := testing.AllocsPerRun(1000, func() {
			sequence++
			b := buf[:copy(buf, template)]
			binary.BigEndian.PutUint16(b[2:], sequence)
			sent, err := p.Protect(b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Unprotect(sent); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 && !(raceDetector && profile == rtp.AES128CMSHA180) { // its hashes come from a pool
			t.Errorf("%s: %v allocations for a packet sent and received", profile, n)
		}
		n = testing.AllocsPerRun(1000, func() {
			size := rtp.PutReport(report, 9, &rtp.SenderReport{}, nil, "confab")
			sent, _ := p.ProtectReport(report[:size])
			if _, err := v.UnprotectReport(sent); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %v allocations for a report sent and received", profile, n)
	}
}

func BenchmarkSecure(b *testing.B) {
	for _, profile := range profiles {
		b.Run(profile.String(), func(b *testing.B) {
			p, v := secure(b, secretOf(profile))
			buf, template := make([]byte, 1500), extended(0)
			for i := range b.N {
				packet := buf[:copy(buf, template)]
				binary.BigEndian.PutUint16(packet[2:], uint16(i))
				sent, _ := p.Protect(packet)
				if _, err := v.Unprotect(sent); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
