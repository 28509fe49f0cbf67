package sip_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/sip"
)

// RFC 4867 §8.3.1: AMR-WB is taken of who offers it, as far as we can do what is asked for,
// and is not offered before it is spoken.
func TestInvite_RFC4867_8_3_1_accepted(t *testing.T) {
	amrwb, err := codec.AMRWB()
	if err != nil {
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; scripts/install-test installs them", err)
	}
	wide := func(cfg *sip.Config) {
		cfg.Codecs, cfg.Accepted = []codec.Codec{codec.G722, codec.PCMU}, []codec.Codec{amrwb}
	}
	bubble(t, wide, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		c.send(c.text("INVITE"))
		body(t, c.response(200, "INVITE"), `m=audio \d+ RTP/AVP 9 0 101\r\n`)
		c.send(c.text("ACK", sdpAt(farHost, 40000)))
		const answer = `m=audio \d+ RTP/AVP %s 100\r\na=rtpmap:%[1]s AMR-WB/16000\r\na=fmtp:%[1]s %smode-change-capability=2;max-red=0\r\na=rtpmap:100 telephone-event/16000\r\n`
		for _, step := range []struct {
			fmtp, answer string
			rate         int
		}{
			{"octet-align=1;mode-set=0,1,2;mode-change-period=2", fmt.Sprintf(answer, "96", "octet-align=1;mode-set=0,1,2;"), 16000},
			{"octet-align=1;crc=1", `m=audio \d+ RTP/AVP 0 101\r\n`, 8000},
			{"max-red=220", fmt.Sprintf(answer, "96", ""), 16000},
		} {
			offer := sdpAt(farHost, 40000, "a=rtpmap:96 AMR-WB/16000", "a=fmtp:96 "+step.fmtp, "a=rtpmap:100 telephone-event/16000")
			c.send(c.text("INVITE", strings.Replace(offer, "AVP 0 101", "AVP 0 96 100 101", 1)))
			body(t, c.response(200, "INVITE"), step.answer)
			c.send(c.text("ACK"))
			if got := l.Session().Rate(); got != step.rate {
				t.Errorf("%q: the call is at %d Hz, want %d", step.fmtp, got, step.rate)
			}
		}
		c.send(c.text("INVITE"))
		body(t, c.response(200, "INVITE"), `m=audio \d+ RTP/AVP 9 0 110 111 101 102\r\n`)
		c.send(c.text("ACK", sdpAt(farHost, 40000)))
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}
