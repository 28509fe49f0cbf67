package webhook_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// A failure says what was asked and answered, but nothing of what callers keyed,
// of cookies, and of the credentials and queries of URLs.
func TestExchange_isKeptWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Date"] = nil
			w.Header().Set("Content-Length", "103")
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Set-Cookie", "session=hush")
			w.Header().Set("Location", "http://user:hush@app.test/next?token=hush")
			w.WriteHeader(503)
			io.WriteString(w, `<Play>https://user:hush@app.test/a.wav</Play> <Play>http://hush@app.test/b?at=@</Play> ask a@b.test`)
		})
		c := b.client()
		for _, method := range []string{"GET", "POST"} {
			_, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://user:hush@app.test/voice?token=hush", Method: method,
				Params: url.Values{"CallSid": {"CA1"}, "Digits": {"2468"}, "ErrorUrl": {"http://app.test/a?pin=2468"}, "SipHeader_X-Tea": {"a&b"}}})
			got := err.(*contract.Error).Exchange
			if got == nil || got.ID == "" {
				t.Fatalf("%s: %v has no exchange", method, err)
			}
			want := contract.Exchange{ID: got.ID, Method: method,
				Variables: "CallSid=CA1&Digits=%2A%2A%2A&ErrorUrl=http%3A%2F%2Fapp.test%2Fa&SipHeader_X-Tea=a%26b",
				Headers:   "Content-Length=103&Content-Type=text%2Fplain&Location=http%3A%2F%2Fapp.test%2Fnext&Set-Cookie=%2A%2A%2A",
				Body:      `<Play>https://***@app.test/a.wav</Play> <Play>http://***@app.test/b?at=@</Play> ask a@b.test`}
			if *got != want {
				t.Errorf("%s:\ngot  %+v\nwant %+v", method, *got, want)
			}
		}
	})
}

func TestExchange_whatHadComeIsKept(t *testing.T) {
	large := strings.Repeat("é", webhook.MaxDocument)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		body   func(string) bool
	}{
		"a long error page":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); io.WriteString(w, large) }, cutOff},
		"too long":           {text(large), cutOff},
		"too long by header": {announced(1 << 40), func(s string) bool { return s == "" }},
		"no text": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); w.Write([]byte{0, 1, 2}) },
			func(s string) bool { return s == "" }},
		"other encodings": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); w.Write([]byte{'a', 0xff}) },
			func(s string) bool { return s == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.serve("192.0.2.10:80", test.answer)
				_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/"})
				got := err.(*contract.Error).Exchange
				if got == nil || got.Headers == "" || !test.body(got.Body) {
					t.Fatalf("%v: %+v", err, got)
				}
			})
		})
	}
}

func cutOff(body string) bool {
	return len(body) == 8<<10 && utf8.ValidString(body)
}

func TestExchange_noneWhereNothingWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "ftp://app.test/"})
		if got := err.(*contract.Error).Exchange; got != nil {
			t.Errorf("got %+v", got)
		}
		_, err = b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test:81/", Params: url.Values{"CallSid": {"CA1"}}})
		if got := err.(*contract.Error).Exchange; got == nil || got.Variables != "CallSid=CA1" || got.Headers != "" || got.Body != "" {
			t.Errorf("nobody answered: %+v", got)
		}
	})
}
