package sdp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/internal/sdp"
)

// mediaLines returns the values of the m= lines of text, in order.
func mediaLines(text string) (list []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "m=") {
			list = append(list, strings.TrimSuffix(line[2:], "\r"))
		}
	}
	return list
}

// FuzzAnswer feeds anything as an offer. What is answered must be a
// description that answers it: as many streams, in the same order, one of them
// taken with formats that were offered.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(lines("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=ptime:20")))
	f.Add([]byte(lines("m=image 5000 udptl t38", "m=audio 4000 RTP/AVP 8", "a=sendonly", "a=rtcp:1 IN IP4 0.0.0.0")))
	f.Add([]byte(lines("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 PCMU/8000/1", "c=IN IP6 ::", "a=maxptime:3")))
	f.Add([]byte("v=0\nm=audio 4000/2 RTP/AVPF 0\nc=IN IP4 fe80::1%eth0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		offer, err := sdp.Parse(b)
		if err != nil {
			if !errors.Is(err, sdp.ErrSyntax) {
				t.Fatalf("error %v does not wrap ErrSyntax", err)
			}
			return
		}
		text, a, err := sdp.Answer(offer, wide())
		if err != nil {
			if !errors.Is(err, sdp.ErrNothingFits) {
				t.Fatalf("error %v", err)
			}
			return
		}
		answer, err := sdp.Parse(text)
		if err != nil {
			t.Fatalf("the answer cannot be read: %v\n%s", err, text)
		}
		asked, given := mediaLines(string(b)), mediaLines(string(text))
		if len(given) != len(asked) || answer.Streams() != offer.Streams() {
			t.Fatalf("%d streams answered with %d", len(asked), len(given))
		}
		taken := 0
		for i := range given {
			q, r := strings.Fields(asked[i]), strings.Fields(given[i])
			if q[0] != r[0] || q[2] != r[2] {
				t.Errorf("%q answered with %q", asked[i], given[i])
			}
			for _, pt := range r[3:] {
				if !slices.Contains(q[3:], pt) {
					t.Errorf("%q answered with a format of ours: %q", asked[i], given[i])
				}
			}
			if r[1] != "0" {
				taken++
			}
		}
		if taken != 1 {
			t.Errorf("%d streams taken:\n%s", taken, text)
		}
		if a.PTime < 10*time.Millisecond || a.PTime > 20*time.Millisecond || a.Clock != 8000 && a.Name != "opus" || a.PayloadType > 127 {
			t.Errorf("agreed %+v", a)
		}
		if a.Send && a.Remote.IsValid() && a.Remote.Addr().IsUnspecified() {
			t.Errorf("sends to %v", a.Remote)
		}
	})
}
