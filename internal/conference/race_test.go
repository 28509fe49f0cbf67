package conference_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
)

// TestFiftyAtOnce lets 50 controls and hang-ups race each other. Whatever comes
// of it, the events tell one story, in which each changes what the one before
// left; the snapshots are its end, and everybody hears what they say.
func TestFiftyAtOnce(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			onStage(t, conference.Config{}, func(s *stage) {
				r := rand.New(rand.NewPCG(seed, 50))
				var people []*person
				for i := range pitches {
					p := s.person(fmt.Sprint("p", i)).join(prompted, silent, func(r *conference.Request) { r.EndOnExit = i == 1 && seed%4 == 0 })
					people = append(people, p)
				}
				c := s.live()
				race(s, c, people, r)
				time.Sleep(3 * time.Second) // of announcements
				s.settle()
				told := s.story(c.SID())
				shown := c.Participants()
				if !slices.Equal(told, shown) {
					t.Errorf("the events end in\n%+v\nshown is\n%+v", told, shown)
				}
				s.hearsAsShown(people, shown, c.Info().Status)
			})
		})
	}
}

// race does 50 things at once.
func race(s *stage, c *conference.Conference, people []*person, r *rand.Rand) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range 50 {
		p, other, on, what := people[r.IntN(len(people))], people[r.IntN(len(people))], r.IntN(2) == 0, r.IntN(40)
		all.Go(func() {
			<-begin
			var err error
			switch {
			case what < 12:
				_, err = c.SetMuted(p.call, on)
			case what < 24:
				_, err = c.Hold(p.call, on, &conference.Document{})
			case what < 28:
				_, err = c.Coach(p.call, other.call)
			case what < 31:
				_, err = c.Coach(p.call, "")
			case what < 33:
				_, err = c.Announce(p.call, *at(jingle))
			case what < 34:
				_, err = c.AnnounceAll(*at(jingle), house)
			case what < 37:
				_, err = c.Modify(p.call, conference.Changes{BeepOnExit: &on})
			case what < 38:
				_, err = c.Kick(p.call)
			default:
				p.hangUp(&contract.Ended{Cause: contract.CauseFarEnd})
			}
			for _, known := range []error{nil, conference.ErrParticipant, conference.ErrEnded, conference.ErrCoach, conference.ErrCoachAbsent, conference.ErrCoachHeld} {
				if errors.Is(err, known) {
					return
				}
			}
			s.t.Error(err)
		})
	}
	close(begin)
	all.Wait()
	s.settle()
}

// story checks that each event follows from those before it, and returns who is
// in at the end.
func (s *stage) story(sid contract.ConferenceSID) []contract.ParticipantInfo {
	s.t.Helper()
	in := []contract.ParticipantInfo{}
	ended := false
	for _, e := range s.journal.all() {
		if e.Conference.SID != sid {
			continue
		}
		if ended {
			s.t.Errorf("%s comes after the end", s.line(e))
		}
		ended = e.Type == contract.EventConferenceEnd
		if e.Participant == nil || ended {
			continue
		}
		now := *e.Participant
		i := slices.IndexFunc(in, func(p contract.ParticipantInfo) bool { return p.Call == now.Call })
		if e.Type == contract.EventParticipantJoin {
			in = append(in, now)
			continue
		}
		if i < 0 {
			s.t.Errorf("%s: is not in", s.line(e))
			continue
		}
		want := in[i] // with what the event says has changed
		switch e.Type {
		case contract.EventParticipantMute, contract.EventParticipantUnmute:
			want.Muted = !want.Muted
		case contract.EventParticipantHold, contract.EventParticipantUnhold:
			want.Hold = !want.Hold
		case contract.EventParticipantModify:
			want.Coaching, want.CallToCoach = now.Coaching, now.CallToCoach
		}
		if now != want {
			s.t.Errorf("%s: %+v, want %+v", s.line(e), now, want)
		}
		if on := e.Type == contract.EventParticipantMute; (on || e.Type == contract.EventParticipantUnmute) && now.Muted != on {
			s.t.Errorf("%s: muted %v", s.line(e), now.Muted)
		}
		if on := e.Type == contract.EventParticipantHold; (on || e.Type == contract.EventParticipantUnhold) && now.Hold != on {
			s.t.Errorf("%s: held %v", s.line(e), now.Hold)
		}
		in[i] = now
		if e.Type == contract.EventParticipantLeave {
			in = slices.Delete(in, i, i+1)
		}
		if e.Conference.Participants != len(in) && e.Type != contract.EventConferenceStart {
			s.t.Errorf("%s: %d are in", s.line(e), len(in))
		}
	}
	return in
}

// hearsAsShown checks what all hear against the snapshots.
func (s *stage) hearsAsShown(people []*person, shown []contract.ParticipantInfo, status contract.ConferenceStatus) {
	s.t.Helper()
	of := make(map[contract.CallSID]contract.ParticipantInfo)
	for _, p := range shown {
		of[p.Call] = p
	}
	heard := make([][]float64, len(people))
	var ears sync.WaitGroup
	for i, p := range people {
		defer p.says(pitches[i])()
	}
	for i, p := range people {
		ears.Go(func() { heard[i] = p.hears(pitches...) })
	}
	ears.Wait()
	for i, p := range people {
		me, in := of[p.call]
		if p.in() != in {
			s.t.Errorf("%s is in: %v, shown: %v", p.name, p.in(), in)
		}
		var want []float64
		for j, other := range people {
			who, there := of[other.call]
			if in && !me.Hold && there && i != j && status == contract.ConferenceInProgress &&
				!who.Muted && !who.Hold && (!who.Coaching || who.CallToCoach == p.call) {
				want = append(want, pitches[j])
			}
		}
		if !slices.Equal(heard[i], want) {
			s.t.Errorf("%s hears %v, want %v", p.name, heard[i], want)
		}
	}
}
