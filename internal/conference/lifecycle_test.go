package conference_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
)

// live returns the one conference there is.
func (s *stage) live() *conference.Conference {
	s.t.Helper()
	list := s.conferences.List()
	if len(list) != 1 {
		s.t.Fatalf("%d conferences live, want 1", len(list))
	}
	return list[0]
}

func TestStartsWithTheSecondParticipant(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		s.expect("participant-join ann (1 init)")
		bob := s.person("bob").join()
		cid := s.person("cid").join(waits)
		bob.hangsUp()
		cid.hangsUp()
		if !ann.in() {
			t.Error("ann is out: a conference goes on with one participant")
		}
		ann.hangsUp()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join bob (2 init)", // joining comes before the start it brings about
			"conference-start (2 in-progress)",
			"participant-join cid (3 in-progress)",
			"participant-leave bob participant_hung_up completed (2 in-progress)",
			"participant-leave cid participant_hung_up completed (1 in-progress)",
			"participant-leave ann participant_hung_up completed (0 in-progress)",
			"conference-end last-participant-left by ann (0 completed)",
		)
		if got, want := ann.over(), (conference.Left{Conference: s.journal.all()[0].Conference.SID,
			Reason: contract.LeftHungUp, Started: true}); got.left != want || got.err != nil {
			t.Errorf("Join gave %+v, want %+v", got, want)
		}
	})
}

func TestWaitsForSomebodyWhoMayStart(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob := s.person("ann").join(waits), s.person("bob").join(waits)
		if got := s.live().Info().Status; got != contract.ConferenceInit {
			t.Errorf("status %s of two who may not start it, want init", got)
		}
		s.person("mod").join(moderates)
		if got := s.live().Info().Status; got != contract.ConferenceInProgress {
			t.Errorf("status %s with somebody who may start it, want in-progress", got)
		}
		ann.hangsUp()
		bob.hangsUp()
	})
}

func TestStartNeedsTwoPresentAtOnce(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join(waits)
		mod := s.person("mod")
		s.person("bob").join(named("other"))
		mod.join(named("other"), waits) // bob may start it
		mod.hangsUp()
		s.conferences.Close()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join bob (1 init)",
			"participant-join mod (2 init)",
			"conference-start (2 in-progress)",
			"participant-leave mod participant_hung_up completed (1 in-progress)",
			"participant-leave ann conference_ended_via_api in-progress (0 init)",
			"conference-end conference-ended-via-api (0 completed)",
			"participant-leave bob conference_ended_via_api in-progress (0 in-progress)",
			"conference-end conference-ended-via-api (0 completed)",
		)
	})
}

func TestModeratorEndsIt(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		mod := s.person("mod").join(moderates)
		ann, bob := s.person("ann").join(), s.person("bob").join()
		mod.hangsUp()
		s.expect(
			"participant-join mod (1 init)",
			"participant-join ann (2 init)",
			"conference-start (2 in-progress)",
			"participant-join bob (3 in-progress)",
			"participant-leave mod participant_hung_up completed (2 in-progress)",
			"participant-leave ann moderator_ended_conference in-progress (1 in-progress)",
			"participant-leave bob moderator_ended_conference in-progress (0 in-progress)",
			"conference-end participant-with-end-conference-on-exit-left by mod (0 completed)",
		)
		for _, p := range []*person{ann, bob} {
			if got := p.over(); got.left.Reason != contract.LeftModeratorEnded || got.err != nil {
				t.Errorf("%s: Join gave %+v", p.name, got)
			}
		}
	})
}

func TestModeratorEndsItBeforeTheStart(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(waits)
		mod := s.person("mod").join(waits, moderates)
		mod.hangsUp()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join mod (2 init)",
			"participant-leave mod participant_hung_up completed (1 init)",
			"participant-leave ann moderator_ended_conference in-progress (0 init)",
			"conference-end participant-with-end-conference-on-exit-left by mod (0 completed)",
		)
		if got := ann.over(); got.left.Started {
			t.Error("ann stood in a conference that had started")
		}
	})
}

