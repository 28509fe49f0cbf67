package api_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"confab/internal/phone"
)

// Requests race each other while people hang up: each is answered by a status
// of the contract, none by an error of ours, and at the end nobody is left.
func TestParticipants_raced(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		var calls []*phone.Call
		for n := range 5 {
			calls = append(calls, s.calls(fmt.Sprint("p", n), 443))
		}
		time.Sleep(time.Second)
		room := s.room()
		var wg sync.WaitGroup
		var mu sync.Mutex
		statuses := map[int]int{}
		for n := range 50 {
			wg.Go(func() {
				time.Sleep(time.Duration(n%7) * 100 * time.Millisecond)
				at := fmt.Sprintf("%s/Participants/p%d.json", room, n%5)
				forms := []url.Values{
					{"Muted": {fmt.Sprint(n%3 == 0)}},
					{"Hold": {fmt.Sprint(n%2 == 0)}},
					{"EndConferenceOnExit": {"false"}, "BeepOnExit": {"true"}},
				}
				method, target, form := "POST", at, forms[n%3]
				switch n {
				case 20, 30:
					method, form = "DELETE", nil
				case 21, 31, 41:
					method, target, form = "GET", room+"/Participants.json", nil
				case 45:
					target, form = room+".json", url.Values{"Status": {"completed"}}
				}
				w := s.ask(method, target, form)
				mu.Lock()
				defer mu.Unlock()
				statuses[w.Code]++
				if w.Code >= 500 || w.Code == 401 {
					t.Errorf("%s %s %v: got %d %s", method, target, form, w.Code, w.Body)
				}
			})
		}
		time.Sleep(250 * time.Millisecond)
		s.leave(calls[0], calls[1])
		wg.Wait()
		for _, c := range calls[2:] {
			<-c.Done()
		}
		if got := s.get(room + ".json"); got["status"] != "completed" {
			t.Errorf("afterwards: %v", got)
		}
		if got := s.labels(room, ""); got != "" {
			t.Errorf("left: %q", got)
		}
		if statuses[200] < 10 || statuses[404] == 0 {
			t.Errorf("answers by status: %v", statuses)
		}
	})
}
