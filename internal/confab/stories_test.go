package confab_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A switch that is to keep no stories runs without, and says what it has besides.
func TestStories_notKept(t *testing.T) {
	c := config(t)
	c.Stories = false
	s, stop := start(t, c)
	for path, status := range map[string]int{"/v1/calls": 200, "/v1/calls/CA00112233445566778899aabbccddeeff/story": 404, "/metrics": 200} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.HTTP().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(string(s.Account().SID), s.Account().AuthToken)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != status || strings.Contains(string(body), "confab_story") {
			t.Errorf("%s: %d, %v", path, answer.StatusCode, err)
		}
	}
	stop()
}
