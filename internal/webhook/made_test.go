package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/webhook"
)

// Who asks is told of every URL that was asked, with each attempt at it: retries,
// redirects, what was answered, and what was wrong.
func TestMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		tries := 0
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			switch r.URL.Path {
			case "/busy":
				if tries++; tries == 1 {
					http.Error(w, "busy", http.StatusServiceUnavailable)
					return
				}
				http.Redirect(w, r, "/gone", http.StatusFound)
			case "/gone":
				http.Error(w, "gone", http.StatusGone)
			default:
				w.Header().Set("Content-Type", "text/xml")
				io.WriteString(w, "<Response/>")
			}
		})
		var told []string
		made := func(m webhook.Made) {
			var attempts []string
			for _, a := range m.Attempts {
				attempts = append(attempts, fmt.Sprintf("%s %s %d %v", a.Method, strings.TrimPrefix(a.URL, "http://app.test"), a.Status, a.Took))
			}
			code := 0
			if m.Err != nil {
				code = int(m.Err.Code)
			}
			told = append(told, fmt.Sprintf("%s %s %s %d %d %q (%s)", m.Method, m.URL, m.Params.Get("CallSid"), m.Status, code, strings.TrimSpace(string(m.Body)), strings.Join(attempts, ", ")))
			if m.Took < 10*time.Millisecond || m.At.IsZero() {
				t.Errorf("%v from %v on", m.Took, m.At)
			}
		}
		_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "http://user:pass@app.test/busy?x=1#rc=1&rp=5xx", Params: form,
			FallbackURL: "http://app.test/fallback", FallbackMethod: "GET", Made: made})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.client().FetchMedia(t.Context(), "http://app.test/sound", 1000, made); err != nil {
			t.Fatal(err)
		}
		want := []string{
			`POST http://app.test/busy?x=1 CA1 410 11200 "gone" (POST /busy?x=1 503 10ms, POST /busy?x=1 302 10ms, GET /gone 410 10ms)`,
			`GET http://app.test/fallback CA1 200 0 "<Response/>"`,
			`GET http://app.test/sound  200 0 "<Response/>" (GET /sound 200 10ms)`,
		}
		if len(told) != 3 || told[0] != want[0] || !strings.HasPrefix(told[1], want[1]) || told[2] != want[2] {
			t.Errorf("told:\n%s", strings.Join(told, "\n"))
		}
	})
}