func TestEndedByREST(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join()
		s.person("mod").join(moderates)
		c := s.live()
		pos, err := c.End()
		if err != nil || pos != contract.Pos(len(s.journal.all())) {
			t.Errorf("End gave position %d and %v, want the last one", pos, err)
		}
		s.settle()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join mod (2 init)",
			"conference-start (2 in-progress)",
			"participant-leave ann conference_ended_via_api in-progress (1 in-progress)",
			"participant-leave mod conference_ended_via_api in-progress (0 in-progress)",
			"conference-end conference-ended-via-api (0 completed)",
		)
		if _, err := c.End(); !errors.Is(err, conference.ErrEnded) {
			t.Errorf("second End: %v", err)
		}
		if _, err := c.SetMuted(s.people[0].call, true); !errors.Is(err, conference.ErrEnded) {
			t.Errorf("SetMuted after the end: %v", err)
		}
		if _, err := c.Kick(s.people[0].call); !errors.Is(err, conference.ErrEnded) {
			t.Errorf("Kick after the end: %v", err)
		}
	})
}

func TestKick(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, mod, bob := s.person("ann").join(), s.person("mod").join(moderates), s.person("bob").join()
		c := s.live()
		if _, err := c.Kick(contract.NewCallSID()); !errors.Is(err, conference.ErrParticipant) {
			t.Errorf("kick of a stranger: %v", err)
		}
		for _, p := range []*person{ann, mod} {
			if _, err := c.Kick(p.call); err != nil {
				t.Errorf("kick %s: %v", p.name, err)
			}
			s.settle()
		}
		if got := bob.over().left.Reason; got != contract.LeftModeratorEnded {
			t.Errorf("bob left by %s", got)
		}
		last := s.person("last").join()
		if _, err := s.live().Kick(last.call); err != nil {
			t.Error(err)
		}
		s.settle()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join mod (2 init)",
			"conference-start (2 in-progress)",
			"participant-join bob (3 in-progress)",
			"participant-leave ann participant_updated_via_api in-progress (2 in-progress)",
			"participant-leave mod participant_updated_via_api in-progress (1 in-progress)",
			"participant-leave bob moderator_ended_conference in-progress (0 in-progress)",
			"conference-end participant-with-end-conference-on-exit-kicked by mod (0 completed)",
			"participant-join last (1 init)",
			"participant-leave last participant_updated_via_api in-progress (0 init)",
			"conference-end last-participant-kicked by last (0 completed)",
		)
	})
}

func TestWhyOneLeaves(t *testing.T) {
	tests := []struct {
		name  string
		set   func(*conference.Request)
		leave func(*person)
		want  string
	}{
		{"hangs up", nil, (*person).hangsUp, "participant_hung_up completed"},
		{"media time-out", nil, func(p *person) { p.hangUp(&contract.Ended{Cause: contract.CauseMediaTimeout}) }, "participant_hung_up completed"},
		{"hung up over REST", nil, func(p *person) { p.hangUp(&contract.Ended{Cause: contract.CauseAPI}) }, "participant_updated_via_api completed"},
		{"redirected over REST", nil, func(p *person) { p.hangUp(contract.ErrRedirected) }, "participant_updated_via_api in-progress"},
		{"star, Twilio <Dial> hangupOnStar", func(r *conference.Request) { r.HangupOnStar = true }, func(p *person) { p.presses("1*") }, "participant_hung_up in-progress"},
		{"time limit, Twilio <Dial> timeLimit", func(r *conference.Request) { r.TimeLimit = 7 * time.Second }, func(p *person) {
			time.Sleep(7 * time.Second)
		}, "participant_hung_up in-progress"},
		{"session closed", nil, func(p *person) {
			p.near.Close() // while at the bridge it is only silent; its call notices
			p.hangUp(&contract.Ended{Cause: contract.CauseFarEnd})
		}, "participant_hung_up completed"},
	}
	for _, tt := range tests {
		for _, when := range []string{"waiting", "bridged"} {
			t.Run(tt.name+" "+when, func(t *testing.T) {
				onStage(t, conference.Config{}, func(s *stage) {
					other := s.person("other").join(waits)
					set := tt.set
					if set == nil {
						set = func(*conference.Request) {}
					}
					p := s.person("p").join(set, func(r *conference.Request) { r.StartOnEnter = when == "bridged" })
					tt.leave(p)
					s.settle()
					events := s.journal.all()
					last := s.line(events[len(events)-1])
					if want := fmt.Sprintf("participant-leave p %s (1 %s)", tt.want, events[len(events)-1].Conference.Status); last != want {
						t.Errorf("%s, want %s", last, want)
					}
					if got := p.over(); got.err != nil {
						t.Errorf("Join gave %v", got.err)
					}
					other.hangsUp()
				})
			})
		}
	}
}

