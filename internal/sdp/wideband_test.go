package sdp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/sdp"
)

// wide is us with codecs of wider bands, in no order of width.
func wide() sdp.Local {
	l := us()
	l.Formats = []sdp.Format{
		{Name: "PCMU", Clock: 8000, PayloadType: 0, Band: 8000},
		{Name: "opus", Clock: 48000, Channels: 2, PayloadType: 110, Parameters: "minptime=10;useinbandfec=1", Band: 48000, Whole: true},
		{Name: "G722", Clock: 8000, PayloadType: 9, Band: 16000},
		{Name: "L16", Clock: 16000, PayloadType: 111, Band: 16000},
	}
	return l
}

// RFC 3264 §6.1: the answerer may have a preference of its own, and ours is the widest
// band; what is alike is in the offerer's order.
func TestAnswer_widestBand(t *testing.T) {
	const events = "a=rtpmap:101 telephone-event/8000"
	for _, tt := range []struct {
		name  string
		offer []string
		want  sdp.Agreed
		lines []string
	}{
		{
			"Opus before what stands before it (RFC 7587 §7)",
			[]string{"m=audio 4000 RTP/AVP 0 9 96 97 101", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 maxplaybackrate=16000; useinbandfec=1",
				"a=rtpmap:97 telephone-event/48000", events},
			sdp.Agreed{Name: "opus", Clock: 48000, PayloadType: 96, Parameters: "maxplaybackrate=16000; useinbandfec=1", DTMF: 97, DTMFClock: 48000},
			[]string{"m=audio 10000 RTP/AVP 96 97", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 minptime=10;useinbandfec=1",
				"a=rtpmap:97 telephone-event/48000", "a=fmtp:97 0-15"},
		},
		{
			"Opus, and telephone-event at another clock only", // Deviation (RFC 4733 §2.1)
			[]string{"m=audio 4000 RTP/AVP 96 101", "a=rtpmap:96 OPUS/48000/2", events},
			sdp.Agreed{Name: "opus", Clock: 48000, PayloadType: 96, DTMF: 101, DTMFClock: 8000},
			[]string{"m=audio 10000 RTP/AVP 96 101", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 minptime=10;useinbandfec=1", events, "a=fmtp:101 0-15"},
		},
		{
			"Opus cannot be cut into 10 ms",
			[]string{"m=audio 4000 RTP/AVP 96 9 101", "a=rtpmap:96 opus/48000/2", events, "a=maxptime:10"},
			sdp.Agreed{Name: "G722", Clock: 8000, PayloadType: 9, DTMF: 101, DTMFClock: 8000, PTime: 10 * time.Millisecond},
			[]string{"m=audio 10000 RTP/AVP 9 101", "a=rtpmap:9 G722/8000", events, "a=fmtp:101 0-15"},
		},
		{
			"of two that are alike the offerer's first",
			[]string{"m=audio 4000 RTP/AVP 0 98 9", "a=rtpmap:98 L16/16000/1"},
			sdp.Agreed{Name: "L16", Clock: 16000, PayloadType: 98},
			[]string{"m=audio 10000 RTP/AVP 98", "a=rtpmap:98 L16/16000"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, got, err := sdp.Answer(mustParse(t, lines(tt.offer...)), wide())
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want.PTime == 0 {
				want.PTime = 20 * time.Millisecond
			}
			want.Remote, want.Send, want.Receive = got.Remote, true, true
			if d := cmp.Diff(want, got, compareAddrs); d != "" {
				t.Errorf("agreed (-want +got):\n%s", d)
			}
			_, media, _ := strings.Cut(string(text), "m=audio")
			wanted := strings.Join(append(tt.lines, "a=ptime:20", "a=sendrecv"), "\r\n") + "\r\n"
			if d := cmp.Diff(wanted, "m=audio"+media); d != "" {
				t.Errorf("answer (-want +got):\n%s", d)
			}
		})
	}
}

// Whoever answers our offer has chosen: its first is taken, not the widest.
func TestAccept_takesTheAnswerersChoice(t *testing.T) {
	got, err := sdp.Accept(wide(), mustParse(t, lines("m=audio 4000 RTP/AVP 0 110", "a=rtpmap:110 opus/48000/2")))
	if err != nil || got.Name != "PCMU" {
		t.Errorf("agreed %+v, %v", got, err)
	}
}

// An offer has telephone-event at each clock of its codecs (RFC 4733 §2.1, RFC 7587
// §7: Opus needs one of 48,000 Hz).
func TestOffer_RFC4733_2_1_eventsAtEachClock(t *testing.T) {
	text := string(sdp.Offer(wide()))
	_, media, _ := strings.Cut(text, "m=audio")
	want := strings.Join([]string{" 10000 RTP/AVP 0 110 9 111 101 102 103", "a=rtpmap:0 PCMU/8000", "a=rtpmap:110 opus/48000/2",
		"a=fmtp:110 minptime=10;useinbandfec=1", "a=rtpmap:9 G722/8000", "a=rtpmap:111 L16/16000",
		"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtpmap:102 telephone-event/48000", "a=fmtp:102 0-15",
		"a=rtpmap:103 telephone-event/16000", "a=fmtp:103 0-15", "a=ptime:20", "a=sendrecv"}, "\r\n") + "\r\n"
	if d := cmp.Diff(want, media); d != "" {
		t.Errorf("offer (-want +got):\n%s", d)
	}
	// And both ends come to the same.
	a, b := wide(), wide()
	b.Formats = b.Formats[1:]
	answer, agreed, err := sdp.Answer(mustParse(t, text), b)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := sdp.Accept(a, mustParse(t, string(answer)))
	if err != nil || accepted.Name != "opus" || accepted.DTMF != agreed.DTMF || accepted.DTMFClock != 48000 || agreed.PayloadType != accepted.PayloadType {
		t.Errorf("agreed %+v, accepted %+v, %v", agreed, accepted, err)
	}
}
