package conference_test

import (
	"errors"
	"testing"

	"confab/internal/conference"
	"confab/internal/contract"
)

// invite keeps a place in "tea" for the person's call.
func (p *person) invite(set ...func(*conference.Request)) (*conference.Invitation, error) {
	r := conference.Request{Account: account, Name: "tea", Call: p.call, StartOnEnter: true}
	for _, f := range set {
		f(&r)
	}
	return p.conferences.Invite(r)
}

func (p *person) invited(set ...func(*conference.Request)) *conference.Invitation {
	p.t.Helper()
	v, err := p.invite(set...)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// Who is called into a conference has a place in it, and the conference is there, from
// then on; who does not come leaves without having joined.
func TestInvite_declined(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann")
		v := ann.invited(labelled("chair"))
		c := s.live()
		if v.Conference() != c || c.Info().Status != contract.ConferenceInit || c.Info().Participants != 0 {
			t.Errorf("conference %+v", c.Info())
		}
		if call, ok := c.Labelled("chair"); !ok || call != ann.call {
			t.Error("the label finds nobody")
		}
		if who, ok := c.Participant(ann.call); !ok || !who.Invited || who.Label != "chair" || len(c.Participants()) != 0 || len(c.Invited()) != 1 {
			t.Errorf("invited: %+v, %v", who, ok)
		}
		if _, err := s.person("bob").invite(labelled("chair")); !errors.Is(err, conference.ErrLabel) {
			t.Errorf("the same label: %v", err)
		}
		v.Decline(contract.CallBusy)
		v.Decline(contract.CallBusy)
		<-v.Over()
		s.expect("participant-invite ann (0 init)",
			"participant-leave ann participant_add_failed busy (0 init)",
			"conference-end last-participant-left (0 completed)")
	})
}

// Join of the call takes the place; the conference counts it from the invitation on,
// and goes on for its sake.
func TestInvite_taken(t *testing.T) {
	onStage(t, conference.Config{MaxParticipants: 2}, func(s *stage) {
		ann, bob, cid := s.person("ann"), s.person("bob"), s.person("cid")
		v := ann.invited(labelled("chair"))
		bob.join()
		if err := cid.join().over().err; !errors.Is(err, conference.ErrFull) {
			t.Errorf("a third of two: %v", err)
		}
		bob.hangsUp()
		if s.live() != v.Conference() {
			t.Error("the conference did not wait for who is called")
		}
		ann.join(labelled("chair"))
		if who, _ := v.Conference().Participant(ann.call); who.Invited || len(v.Conference().Invited()) != 0 {
			t.Errorf("joined: %+v", who)
		}
		bob.join()
		v.Decline(contract.CallCompleted) // nothing: it was taken
		bob.hangsUp()
		ann.hangsUp()
		s.expect("participant-invite ann (0 init)",
			"participant-join bob (1 init)",
			"participant-leave bob participant_hung_up completed (0 init)",
			"participant-join ann (1 init)",
			"participant-join bob (2 init)",
			"conference-start (2 in-progress)",
			"participant-leave bob participant_hung_up completed (1 in-progress)",
			"participant-leave ann participant_hung_up completed (0 in-progress)",
			"conference-end last-participant-left by ann (0 completed)")
	})
}

// A conference that was left by all but those who are called ends with them, or when
// it is told to; who comes then finds it over.
func TestInvite_outlastsTheOthers(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob, cid := s.person("ann").join(), s.person("bob").join(), s.person("cid")
		v := cid.invited()
		ann.hangsUp()
		bob.hangsUp()
		if c := s.live(); c.Info().Status != contract.ConferenceInProgress || c.Info().Participants != 0 {
			t.Errorf("conference %+v", c.Info())
		}
		v.Decline(contract.CallNoAnswer)
		if n, _ := s.conferences.Count(); n != 0 {
			t.Errorf("%d conferences live", n)
		}
		again := cid.invited()
		if _, err := s.live().End(); err != nil {
			t.Fatal(err)
		}
		<-again.Over()
		if err := cid.join().over().err; !errors.Is(err, conference.ErrEnded) {
			t.Errorf("joined a conference that is over: %v", err)
		}
		again.Decline(contract.CallCompleted)
		cid.join() // another of that name
		cid.hangsUp()
	})
}
