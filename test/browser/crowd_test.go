package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// crowd stands before a switch and tells of conferences that are not there: the
// page is the switch's own, what it shows is made up here. A figure of what the
// page costs takes no thousand calls on the machine that draws it.
type crowd struct {
	conferences, people int
	page                http.Handler
}

func (c crowd) conference(i int) string { return fmt.Sprintf("CF%032x", i+1) }

func (c crowd) call(i, k int) string { return fmt.Sprintf("CA%016x%016x", i+1, k+1) }

// ServeHTTP answers like the API.
func (c crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := strings.TrimSuffix(r.URL.Path, ".json"); {
	case path == "/console/session":
		json.NewEncoder(w).Encode(map[string]any{"signed_in": true, "version": "1", "account_sid": account, "role": "administer", "csrf_token": "t"})
	case strings.HasPrefix(path, "/console"):
		c.page.ServeHTTP(w, r)
	case path == "/v1/tokens": // nobody calls from here
		http.Error(w, "{}", http.StatusNotFound)
	case path == "/v1/live":
		c.stream(w, r, 250*time.Millisecond)
	case path == "/v1/events/stream":
		c.stream(w, r, time.Hour)
	case strings.HasSuffix(path, "/Participants"):
		c.participants(w, path)
	case strings.HasSuffix(path, "/Conferences"):
		c.list(w, r)
	case strings.HasSuffix(path, "/Calls"):
		json.NewEncoder(w).Encode(map[string]any{"calls": []any{}})
	default:
		json.NewEncoder(w).Encode(map[string]any{"sid": path[strings.LastIndex(path, "/")+1:], "from": "+15550100", "caller_name": ""})
	}
}

func (c crowd) list(w http.ResponseWriter, r *http.Request) {
	list := []any{}
	for i := 0; i < c.conferences && r.FormValue("Status") == "in-progress"; i++ {
		list = append(list, map[string]any{"sid": c.conference(i), "friendly_name": fmt.Sprintf("Meeting %d", i+1), "status": "in-progress",
			"date_created": time.Now().Add(-time.Minute).UTC().Format(time.RFC1123Z)})
	}
	json.NewEncoder(w).Encode(map[string]any{"conferences": list})
}

func (c crowd) participants(w http.ResponseWriter, path string) {
	for i := range c.conferences {
		if !strings.Contains(path, c.conference(i)) {
			continue
		}
		list := []any{}
		for k := range c.people {
			list = append(list, map[string]any{"call_sid": c.call(i, k), "label": fmt.Sprintf("Person %d", k+1), "muted": k%7 == 3, "hold": k%31 == 5,
				"status": "connected", "date_created": time.Now().Add(-time.Minute).UTC().Format(time.RFC1123Z)})
		}
		json.NewEncoder(w).Encode(map[string]any{"participants": list})
		return
	}
}

// stream tells every so often how loud all are: half of them another way each time.
func (c crowd) stream(w http.ResponseWriter, r *http.Request, every time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "retry: 1000\n\n")
	control := http.NewResponseController(w)
	control.Flush()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		for i := range c.conferences {
			levels := make([]map[string]any, c.people)
			for k := range levels {
				level := -60
				if (k+turn+i)%5 == 0 {
					level = -15 - (k+turn)%20
				}
				levels[k] = map[string]any{"call_sid": c.call(i, k), "talking": level > -40, "level": level}
			}
			text, _ := json.Marshal(map[string]any{"conference_sid": c.conference(i), "participants": levels})
			if _, err := fmt.Fprintf(w, "event: levels\ndata: %s\n\n", text); err != nil {
				return
			}
		}
		control.Flush()
	}
}

// A conference of 1,000 and 500 conferences of four stay smooth: what the page's
// scripts take of each second is reported, and bounded.
func TestCrowd(t *testing.T) {
	chromium := need(t)
	s := newStage(t)
	to, err := url.Parse(s.sw.Origin())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]crowd{"a conference of 1,000": {conferences: 1, people: 1000}, "500 conferences of 4": {conferences: 500, people: 4}} {
		t.Run(name, func(t *testing.T) {
			c.page = httputil.NewSingleHostReverseProxy(to)
			server := httptest.NewServer(c)
			defer server.CloseClientConnections()
			run(t, chromium, "crowd", server.URL, s.props.URL)
		})
	}
}