func TestStarPressedBeforeDoesNotCount(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		p := s.person("p")
		p.presses("*")
		p.join(func(r *conference.Request) { r.HangupOnStar = true })
		if !p.in() {
			t.Error("p left by a star pressed before the conference")
		}
		p.hangsUp()
	})
}

func TestStarIsAKeyLikeOthersUnlessAsked(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		p := s.person("p").join()
		p.presses("*")
		if !p.in() {
			t.Error("p left by a star that nobody asked for")
		}
		p.hangsUp()
	})
}

func TestNewConferenceOfTheSameName(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join().hangsUp()
		s.person("bob").join(func(r *conference.Request) { r.Account = "AC00000000000000000000000000000002" })
		s.person("cid").join()
		seen := make(map[contract.ConferenceSID]bool)
		for _, e := range s.journal.all() {
			seen[e.Conference.SID] = true
			if !e.Conference.SID.Valid() {
				t.Errorf("SID %q", e.Conference.SID)
			}
		}
		if len(seen) != 3 {
			t.Errorf("%d conferences, want 3: one ended, one of each account", len(seen))
		}
		if c, ok := s.conferences.Named(account, "tea"); !ok || c.Info().Status != contract.ConferenceInit {
			t.Error("the live one of the name is not found")
		} else if found, ok := s.conferences.Find(c.SID()); !ok || found != c {
			t.Error("the live one is not found by its SID")
		}
	})
}

// One who is slow to go does not take the next conference of the name along.
func TestASlowOneOfTheConferenceBefore(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		slow := s.person("slow").join(hearing(func(context.Context, conference.Ear, conference.Document) error {
			time.Sleep(10 * time.Second)
			return nil
		}))
		if _, err := s.live().End(); err != nil {
			t.Fatal(err)
		}
		s.person("bob").join()
		second := s.live()
		time.Sleep(10 * time.Second)
		slow.over()
		s.person("cid").join()
		if now := s.live(); now != second || now.Info().Participants != 2 {
			t.Error("bob and cid are not in the same conference")
		}
	})
}

func TestFull(t *testing.T) {
	onStage(t, conference.Config{MaxParticipants: 3}, func(s *stage) {
		two := func(r *conference.Request) { r.MaxParticipants = 2 }
		ten := func(r *conference.Request) { r.MaxParticipants = 10 }
		s.person("ann").join(two)
		s.person("bob").join(ten) // the first one's bound counts
		if got := s.person("cid").join(ten).over(); !errors.Is(got.err, conference.ErrFull) {
			t.Errorf("third of two: %v", got.err)
		}
		for range 3 {
			s.person("p").join(named("house"), ten)
		}
		if got := s.person("p").join(named("house")).over(); !errors.Is(got.err, conference.ErrFull) {
			t.Errorf("fourth of the house's three: %v", got.err)
		}
	})
}

func TestLabels(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(labelled("guest"))
		if got := s.person("bob").join(labelled("guest")).over(); !errors.Is(got.err, conference.ErrLabel) {
			t.Errorf("a second guest: %v", got.err)
		}
		s.person("cid").join(labelled("guest"), named("other"))
		c, _ := s.conferences.Named(account, "tea")
		if call, ok := c.Labelled("guest"); !ok || call != ann.call {
			t.Errorf("guest is %s", call)
		}
		s.person("dan").join(labelled("host"))
		ann.hangsUp()
		s.person("eve").join(labelled("guest")) // free again
		list := c.Participants()
		if len(list) != 2 || list[0].Label != "host" || list[1].Label != "guest" {
			t.Errorf("participants %+v", list)
		}
	})
}

