package mask_test

import (
	"strings"
	"testing"
	"time"

	"confab/internal/mask"
)

func TestURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://app.example/voice?tenant=7":                       "https://app.example/voice?tenant=7",
		"https://ann:geheim@app.example/voice#rc=2":                "https://app.example/voice",
		"http://a.example/x?Digits=1234&From=%2B1555":              "http://a.example/x?Digits=***&From=%2B1555",
		"http://a.example/x?access_token=abc&b=1&authToken=q":      "http://a.example/x?access_token=***&b=1&authToken=***",
		"http://a.example/x?%44igits=1234&pin=9&PIN=8&spin=2":      "http://a.example/x?%44igits=***&pin=***&PIN=***&spin=2",
		"http://a.example/x?conference_code=1;country=DE&encode=1": "http://a.example/x?conference_code=***&encode=1",
		"%zz": "***",
		"":    "",
	} {
		if got := mask.URL(raw); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		`<Redirect>/next?code=1234&amp;x=1</Redirect>`:                           `<Redirect>/next?code=***&amp;x=1</Redirect>`,
		`<Play digits="12#"/><Number sendDigits='99'>1</Number>`:                 `<Play digits="***"/><Number sendDigits='***'>1</Number>`,
		`<Sip username="u" password="p&quot;q">sip:u:p@h</Sip>`:                  `<Sip username="u" password="***">sip:u:***@h</Sip>`,
		`go to http://u:p@h.example/ and wss://x:y@z/`:                           `go to http://***@h.example/ and wss://***@z/`,
		`{"type":"listen","payload":{"token":"abc.def","x":"y"}}`:                `{"type":"listen","payload":{"token":"***","x":"y"}}`,
		`bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is here`:       `bearer *** is here`,
		`{"sdp":"v=0\r\na=ice-pwd:abcdef\r\na=crypto:1 A inline:QQQ|2^20"}`:      `{"sdp":"v=0\r\na=ice-pwd:***\r\na=crypto:1 A inline:***^20"}`,
		`{"dtmf":"5","reconnect":"x9","twilio":{"params":"pin=12&To=1&code=3"}}`: `{"dtmf":"***","reconnect":"***","twilio":{"params":"pin=***&To=1&code=***"}}`,
		`<Gather numDigits="4" finishOnKey="#"/>`:                                `<Gather numDigits="4" finishOnKey="#"/>`,
		`nothing here, encode="x", mailto:a@b`:                                   `nothing here, encode="x", mailto:a@b`,
	} {
		if got := mask.Text(text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestCodes(t *testing.T) {
	for text, want := range map[string]string{
		"1234": "***", "x1234y": "x***y", "12345": "12345", "01234": "01234", "1234 1234": "*** ***", "12341234": "12341234", "1234#": "***#", "": "",
	} {
		if got := mask.Codes(text, []string{"1234", ""}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// invite is a message as they are in calls, with everything that is not kept.
const invite = "INVITE sip:+15550100;postd=77@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK776asdhds;rport\r\n" +
	"Max-Forwards: 70\r\nTo: <sip:+15550100@192.0.2.1>\r\nFrom: \"Ann\" <sip:ann:geheim@192.0.2.20>;tag=1928301774\r\n" +
	"Call-ID: a84b4c76e66710@192.0.2.20\r\nCSeq: 314159 INVITE\r\nContact: <sip:ann@192.0.2.20>\r\nUser-Agent: desk 7\r\n" +
	"Authorization: Digest username=\"ann\",\r\n realm=\"x\",\r\n\tresponse=\"6629fae49393a05397450978507c4ef1\"\r\n" +
	"Proxy-Authorization : Digest username=\"ann\", response=\"6629fae49393a053\"\r\nX-Access-Code: 4711\r\nX-Desk: 7\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: 251\r\n\r\n" +
	"v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nk=clear:topsecret\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" +
	"a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=fingerprint:sha-256 AA:BB\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwg|2^20|1:4\r\na=sendrecv\r\n"

func TestSIP(t *testing.T) {
	got := mask.SIP([]byte(invite))
	for _, secret := range []string{"geheim", "6629fae4", "4711", "topsecret", "asd88", "WVNfX19", "postd=77"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is in it:\n%s", secret, got)
		}
	}
	for _, kept := range []string{"Authorization: Digest ***\r\n", "Proxy-Authorization: Digest ***\r\n", "X-Desk: 7\r\n", "<sip:ann:***@192.0.2.20>;tag=1928301774",
		"a=fingerprint:sha-256 AA:BB\r\n", "a=sendrecv\r\n", "X-Access-Code: ***\r\n", "Contact: <sip:ann@192.0.2.20>\r\n"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is not in it:\n%s", kept, got)
		}
	}
	_, body, _ := strings.Cut(invite, "\r\n\r\n")
	if _, masked, _ := strings.Cut(got, "\r\n\r\n"); len(masked) != len(body) {
		t.Errorf("the body has %d bytes, had %d", len(masked), len(body))
	}
}

func TestSIP_digits(t *testing.T) {
	for body, kind := range map[string]string{
		"Signal=5\r\nDuration=160\r\n": "application/dtmf-relay", "signal: 5\nDuration=160": "Application/DTMF-Relay; x=y", "5": "application/dtmf", "5\r\n": "application/dtmf",
		`<kpml-response version="1.0" code="200" digits="555"/>`:                               "application/kpml-response+xml",
		"--x\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n--x--": "multipart/mixed;boundary=x",
		"--x\r\nContent-Type: application/dtmf\r\n\r\n5\r\n--x--":                              "multipart/mixed;boundary=x",
	} {
		for _, name := range []string{"Content-Type", "c", "content-TYPE "} {
			got := mask.SIP([]byte("INFO sip:a@b SIP/2.0\r\n" + name + ": " + kind + "\r\n\r\n" + body))
			if _, masked, _ := strings.Cut(got, "\r\n\r\n"); strings.Contains(masked, "5") || len(masked) != len(body) {
				t.Errorf("%s as %s: %q", body, kind, masked)
			}
		}
	}
}

// Whatever surrounds them, secrets that stand where secrets stand do not come
// through, and nothing panics.
func FuzzSIP(f *testing.F) {
	f.Add(invite, "")
	f.Add("INFO sip:a@b SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5", "x")
	f.Add("\n\r\n", ":")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "q7Zk9W2xQ7zK9w2X"
		mask.SIP([]byte(before))
		if strings.Contains(before, secret) || strings.Contains(after, secret) || strings.ContainsAny(after, "\r\n") {
			return
		}
		head := "SIP/2.0 200 OK\r\n"
		if before = strings.TrimRight(before, "\r\n \t"); before != "" {
			head += before + "\r\n"
		}
		if strings.Contains(head, "\n\r\n") || strings.Contains(head, "\n\n") {
			return // what follows is the body
		}
		for _, text := range []string{
			head + "Authorization: Digest response=\"" + secret + "\"" + after + "\r\n\r\n",
			head + "authorization:" + after + secret + "\r\n\r\n",
			head + "Proxy-Authorization: Digest x,\r\n " + after + " response=" + secret + "\r\n\r\n",
			head + "\r\nv=0\r\na=ice-pwd:" + secret + "\r\n" + after,
			head + "\r\nv=0\r\na=crypto:1 X inline:" + secret + "|2^20\r\n" + after,
		} {
			if got := mask.SIP([]byte(text)); strings.Contains(got, secret) {
				t.Errorf("%q:\n%q", text, got)
			}
		}
	})
}

// Text answers with text that holds no password of a URL and no value of a secret
// name, whatever stands around.
func FuzzText(f *testing.F) {
	f.Add("<Response>", "</Response>")
	f.Add(`{"a":`, `}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "q7Zk9W2xQ7zK9w2X"
		if strings.Contains(before+after, secret) {
			return
		}
		for _, text := range []string{
			before + " http://ann:" + secret + "@host/ " + after,
			before + "?code=" + secret + "&x=1" + after,
			before + ` password="` + secret + `"` + after,
		} {
			got := mask.Text(text)
			if strings.Contains(got, secret) {
				t.Errorf("%q:\n%q", text, got)
			}
		}
		mask.Query(before)
		mask.URL(before)
		mask.Codes(before, []string{after, "1"})
	})
}

// What was made to be slow is not: the time grows with the length alone.
func TestMask_isLinear(t *testing.T) {
	for _, piece := range []string{"sip:", "sip:a:", "pin=", `pin="`, `"pin":"`, "http://", "eyJ", "inline:", "=", "\n", "k=a:", "@", ";postd="} {
		long := strings.Repeat(piece, 1<<18/len(piece)) + "@"
		begin := time.Now()
		mask.Text(long)
		mask.SIP([]byte(long))
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%d bytes of %q took %v", len(long), piece, took)
		}
	}
}

func BenchmarkSIP(b *testing.B) {
	b.SetBytes(int64(len(invite)))
	for b.Loop() {
		mask.SIP([]byte(invite))
	}
}

// BenchmarkSIP_usual is an INVITE without a secret in it: what most are.
func BenchmarkSIP_usual(b *testing.B) {
	usual := strings.NewReplacer(":geheim", "", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwg|2^20|1:4\r\n", "",
		"a=ice-pwd:asd88fgpdd777uzjYhagZg\r\n", "", "k=clear:topsecret\r\n", "").Replace(invite)
	b.SetBytes(int64(len(usual)))
	for b.Loop() {
		mask.SIP([]byte(usual))
	}
}

func BenchmarkText(b *testing.B) {
	text := `<?xml version="1.0"?><Response><Gather numDigits="4" action="/code?tenant=7"><Say>Please enter your access code.</Say></Gather></Response>`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		mask.Text(text)
	}
}
