package webhook_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

func TestFailuresHaveTheirCodes(t *testing.T) {
	large := strings.Repeat("x", webhook.MaxDocument)
	tests := []struct {
		name, url string
		answer    http.HandlerFunc
		raw       func(net.Conn)
		code      contract.Code
		requests  int
		took      time.Duration
	}{
		{name: "200", answer: status(200), requests: 1},
		{name: "204", answer: status(204), requests: 1},
		{name: "exactly 64 KB", answer: text(large), requests: 1},
		{name: "404", answer: status(404), code: contract.CodeRetrieval, requests: 1},
		{name: "500", answer: status(500), code: contract.CodeRetrieval, requests: 1},
		{name: "304", answer: status(304), code: contract.CodeRetrieval, requests: 1},
		{name: "redirect to nowhere", answer: status(302), code: contract.CodeRetrieval, requests: 1},
		{name: "endless error page", answer: endless(500), code: contract.CodeRetrieval, requests: 1},
		{name: "sound of more than 64 KB", answer: kind("audio/wav", text(large+"x")), requests: 1},
		{name: "sound without end", answer: kind("audio/wav", endless(200)), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "a bomb in gzip stays one", answer: kind("text/xml", bomb), requests: 1},
		{name: "more than 64 KB", answer: text(large + "x"), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "megabytes announced", answer: announced(1 << 40), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "megabytes without end", answer: endless(200), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "silence", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "just in time", answer: slow(14 * time.Second), requests: 1, took: 14 * time.Second},
		{name: "drop by drop", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "silence with rt", url: "#rt=1000", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: time.Second},
		{name: "silence with rt, again", url: "#rt=1000&rp=rt&rc=3", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 4, took: 4 * time.Second},
		{name: "drop by drop with rt", url: "#rt=1500", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "drop by drop, too slow for rt", url: "#rt=500&rp=all&rc=3", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 500 * time.Millisecond},
		{name: "tt", url: "#tt=2000&rc=5&rp=all", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: 2 * time.Second},
		{name: "tt over retries", url: "#tt=2500&rt=1000&rc=5&rp=all", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 3, took: 2500 * time.Millisecond},
		{name: "500 again", url: "#rc=3&rp=5xx", answer: status(500), code: contract.CodeRetrieval, requests: 4},
		{name: "404 again", url: "#rc=2&rp=ct,4xx", answer: status(404), code: contract.CodeRetrieval, requests: 3},
		{name: "404 not asked for", url: "#rc=2&rp=5xx", answer: status(404), code: contract.CodeRetrieval, requests: 1},
		{name: "closed at once", raw: func(c net.Conn) {}, code: contract.CodeRetrieval},
		{name: "closed after the request", raw: func(c net.Conn) { c.Read(make([]byte, 4096)) }, code: contract.CodeRetrieval},
		{name: "not HTTP", raw: says("220 mail.test ESMTP\r\n"), code: contract.CodeProtocol},
		{name: "bad header", raw: says("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), code: contract.CodeProtocol},
		{name: "cut short", raw: says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), code: contract.CodeRetrieval},
		{name: "header drop by drop", raw: drips("HTTP/1.1 200 OK\r\nX: ", 500*time.Millisecond), code: contract.CodeRetrieval, took: 15 * time.Second},
		{name: "header drop by drop with rt", raw: drips("HTTP/1.1 200 OK\r\nX: ", 500*time.Millisecond), url: "#rt=3000", code: contract.CodeRetrieval, took: 3 * time.Second},
		{name: "100 without end", raw: repeats("HTTP/1.1 100 Continue\r\n\r\n"), code: contract.CodeRetrieval},
		{name: "two lengths", raw: says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello"), code: contract.CodeRetrieval},
		{name: "chunks without end", raw: chunks, code: contract.CodeRetrieval},
		{name: "chunk of a negative length", raw: says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n"), code: contract.CodeRetrieval},
		{name: "unknown coding", raw: says("HTTP/1.1 200 OK\r\nTransfer-Encoding: brotli\r\n\r\nhello"), code: contract.CodeRetrieval},
		{name: "endless header", raw: says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), code: contract.CodeRetrieval},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				var requests atomic.Int64
				if test.raw != nil {
					b.raw("192.0.2.10:80", test.raw)
				} else {
					b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
						io.Copy(io.Discard, r.Body)
						requests.Add(1)
						test.answer(w, r)
					})
				}
				start := time.Now()
				_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/voice" + test.url})
				took := time.Since(start)
				if got := code(t, err); got != test.code {
					t.Errorf("error %v, want code %d", err, test.code)
				}
				if got := int(requests.Load()); test.raw == nil && got != test.requests {
					t.Errorf("%d requests, want %d", got, test.requests)
				}
				if took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func status(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
}

func slow(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { sleep(r, d) }
}

func announced(n int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(n))
		w.Write(make([]byte, 1000))
		w.(http.Flusher).Flush()
		sleep(r, time.Hour)
	}
}

