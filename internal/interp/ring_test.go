package interp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/interp"
	"confab/internal/leg"
)

// house dials clients (leg.Dialer): each has a telephone that rings, and does what
// its name says.
type house struct {
	*stage
	mu  sync.Mutex
	has []*caller // who has answered
}

// withClients gives the stage somebody to call.
func withClients(h *house) set {
	return func(s *stage, _ *interp.Config) {
		h.stage = s
		s.dialers = map[string]leg.Dialer{"client": h}
	}
}

// Dial rings: "busy" is busy, "nobody" is not there, "never" does not answer, "after7"
// answers after seven milliseconds.
func (h *house) Dial(ctx context.Context, t leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	name := strings.TrimPrefix(t.URI, "client:")
	if name == "nobody" {
		return nil, &leg.Refused{End: leg.End{Cause: contract.CauseNoAnswer, Code: 480}}
	}
	progress(leg.Progress{Code: 180})
	var after int
	patience := t.Timeout
	if n, _ := fmt.Sscanf(name, "after%d", &after); n == 1 {
		patience = time.Duration(after) * time.Millisecond
	}
	select {
	case <-time.After(patience):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	switch {
	case name == "busy":
		return nil, &leg.Refused{End: leg.End{Cause: contract.CauseBusy, Code: 486}}
	case !strings.HasPrefix(name, "after"):
		return nil, &leg.Refused{End: leg.End{Cause: contract.CauseNoAnswer, Code: 487}}
	}
	return h.answered(name), nil
}

func (h *house) answered(name string) *caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.stage.telephone(name)
	_ = c.Answer(context.Background())
	h.has = append(h.has, c)
	return c
}

// all returns who has answered so far.
func (h *house) all() []*caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.has)
}

// Callers and called come, answer, hang up, and are sent elsewhere, all at once:
// whatever the order, nobody is left in a call, at a bridge, or without an end.
func TestDialClients_anyOrder(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := &house{}
			r := rand.New(rand.NewPCG(seed, 1))
			onStage(t, func(s *stage) {
				names := []string{"after0", "after1", "after3", "after20", "after200", "after201", "busy", "nobody", "never"}
				var nouns strings.Builder
				for range 1 + r.IntN(4) {
					url := ""
					if r.IntN(3) == 0 {
						url = ` url="/whisper"`
					}
					fmt.Fprintf(&nouns, "<Client%s>%s</Client>", url, names[r.IntN(len(names))])
				}
				s.app.on("/voice", fmt.Sprintf(`<Dial timeout="5" hangupOnStar="%t" sequential="%t" answerOnBridge="%t" timeLimit="20" action="/after">%s</Dial>`,
					r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0, &nouns))
				s.app.on("/after", `<Pause length="1"/>`)
				s.app.on("/whisper", `<Pause length="1"/>`)
				s.app.on("/other", `<Pause length="2"/>`)
				callers := []*caller{s.calling("ann"), s.calling("cid")}
				for range 12 {
					time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
					list := s.calls.List()
					if len(list) == 0 {
						break
					}
					switch c := list[r.IntN(len(list))]; r.IntN(6) {
					case 0:
						c.End(contract.CauseAPI)
					case 1:
						callers[r.IntN(2)].goes(leg.End{Cause: contract.CauseFarEnd, Code: 200})
					case 2:
						h.mu.Lock()
						has := h.has
						h.mu.Unlock()
						if len(has) > 0 {
							has[r.IntN(len(has))].goes(leg.End{Cause: contract.CauseFarEnd, Code: 200})
						}
					case 3:
						_ = c.Change(redirect) // it may have ended
					}
				}
				for _, c := range callers {
					c.waits()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if left := s.calls.List(); len(left) != 0 {
					t.Errorf("%d calls are left: %+v", len(left), left[0].Info())
				}
				s.noBridgesLeft()
				s.onceEnded()
			}, withClients(h))
		})
	}
}

// noBridgesLeft: the switch's loops have nothing that anybody stands at.
func (s *stage) noBridgesLeft() {
	s.t.Helper()
	for _, l := range s.near.Loops() {
		if l.Sessions != 0 || l.Panics != 0 {
			s.t.Errorf("%d sessions or bridges are left, %d panics", l.Sessions, l.Panics)
		}
	}
}

// onceEnded: each call ends once, by its last numbered event.
func (s *stage) onceEnded() {
	s.t.Helper()
	next, ended := map[contract.CallSID]int{}, map[contract.CallSID]bool{}
	for _, e := range s.journal.all() {
		if e.Call == nil || !e.Type.Numbered() {
			continue
		}
		if sid := e.Call.SID; e.Sequence != next[sid] || ended[sid] {
			s.t.Errorf("%s: %s has number %d, want %d", sid, e.Type, e.Sequence, next[sid])
		}
		next[e.Call.SID]++
		ended[e.Call.SID] = e.Type == contract.EventCallCompleted
	}
	for sid := range next {
		if !ended[sid] {
			s.t.Errorf("%s has no end", sid)
		}
	}
}

// A caller whose voice passes to the called and back hears nothing of itself.
func TestDialClient_hearEachOther(t *testing.T) {
	h := &house{}
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Dial><Client>after1000</Client></Dial>`)
		ann := s.calling("ann")
		time.Sleep(500 * time.Millisecond)
		if !ann.hears(440) || !ann.hears(480) {
			t.Error("the caller does not hear it ringing")
		}
		time.Sleep(time.Second)
		bob := h.all()[0]
		for _, c := range []struct {
			*caller
			hz float64
		}{{ann, 660}, {bob, 880}} {
			go func() { _ = c.far.Play(s.t.Context(), tone(c.hz)) }()
		}
		time.Sleep(200 * time.Millisecond)
		if !ann.hears(880) || ann.hears(660) || ann.hears(440) {
			t.Error("the caller does not hear the called alone")
		}
		if !bob.hears(660) || bob.hears(880) {
			t.Error("the called does not hear the caller alone")
		}
		bob.hangsUp()
		ann.waits()
	}, withClients(h))
}

// redirect gives a call another document.
var redirect = call.Change{Script: &call.Script{Address: call.Address{URL: base + "/other"}}}

// tone is a voice.
func tone(hz float64) audio.Source { return audiotest.Tone(hz) }
