package confab_test

import (
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/confab"
)

// Behind a proxy, a request whose end two readers see in different places lets one
// customer write into another's. What can be read in two ways is answered with
// 400, and nothing of the connection is read further.
func TestHTTP_twoReadings(t *testing.T) {
	c := config(t)
	c.Account = confab.Account{SID: "AC0123456789abcdef0123456789abcdef", AuthToken: "atokenthatisreallynotmeanttobeseen"}
	s, _ := start(t, c)
	accounts := api.Root + "Accounts/" + string(s.Account().SID)
	auth := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(string(s.Account().SID)+":"+s.Account().AuthToken)) + "\r\n"
	const (
		form = "Content-Type: application/x-www-form-urlencoded\r\n"
		host = "Host: confab.example\r\n"
	)
	// hidden is what a second reader would take for a request, with the credentials
	// that the first one has.
	hidden := "POST " + accounts + ".json HTTP/1.1\r\n" + host + auth + form + "Connection: close\r\nContent-Length: 21\r\n\r\nFriendlyName=smuggled"
	post := func(headers, body string) string {
		return "POST " + accounts + ".json HTTP/1.1\r\n" + host + auth + form + headers + "\r\n" + body
	}
	// What has one reading is two requests.
	if answers := exchange(t, s.HTTP().String(), post("Content-Length: 18\r\n", "FriendlyName=first")+hidden); strings.Count(answers, "HTTP/1.1 200") != 2 {
		t.Fatalf("two requests are answered with\n%s", answers)
	}
	exchange(t, s.HTTP().String(), post("Connection: close\r\nContent-Length: 18\r\n", "FriendlyName=first"))
	t.Run("refused", func(t *testing.T) {
		for name, request := range map[string]string{
			"two lengths":                  post("Content-Length: 0\r\nContent-Length: 200\r\n", hidden),
			"two lengths in one":           post("Content-Length: 0, 200\r\n", hidden),
			"length with a sign":           post("Content-Length: +0\r\n", hidden),
			"negative length":              post("Content-Length: -1\r\n", hidden),
			"length in hexadecimal":        post("Content-Length: 0x0\r\n", hidden),
			"coding that is none":          post("Transfer-Encoding: identity\r\n", hidden),
			"coding behind another":        post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"+hidden),
			"chunked twice":                post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden),
			"chunked with a tail":          post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"+hidden),
			"chunked, misspelt":            post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+hidden),
			"chunked behind a tab":         post("Transfer-Encoding:\x0bchunked\r\n", "0\r\n\r\n"+hidden),
			"space before the colon":       post("Content-Length : 0\r\n", hidden),
			"space before the coding":      post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+hidden),
			"NUL in a header":              post("X: a\x00b\r\nContent-Length: 0\r\n", hidden),
			"header without a name":        post(": x\r\nContent-Length: 0\r\n", hidden),
			"header without a colon":       post("Content-Length 0\r\n", hidden),
			"no host":                      "GET " + accounts + ".json HTTP/1.1\r\n" + auth + "\r\n" + hidden,
			"two hosts":                    "GET " + accounts + ".json HTTP/1.1\r\n" + host + host + auth + "\r\n" + hidden,
			"space in the target":          "GET " + accounts + ".json HTTP/1.1 HTTP/1.1\r\n" + host + auth + "\r\n" + hidden,
			"control in the target":        "GET " + accounts + "\x01.json HTTP/1.1\r\n" + host + auth + "\r\n" + hidden,
			"bad escape in the target":     "GET " + accounts + "%zz.json HTTP/1.1\r\n" + host + auth + "\r\n" + hidden,
			"no version":                   "GET " + accounts + ".json\r\n" + host + auth + "\r\n" + hidden,
			"another version":              "GET " + accounts + ".json HTTP/1.9x\r\n" + host + auth + "\r\n" + hidden,
			"method with a colon":          "GE:T " + accounts + ".json HTTP/1.1\r\n" + host + auth + "\r\n" + hidden,
			"chunk of a negative length":   post("Transfer-Encoding: chunked\r\n", "-1\r\n"+hidden),
			"chunk length with a prefix":   post("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n"+hidden),
			"chunk that does not end":      post("Transfer-Encoding: chunked\r\n", "1\r\nxx\r\n0\r\n\r\n"+hidden),
			"chunk length beyond counting": post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff1\r\n"+hidden),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				answers := exchange(t, s.HTTP().String(), request)
				if n := strings.Count(answers, "HTTP/1.1 "); n != 1 || !strings.HasPrefix(answers, "HTTP/1.1 4") && !strings.HasPrefix(answers, "HTTP/1.1 501") &&
					!strings.HasPrefix(answers, "HTTP/1.1 505") {
					t.Errorf("%d answers, want one that refuses:\n%.600s", n, answers)
				}
			})
		}
	})
	// One reading only: both lengths say the same, or chunked counts (RFC 9112 §6.3).
	both := exchange(t, s.HTTP().String(), post("Connection: close\r\nContent-Length: 200\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"))
	if !strings.HasPrefix(both, "HTTP/1.1 ") || strings.Count(both, "HTTP/1.1 ") != 1 {
		t.Errorf("chunked and a length:\n%.600s", both)
	}
	if shown := exchange(t, s.HTTP().String(), "GET "+accounts+".json HTTP/1.1\r\n"+host+auth+"Connection: close\r\n\r\n"); strings.Contains(shown, "smuggled") ||
		!strings.HasPrefix(shown, "HTTP/1.1 200") {
		t.Errorf("afterwards:\n%.600s", shown)
	}
}

// exchange sends text over a connection of its own and returns all that is
// answered, until the server closes or has nothing more to say.
func exchange(t *testing.T, addr, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answers, _ := io.ReadAll(conn) // a reset is an end, too
	return string(answers)
}