func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 10_000)); err != nil {
				return
			}
		}
	}
}

func dribble(every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			sleep(r, every)
		}
	}
}

func kind(contentType string, f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		f(w, r)
	}
}

// bomb is 40 MB in 40 KB: nobody has asked for gzip, and nobody unpacks it.
func bomb(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Accept-Encoding") != "" {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	z.Write(make([]byte, 40<<20))
	z.Close()
}

// drips says something, and then one byte at a time.
func drips(s string, every time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		for _, err := io.WriteString(c, s); err == nil; _, err = c.Write([]byte("x")) {
			time.Sleep(every)
		}
	}
}

func repeats(s string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		flood(c, s)
	}
}

func flood(c net.Conn, s string) {
	for _, err := io.WriteString(c, s); err == nil; _, err = io.WriteString(c, s) {
	}
}

// chunks are of one byte, and of much else.
func chunks(c net.Conn) {
	c.Read(make([]byte, 4096))
	io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	flood(c, "1;"+strings.Repeat("x", 100)+"\r\nx\r\n")
}

func says(s string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, s)
	}
}

// Twilio webhooks: 5 s to connect, and one retry when that fails.
func TestConnectFailures(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name, url string
		dial      func(ctx context.Context, network, addr string) (net.Conn, error)
		code      contract.Code
		dials     int
		took      time.Duration
	}{
		{"refused", "http://app.test/", nil, contract.CodeConnect, 2, 0},
		{"refused, no retry", "http://app.test/#rc=0", nil, contract.CodeConnect, 1, 0},
		{"refused, five retries", "http://app.test/#rc=5", nil, contract.CodeConnect, 6, 0},
		{"refused, retry for other things", "http://app.test/#rc=5&rp=5xx,rt", nil, contract.CodeConnect, 1, 0},
		{"hanging", "http://app.test/", hang, contract.CodeConnect, 2, 10 * time.Second},
		{"hanging, ct", "http://app.test/#ct=200", hang, contract.CodeConnect, 2, 400 * time.Millisecond},
		{"hanging, tt", "http://app.test/#ct=4000&rc=5&tt=6000", hang, contract.CodeConnect, 2, 6 * time.Second},
		{"out of range", "http://app.test/#ct=20&rc=9&rp=sometimes", hang, contract.CodeConnect, 2, 10 * time.Second},
		{"no such host", "http://nowhere.test/", nil, contract.CodeHostName, 0, 0},
		{"refused by policy", "http://10.0.0.1/#rc=5&rp=all", nil, contract.CodeConnect, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.dial = test.dial
				start := time.Now()
				_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: test.url})
				if got := code(t, err); got != test.code && !(test.name == "hanging, tt" && got == contract.CodeRetrieval) {
					t.Errorf("error %v, want code %d", err, test.code)
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				if got := b.dialled(); got != test.dials {
					t.Errorf("%d dials, want %d", got, test.dials)
				}
			})
		})
	}
}
