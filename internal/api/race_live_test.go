package api_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
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

// hums are what those who race say, p0 the first.
var hums = []float64{443, 617, 839, 1163, 2003}

// Fifty requests at once, while two hang up. Whatever comes of it, the events
// tell one story, each of which changes what the one before left; what they leave
// is what the next GET shows, and what is heard.
func TestParticipants_racedTellOneStory(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			onStage(t, func(s *live) {
				s.says("/voice", meeting)
				s.says("/hold", `<Response><Pause length="60"/></Response>`)
				s.says("/news", `<Response><Pause length="1"/></Response>`)
				calls := map[string]*phone.Call{}
				for n, hz := range hums {
					who := fmt.Sprint("p", n)
					calls[who] = s.calls(who, hz)
					time.Sleep(500 * time.Millisecond)
				}
				room := s.room()
				s.race(room, calls, rand.New(rand.NewPCG(seed, 50)))
				time.Sleep(3 * time.Second) // beeps and announcements

				told := s.story()
				delete(calls, "p0")
				delete(calls, "p1")
				shown := map[string]seat{}
				for _, p := range s.get(room + "/Participants.json")["participants"].([]any) {
					p := p.(map[string]any)
					coached, _ := p["call_sid_to_coach"].(string)
					shown[p["label"].(string)] = seat{p["call_sid"].(string), p["muted"].(bool), p["hold"].(bool), coached}
				}
				if !maps.Equal(told, shown) {
					t.Errorf("the events end in\n%+v\nand shown is\n%+v", told, shown)
				}
				for who, c := range calls {
					s.hearsAsShown(who, c, shown)
				}
				var all []*phone.Call
				for _, c := range calls {
					all = append(all, c)
				}
				s.leave(all...)
			})
		})
	}
}

// race makes 50 requests at once, and p0 and p1 hang up.
func (s *live) race(room string, calls map[string]*phone.Call, r *rand.Rand) {
	s.t.Helper()
	sids := map[string]string{}
	for who := range calls {
		sids[who] = s.get(room + "/Participants/" + who + ".json")["call_sid"].(string)
	}
	begin := make(chan struct{})
	var all sync.WaitGroup
	for range 50 {
		who, whom, on := fmt.Sprint("p", r.IntN(5)), fmt.Sprint("p", r.IntN(5)), fmt.Sprint(r.IntN(2) == 0)
		target := room + "/Participants/" + who + ".json"
		form := []url.Values{
			{"Muted": {on}},
			{"Hold": {on}, "HoldUrl": {"http://" + appAddr + "/hold"}},
			{"Coaching": {on}, "CallSidToCoach": {sids[whom]}},
			{"BeepOnExit": {on}, "Muted": {on}},
			{"AnnounceUrl": {"http://" + appAddr + "/news"}},
			nil, // reads it
		}[r.IntN(6)]
		method := "POST"
		if form == nil {
			method = "GET"
		}
		if r.IntN(15) == 0 && form != nil { // to all
			target, form = room+".json", url.Values{"AnnounceUrl": {"http://" + appAddr + "/news"}}
		}
		all.Go(func() {
			<-begin
			w := s.ask(method, target, form)
			switch w.Code {
			case 200, 400, 404:
			default:
				s.t.Errorf("%s %s %v: got %d %s", method, target, form, w.Code, w.Body)
			}
		})
	}
	all.Go(func() {
		<-begin
		s.leave(calls["p0"], calls["p1"])
	})
	close(begin)
	all.Wait()
}

// seat is what is told, and shown, of somebody in a conference.
type seat struct {
	call        string
	muted, hold bool
	whomToCoach string
}

// story follows the events, and returns who is in at the end.
func (s *live) story() map[string]seat {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	in := map[string]seat{}
	for n, f := range s.forms {
		event, who := f.Get("StatusCallbackEvent"), f.Get("ParticipantLabel")
		if f.Get("SequenceNumber") != fmt.Sprint(n+1) {
			s.t.Fatalf("event %d is told as the one of SequenceNumber %s: %v", n+1, f.Get("SequenceNumber"), f)
		}
		before, was := in[who]
		now := seat{f.Get("CallSid"), f.Get("Muted") == "true", f.Get("Hold") == "true", f.Get("CallSidToCoach")}
		follows := true
		switch want := before; event {
		case "participant-join":
			follows = !was
		case "participant-leave":
			follows = was
			delete(in, who)
			continue
		case "participant-mute", "participant-unmute":
			want.muted = event == "participant-mute"
			follows = was && !before.muted == want.muted && now == want
		case "participant-hold", "participant-unhold":
			want.hold = event == "participant-hold"
			follows = was && !before.hold == want.hold && now == want
		case "participant-modify": // one coach less may be told with it
			want.whomToCoach = now.whomToCoach
			follows = was && now == want && (now.whomToCoach != "") == (f.Get("Coaching") == "true")
		default:
			continue
		}
		if !follows {
			s.t.Errorf("%s of %s does not follow from %+v: %v", event, who, before, f)
		}
		in[who] = now
	}
	return in
}

// hearsAsShown listens to what somebody hears of the others.
func (s *live) hearsAsShown(who string, c *phone.Call, in map[string]seat) {
	s.t.Helper()
	if _, err := c.Ears().Listen(s.t.Context(), 500*time.Millisecond); err != nil {
		s.t.Fatalf("%s listens: %v", who, err)
	}
	for n, hz := range hums {
		other := fmt.Sprint("p", n)
		p, there := in[other]
		want := there && other != who && !in[who].hold && !p.hold && !p.muted && (p.whomToCoach == "" || p.whomToCoach == in[who].call)
		if got := c.Ears().Hears(hz) > -40; got != want {
			s.t.Errorf("%s hears %s: %v, want %v; present %+v", who, other, got, want, in)
		}
	}
}
