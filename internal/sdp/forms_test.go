package sdp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/sdp"
)

// formed is us with a codec that is offered in two forms, which a=fmtp tells apart, and
// of neither of which more is taken than it knows.
func formed() sdp.Local {
	l := us()
	form := func(pt uint8, mark string) sdp.Format {
		return sdp.Format{Name: "AMR-WB", Clock: 16000, PayloadType: pt, Parameters: mark + "max-red=0", Band: 16000, Whole: true,
			Answer: func(offered string) (string, bool) {
				aligned := strings.Contains(offered, "octet-align=1")
				if aligned != (mark != "") || strings.Contains(offered, "crc=1") {
					return "", false
				}
				if strings.Contains(offered, "mode-set=0,1,2") {
					return mark + "mode-set=0,1,2;max-red=0", true
				}
				return mark + "max-red=0", true
			}}
	}
	l.Formats = []sdp.Format{form(110, ""), form(111, "octet-align=1;"), {Name: "PCMU", Clock: 8000, Band: 8000}}
	return l
}

// RFC 3264 §6.1: of each payload type that is offered, what a=fmtp says of it decides
// whether we have it, and is answered.
func TestAnswer_RFC3264_6_1_forms(t *testing.T) {
	const rtpmap = "a=rtpmap:96 AMR-WB/16000"
	for _, v := range []struct {
		name  string
		offer []string
		want  string // our format and what we say of it
	}{
		{"nothing said", []string{"m=audio 4000 RTP/AVP 0 96", rtpmap}, "96: max-red=0"},
		{"aligned", []string{"m=audio 4000 RTP/AVP 0 96", rtpmap, "a=fmtp:96 octet-align=1; mode-set=0,1,2"}, "96: octet-align=1;mode-set=0,1,2;max-red=0"},
		{"one channel", []string{"m=audio 4000 RTP/AVP 96", rtpmap + "/1"}, "96: max-red=0"},
		{"two channels", []string{"m=audio 4000 RTP/AVP 96 0", rtpmap + "/2"}, "0: "},
		{"checksums", []string{"m=audio 4000 RTP/AVP 96 0", rtpmap, "a=fmtp:96 octet-align=1;crc=1"}, "0: "},
		{"the second of two", []string{"m=audio 4000 RTP/AVP 96 97 0", rtpmap, "a=fmtp:96 crc=1", "a=rtpmap:97 amr-wb/16000", "a=fmtp:97 octet-align=1"}, "97: octet-align=1;max-red=0"},
	} {
		text, got, err := sdp.Answer(mustParse(t, lines(v.offer...)), formed())
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		_, said, _ := strings.Cut(string(text), "a=fmtp:")
		said, _, _ = strings.Cut(said, "\r\n")
		if payload, is, ok := strings.Cut(v.want, ": "); !strings.Contains(string(text), " RTP/AVP "+payload+"\r\n") || ok && is != "" && said != payload+" "+is {
			t.Errorf("%s: agreed %+v; want %s:\n%s", v.name, got, v.want, text)
		}
	}
	_, _, err := sdp.Answer(mustParse(t, lines("m=audio 4000 RTP/AVP 96", rtpmap, "a=fmtp:96 crc=1")), formed())
	if !errors.Is(err, sdp.ErrNothingFits) {
		t.Errorf("checksums and nothing else: %v", err)
	}
}

// Both forms are offered, and the answer says which was taken, and how.
func TestOffer_forms(t *testing.T) {
	text := string(sdp.Offer(formed()))
	_, media, _ := strings.Cut(text, "m=audio")
	want := strings.Join([]string{" 10000 RTP/AVP 110 111 0 101 102", "a=rtpmap:110 AMR-WB/16000", "a=fmtp:110 max-red=0",
		"a=rtpmap:111 AMR-WB/16000", "a=fmtp:111 octet-align=1;max-red=0", "a=rtpmap:0 PCMU/8000",
		"a=rtpmap:101 telephone-event/16000", "a=fmtp:101 0-15", "a=rtpmap:102 telephone-event/8000", "a=fmtp:102 0-15",
		"a=ptime:20", "a=sendrecv"}, "\r\n") + "\r\n"
	if d := cmp.Diff(want, media); d != "" {
		t.Errorf("offer (-want +got):\n%s", d)
	}
	for _, v := range []struct {
		payload, says string
		err           error
	}{
		{"110", "", nil}, {"111", "octet-align=1;mode-set=0,1,2", nil},
		{"111", "octet-align=1;crc=1", sdp.ErrNothingFits},
	} {
		answer := lines("m=audio 4000 RTP/AVP "+v.payload, "a=rtpmap:"+v.payload+" AMR-WB/16000", "a=fmtp:"+v.payload+" "+v.says)
		got, err := sdp.Accept(formed(), mustParse(t, answer))
		if !errors.Is(err, v.err) || err == nil && (got.Name != "AMR-WB" || got.Parameters != v.says || got.Clock != 16000) {
			t.Errorf("%s %q: %+v, %v", v.payload, v.says, got, err)
		}
	}
}

// What is only accepted is taken of an offer, and neither offered nor taken of an answer.
func TestAnswer_unoffered(t *testing.T) {
	l := formed()
	for i := range 2 {
		l.Formats[i].Unoffered = true
	}
	text := string(sdp.Offer(l))
	if strings.Contains(text, "AMR-WB") || strings.Contains(text, "16000") || !strings.Contains(text, " RTP/AVP 0 101\r\n") {
		t.Errorf("offered:\n%s", text)
	}
	spoken := lines("m=audio 4000 RTP/AVP 0 110", "a=rtpmap:110 AMR-WB/16000")
	if _, got, err := sdp.Answer(mustParse(t, spoken), l); err != nil || got.Name != "AMR-WB" {
		t.Errorf("answered: %+v, %v", got, err)
	}
	if got, err := sdp.Accept(l, mustParse(t, lines("m=audio 4000 RTP/AVP 110", "a=rtpmap:110 AMR-WB/16000"))); err == nil {
		t.Errorf("an answer with what was not offered: %+v", got)
	}
}
