package sdp_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/sdp"
)

// us is what the switch says of itself.
func us() sdp.Local {
	return sdp.Local{
		Address: netip.MustParseAddrPort("192.0.2.1:10000"),
		Formats: []sdp.Format{{Name: "PCMU", Clock: 8000, PayloadType: 0}, {Name: "PCMA", Clock: 8000, PayloadType: 8}},
		DTMF:    101,
		PTime:   20 * time.Millisecond,
		ID:      7,
		Version: 3,
	}
}

// lines joins lines with the session lines that every description has.
func lines(l ...string) string {
	head := []string{"v=0", "o=- 1 1 IN IP4 203.0.113.5", "s=-", "c=IN IP4 203.0.113.5", "t=0 0"}
	return strings.Join(append(head, l...), "\r\n") + "\r\n"
}

func mustParse(t *testing.T, text string) sdp.Description {
	t.Helper()
	d, err := sdp.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, text)
	}
	return d
}

var compareAddrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestAnswer(t *testing.T) {
	remote := netip.MustParseAddrPort("203.0.113.5:4000")
	usual := sdp.Agreed{Name: "PCMU", Clock: 8000, PayloadType: 0, DTMF: 101, DTMFClock: 8000, PTime: 20 * time.Millisecond,
		Remote: remote, Send: true, Receive: true}
	with := func(f func(*sdp.Agreed)) sdp.Agreed {
		a := usual
		f(&a)
		if a.DTMF == 0 {
			a.DTMFClock = 0
		}
		return a
	}

	tests := []struct {
		name   string
		offer  string
		local  func(*sdp.Local)
		want   sdp.Agreed
		answer []string // lines that the answer must have, in order, from the first media line on
	}{
		{
			name:  "a phone's usual offer",
			offer: lines("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv"),
			want:  usual,
			answer: []string{"m=audio 10000 RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
				"a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv"},
		},
		{
			name:   "static payload types need no rtpmap (RFC 3551 §6), and the offerer's order counts (RFC 3264 §6.1)",
			offer:  lines("m=audio 4000 RTP/AVP 18 8 0"),
			want:   with(func(a *sdp.Agreed) { a.Name, a.PayloadType, a.DTMF = "PCMA", 8, 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv"},
		},
		{
			name:   "a dynamic payload type, spelt in small letters",
			offer:  lines("m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 pcmu/8000/1", "a=rtpmap:98 TELEPHONE-EVENT/8000"),
			want:   with(func(a *sdp.Agreed) { a.PayloadType, a.DTMF = 97, 98 }),
			answer: []string{"m=audio 10000 RTP/AVP 97 98", "a=rtpmap:97 PCMU/8000", "a=rtpmap:98 telephone-event/8000", "a=fmtp:98 0-15", "a=ptime:20", "a=sendrecv"},
		},
		{
			name:   "telephone-event at the codec's clock is chosen (RFC 4733 §2.1)",
			offer:  lines("m=audio 4000 RTP/AVP 96 100 101 0", "a=rtpmap:96 opus/48000/2", "a=rtpmap:100 telephone-event/48000", "a=rtpmap:101 telephone-event/8000"),
			want:   usual,
			answer: []string{"m=audio 10000 RTP/AVP 0 101"},
		},
		{
			name:   "two channels are not ours",
			offer:  lines("m=audio 4000 RTP/AVP 97 8", "a=rtpmap:97 PCMU/8000/2"),
			want:   with(func(a *sdp.Agreed) { a.Name, a.PayloadType, a.DTMF = "PCMA", 8, 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 8"},
		},
		{
			name: "other streams are refused in their place with port 0 (RFC 3264 §6)",
			offer: lines("m=image 5000 udptl t38", "a=T38FaxVersion:0", "m=video 5002 RTP/AVP 31 34", "m=audio 4002 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0",
				"m=audio 4004 RTP/AVP 0"),
			want: with(func(a *sdp.Agreed) { a.DTMF = 0 }),
			answer: []string{"m=image 0 udptl t38", "m=video 0 RTP/AVP 31", "m=audio 0 RTP/SAVP 0", "m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000",
				"a=ptime:20", "a=sendrecv", "m=audio 0 RTP/AVP 0"},
		},
		{
			name:   "a stream that the offerer has switched off is passed over",
			offer:  lines("m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 8"),
			want:   with(func(a *sdp.Agreed) { a.Name, a.PayloadType, a.DTMF = "PCMA", 8, 0 }),
			answer: []string{"m=audio 0 RTP/AVP 0", "m=audio 10000 RTP/AVP 8"},
		},
		{
			name:   "hold by sendonly is answered recvonly",
			offer:  lines("m=audio 4000 RTP/AVP 0", "a=sendonly"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.Send = 0, false }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=recvonly"},
		},
		{
			name:   "recvonly is answered sendonly",
			offer:  lines("m=audio 4000 RTP/AVP 0", "a=recvonly"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.Receive = 0, false }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendonly"},
		},
		{
			name:   "inactive at the session level holds both ways",
			offer:  lines("a=inactive", "m=audio 4000 RTP/AVP 0"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.Send, a.Receive = 0, false, false }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=inactive"},
		},
		{
			name:   "the media line's direction beats the session's",
			offer:  lines("a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv"),
			want:   with(func(a *sdp.Agreed) { a.DTMF = 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"},
		},
		{
			name:  "hold the old way, by 0.0.0.0 (RFC 3264 §8.4)",
			offer: lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"),
			want: with(func(a *sdp.Agreed) {
				a.DTMF, a.Send, a.Remote = 0, false, netip.MustParseAddrPort("0.0.0.0:4000")
			}),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=recvonly"},
		},
		{
			name:   "we hold",
			offer:  lines("m=audio 4000 RTP/AVP 0"),
			local:  func(l *sdp.Local) { l.Held = true },
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.Receive = 0, false }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendonly"},
		},
		{
			name:   "maxptime forbids 20 ms",
			offer:  lines("m=audio 4000 RTP/AVP 0", "a=maxptime:10"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.PTime = 0, 10*time.Millisecond }),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "a wished ptime is not followed, and nonsense is passed over",
			offer:  lines("a=maxptime:99999999999999999999", "m=audio 4000 RTP/AVP 0", "a=ptime:60", "a=maxptime:-1"),
			want:   with(func(a *sdp.Agreed) { a.DTMF = 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "rtcp-mux is answered when offered (RFC 5761)",
			offer:  lines("m=audio 4000 RTP/AVP 0", "a=rtcp-mux"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.RTCPMux = 0, true }),
			answer: []string{"m=audio 10000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=rtcp-mux", "a=sendrecv"},
		},
		{
			name:  "RTCP elsewhere (RFC 3605)",
			offer: lines("m=audio 4000 RTP/AVP 0", "a=rtcp:53020 IN IP4 203.0.113.9"),
			want: with(func(a *sdp.Agreed) {
				a.DTMF, a.RTCP = 0, netip.MustParseAddrPort("203.0.113.9:53020")
			}),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "RTCP on another port",
			offer:  lines("m=audio 4000 RTP/AVP 0", "a=rtcp:53020"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.RTCP = 0, netip.MustParseAddrPort("203.0.113.5:53020") }),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "a name instead of an address: the address is to be learnt",
			offer:  lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 pc33.example.com"),
			want:   with(func(a *sdp.Agreed) { a.DTMF, a.Remote = 0, netip.AddrPort{} }),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "lines may end in LF, and what is unknown is passed over",
			offer:  "v=0\no=x y z\ns=\nq=1\nb=TIAS:64000\nm=audio 4000/2 RTP/AVP 0\nb=X-YZ:128\nc=IN IP4 203.0.113.5\na=what:ever\n",
			want:   with(func(a *sdp.Agreed) { a.DTMF = 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 0"},
		},
		{
			name:   "an rtpmap beats the static meaning of a payload type",
			offer:  lines("m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 L16/44100"),
			want:   with(func(a *sdp.Agreed) { a.Name, a.PayloadType, a.DTMF = "PCMA", 8, 0 }),
			answer: []string{"m=audio 10000 RTP/AVP 8"},
		},
		{
			name:   "feedback is not used, but its profile is answered with itself",
			offer:  lines("m=audio 4000 RTP/AVPF 0"),
			want:   with(func(a *sdp.Agreed) { a.DTMF = 0 }),
			answer: []string{"m=audio 10000 RTP/AVPF 0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := us()
			if tt.local != nil {
				tt.local(&l)
			}
			text, got, err := sdp.Answer(mustParse(t, tt.offer), l)
			if err != nil {
				t.Fatalf("Answer: %v", err)
			}
			if d := cmp.Diff(tt.want, got, compareAddrs); d != "" {
				t.Errorf("agreed (-want +got):\n%s", d)
			}
			all := strings.Split(strings.TrimSuffix(string(text), "\r\n"), "\r\n")
			head := []string{"v=0", "o=- 7 3 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"}
			if d := cmp.Diff(head, all[:5]); d != "" {
				t.Errorf("session lines (-want +got):\n%s", d)
			}
			tail := all[5:]
			if d := cmp.Diff(tt.answer, tail[:min(len(tail), len(tt.answer))]); d != "" {
				t.Errorf("media lines (-want +got):\n%s", d)
			}
		})
	}
}

func TestAnswerRepeatsTheOffersTime_RFC3264_6(t *testing.T) {
	for offered, want := range map[string]string{
		"3149328700 0": "t=3149328700 0",
		"0 0\rz=0":     "t=0 0", // nothing but two numbers is repeated
		"99":           "t=0 0",
	} {
		text, _, err := sdp.Answer(mustParse(t, "v=0\r\nc=IN IP4 203.0.113.5\r\nt="+offered+"\r\nm=audio 4000 RTP/AVP 0\r\n"), us())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\r\n"+want+"\r\n") {
			t.Errorf("t=%q answered without %q:\n%s", offered, want, text)
		}
	}
}

func TestNothingFits(t *testing.T) {
	for name, offer := range map[string]string{
		"no media":            lines(),
		"video only":          lines("m=video 4000 RTP/AVP 31"),
		"no codec of ours":    lines("m=audio 4000 RTP/AVP 18 101", "a=rtpmap:101 telephone-event/8000"),
		"SRTP only":           lines("m=audio 4000 RTP/SAVP 0"),
		"all switched off":    lines("m=audio 0 RTP/AVP 0"),
		"multicast":           lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"),
		"no connection":       "v=0\r\nm=audio 4000 RTP/AVP 0\r\n",
		"wrong clock":         lines("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 PCMU/16000"),
		"payload type is odd": lines("m=audio 4000 RTP/AVP zero 128 -1"),
	} {
		t.Run(name, func(t *testing.T) {
			text, _, err := sdp.Answer(mustParse(t, offer), us())
			if !errors.Is(err, sdp.ErrNothingFits) || text != nil {
				t.Errorf("got %q, %v; want ErrNothingFits", text, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	many := strings.Repeat("m=audio 4000 RTP/AVP 0\r\n", sdp.MaxStreams+1)
	for name, text := range map[string]string{
		"nothing":            "",
		"not SDP":            "<audio>\r\n",
		"another version":    "v=1\r\n",
		"version not first":  "s=-\r\nv=0\r\n",
		"short media line":   lines("m=audio 4000 RTP/AVP"),
		"port out of range":  lines("m=audio 65536 RTP/AVP 0"),
		"negative port":      lines("m=audio -1 RTP/AVP 0"),
		"odd connection":     lines("c=IN IP4"),
		"odd network":        lines("c=ATM IP4 192.0.2.1"),
		"too long":           lines("a=x:" + strings.Repeat("x", sdp.MaxSize)),
		"too many streams":   lines(many),
		"too many formats":   lines("m=audio 4000 RTP/AVP" + strings.Repeat(" 0", 65)),
		"a line without '='": lines("m audio"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := sdp.Parse([]byte(text)); !errors.Is(err, sdp.ErrSyntax) {
				t.Errorf("error %v; want ErrSyntax", err)
			}
		})
	}
}

func TestOffer(t *testing.T) {
	want := lines("m=audio 10000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000",
		"a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv")
	want = strings.Replace(want, "o=- 1 1 IN IP4 203.0.113.5", "o=- 7 3 IN IP4 192.0.2.1", 1)
	want = strings.Replace(want, "c=IN IP4 203.0.113.5", "c=IN IP4 192.0.2.1", 1)
	if d := cmp.Diff(want, string(sdp.Offer(us()))); d != "" {
		t.Errorf("offer (-want +got):\n%s", d)
	}
	v6 := us()
	v6.Address, v6.Held = netip.MustParseAddrPort("[2001:db8::1]:10000"), true
	got := string(sdp.Offer(v6))
	for _, want := range []string{"o=- 7 3 IN IP6 2001:db8::1\r\n", "c=IN IP6 2001:db8::1\r\n", "a=sendonly\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("offer has no %q:\n%s", want, got)
		}
	}
}

func TestAccept(t *testing.T) {
	got, err := sdp.Accept(us(), mustParse(t, lines("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", "a=rtcp-mux")))
	if err != nil {
		t.Fatal(err)
	}
	want := sdp.Agreed{Name: "PCMA", Clock: 8000, PayloadType: 8, DTMF: 101, DTMFClock: 8000, PTime: 20 * time.Millisecond,
		Remote: netip.MustParseAddrPort("203.0.113.5:4000"), Send: true, Receive: true}
	if d := cmp.Diff(want, got, compareAddrs); d != "" {
		t.Errorf("agreed (-want +got):\n%s", d)
	}
	for name, answer := range map[string]string{
		"refused":        lines("m=audio 0 RTP/AVP 0"),
		"no stream":      lines(),
		"another format": lines("m=audio 4000 RTP/AVP 18"),
	} {
		if _, err := sdp.Accept(us(), mustParse(t, answer)); !errors.Is(err, sdp.ErrNothingFits) {
			t.Errorf("%s: error %v; want ErrNothingFits", name, err)
		}
	}
}

// Both ends of a negotiation come to the same result.
func TestOfferAnswerAccept(t *testing.T) {
	for _, held := range []struct{ offerer, answerer bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprint(held), func(t *testing.T) {
			a, b := us(), us()
			b.Address = netip.MustParseAddrPort("198.51.100.2:20000")
			a.Held, b.Held = held.offerer, held.answerer
			text, atB, err := sdp.Answer(mustParse(t, string(sdp.Offer(a))), b)
			if err != nil {
				t.Fatal(err)
			}
			atA, err := sdp.Accept(a, mustParse(t, string(text)))
			if err != nil {
				t.Fatal(err)
			}
			if atA.Remote != b.Address || atB.Remote != a.Address {
				t.Errorf("remotes %v, %v; want %v, %v", atA.Remote, atB.Remote, b.Address, a.Address)
			}
			if atA.PayloadType != atB.PayloadType || atA.DTMF != atB.DTMF || atA.DTMF == 0 {
				t.Errorf("formats differ: %+v, %+v", atA, atB)
			}
			// Who hears whom is one fact.
			if want := !held.answerer; atA.Send != want || atB.Receive != want {
				t.Errorf("A to B: A sends %v, B receives %v; want %v", atA.Send, atB.Receive, want)
			}
			if want := !held.offerer; atB.Send != want || atA.Receive != want {
				t.Errorf("B to A: B sends %v, A receives %v; want %v", atB.Send, atA.Receive, want)
			}
		})
	}
}