func TestCallbacksAreTheFirstParticipants(t *testing.T) {
	asks := func(url, method string, words ...string) func(*conference.Request) {
		return func(r *conference.Request) {
			r.Callbacks = conference.Callbacks{URL: url, Method: method, Events: words}
		}
	}
	types := map[string][]contract.EventType{
		"start": {contract.EventConferenceStart},
		"end":   {contract.EventConferenceEnd},
		"join":  {contract.EventParticipantJoin},
		"leave": {contract.EventParticipantLeave},
		"mute":  {contract.EventParticipantMute, contract.EventParticipantUnmute},
		"hold":  nil,
	}
	for word, wanted := range types {
		t.Run(word, func(t *testing.T) {
			onStage(t, conference.Config{}, func(s *stage) {
				ann := s.person("ann").join(asks("http://app.test/a", "GET", word))
				bob := s.person("bob").join(asks("http://app.test/b", "POST", "start", "end", "join", "leave", "mute"))
				s.live().SetMuted(bob.call, true)
				s.live().SetMuted(bob.call, true) // is so already: no event
				s.live().SetMuted(bob.call, false)
				ann.hangsUp() // its callbacks stay the conference's
				bob.hangsUp()
				for _, e := range s.journal.all() {
					var want *contract.Callback
					for _, w := range wanted {
						if e.Type == w {
							want = &contract.Callback{URL: "http://app.test/a", Method: "GET"}
						}
					}
					switch {
					case (e.Callback == nil) != (want == nil):
						t.Errorf("%s: callback %v, want %v", e.Type, e.Callback, want)
					case want != nil && *e.Callback != *want:
						t.Errorf("%s: callback %v, want %v", e.Type, *e.Callback, *want)
					}
				}
				if got := len(s.journal.all()); got != 8 {
					t.Errorf("%d events, want 8", got)
				}
			})
		})
	}
}

func TestEventsDoNotGrowWithTheCrowd(t *testing.T) {
	const crowd = 1000
	onStage(t, conference.Config{MaxParticipants: crowd}, func(s *stage) {
		one := s.person("one")
		for i := range crowd {
			p := &person{stage: s, call: contract.NewCallSID(), near: one.near, far: one.far}
			s.names[p.call] = fmt.Sprint(i)
			p.join(waits, silent) // while waiting in silence nobody touches the session
		}
		c := s.live()
		if got := c.Info().Participants; got != crowd {
			t.Fatalf("%d participants", got)
		}
		c.End()
		s.settle()
		events := s.journal.all()
		if got, want := len(events), 2*crowd+1; got != want {
			t.Errorf("%d events, want %d", got, want)
		}
		least, most := size(events[0]), 0
		for _, e := range events {
			least, most = min(least, size(e)), max(most, size(e))
		}
		if most > 2*least {
			t.Errorf("events are from %d to %d bytes long", least, most)
		}
	})
}

func TestCloseEndsAllAndWaits(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob := s.person("ann").join(), s.person("bob").join()
		cid := s.person("cid").join(named("other"))
		s.conferences.Close()
		synctest.Wait() // Join has returned; the goroutine that called it may not have said so
		for _, p := range []*person{ann, bob, cid} {
			if got := p.over().left.Reason; got != contract.LeftConferenceEnded {
				t.Errorf("%s left by %s", p.name, got)
			}
		}
		if got := s.person("late").join().over(); !errors.Is(got.err, conference.ErrClosed) {
			t.Errorf("after Close: %v", got.err)
		}
	})
}

func TestJoinRefusesWhatCannotBe(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		document := &conference.Document{URL: "http://app.test/wait"}
		for name, set := range map[string]func(*conference.Request){
			"no name":     named(""),
			"no account":  func(r *conference.Request) { r.Account = "" },
			"no prompter": func(r *conference.Request) { r.Wait = document },
		} {
			if got := s.person(name).join(set).over(); got.err == nil {
				t.Errorf("%s: joined", name)
			}
		}
		s.person("ann").join()
		twice := s.person("twice").join()
		if got := twice.again().over(); got.err == nil {
			t.Error("joined twice")
		}
	})
}

func TestJoinOfACallThatHasEnded(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		p := s.person("p")
		ctx, cancel := context.WithCancelCause(s.t.Context())
		gone := &contract.Ended{Cause: contract.CauseFarEnd}
		cancel(gone)
		_, err := s.conferences.Join(ctx, conference.Request{Account: account, Name: "tea", Call: p.call, Session: p.near})
		if !errors.Is(err, gone) {
			t.Errorf("Join gave %v, want the cause of ctx", err)
		}
		s.expect()
	})
}

// Twilio <Conference> statusCallback, ParticipantLabelEndingConference.
func TestTheEndSaysWhoseLeavingItWas(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join(labelled("host"), moderates).hangsUp()
		s.person("bob").join(labelled("guest"))
		s.live().End()
		s.settle()
		var labels []string
		for _, e := range s.journal.all() {
			if e.Type == contract.EventConferenceEnd {
				label := "nobody"
				if e.Participant != nil {
					label = e.Participant.Label
				}
				labels = append(labels, label)
			}
		}
		if want := []string{"host", "nobody"}; !slices.Equal(labels, want) {
			t.Errorf("ended by %v, want %v", labels, want)
		}
	})
}
