package conference_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/conference"
	"confab/internal/contract"
)

// pitched is an application each of whose documents is a pitch: how long it is
// heard (0: for ever), by the URL.
type pitched map[string]struct {
	hz float64
	d  time.Duration
}

func (p pitched) Prompt(ctx context.Context, into conference.Ear, d conference.Document) error {
	v, ok := p[d.URL]
	if !ok {
		return &contract.Error{Code: contract.CodeRetrieval, Message: "no such document"}
	}
	return into.Play(ctx, audio.NewTone(8000, v.hz, -20, v.d))
}

const (
	music  = "http://app.test/music"
	jingle = "http://app.test/jingle"
	news   = "http://app.test/news"
	gone   = "http://app.test/gone"
)

var house = pitched{music: {hz: 880}, jingle: {880, 400 * time.Millisecond}, news: {1500, time.Second}}

func prompted(r *conference.Request) { r.Prompter = house }

func at(url string) *conference.Document { return &conference.Document{URL: url} }

// notes tells of all events.
func notes(r *conference.Request) {
	r.Callbacks = conference.Callbacks{URL: "http://app.test/events", Events: []string{"start", "end", "join", "leave", "mute",
		"hold", "modify", "speaker", "announcement"}}
}

// done checks what a control returned: the position of the event of type want;
// none: that nothing is told.
func (s *stage) done(want contract.EventType) func(contract.Pos, error) {
	return func(pos contract.Pos, err error) {
		s.t.Helper()
		s.settle()
		switch events := s.journal.all(); {
		case err != nil:
			s.t.Error(err)
		case want == "" && pos != 0, want != "" && (pos == 0 || events[pos-1].Type != want):
			s.t.Errorf("position %d of %d, want that of %q", pos, len(events), want)
		}
	}
}

// refused checks that a control is refused, and tells of nothing.
func (s *stage) refused(want error) func(contract.Pos, error) {
	before := len(s.journal.all())
	return func(pos contract.Pos, err error) {
		s.t.Helper()
		if !errors.Is(err, want) || pos != 0 || len(s.journal.all()) != before {
			s.t.Errorf("position %d, %v, want %v and no event", pos, err, want)
		}
	}
}

// Twilio Participant resource, Hold.
func TestHold(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted, beeps(true, true))
		bob, cid := s.person("bob").join(prompted), s.person("cid").join(prompted)
		defer ann.says(440)()
		defer bob.says(660)()
		time.Sleep(time.Second) // of beeps
		c := s.live()

		s.done(contract.EventParticipantHold)(c.Hold(ann.call, true, at(music)))
		s.expectHears(ann, 880) // the hold document, not the conference
		s.expectHears(bob)      // is not heard
		s.expectHears(cid, 660) // the others go on
		if p, _ := c.Participant(ann.call); !p.Hold {
			t.Error("the snapshot does not show the hold")
		}
		s.done("")(c.Hold(ann.call, true, nil)) // holds already
		s.expectHears(ann, 880)
		s.done(contract.EventParticipantMute)(c.SetMuted(ann.call, true))
		s.expectHears(ann, 880) // goes on where it is
		s.done(contract.EventParticipantUnmute)(c.SetMuted(ann.call, false))

		if got := hearsDuring(bob, func() { s.done(contract.EventParticipantUnhold)(c.Hold(ann.call, false, nil)) }, comes, goes); got != "nothing" {
			t.Errorf("when a hold ends bob hears %s", got)
		}
		s.expectHears(ann, 660)
		s.expectHears(bob, 440)
		s.done("")(c.Hold(ann.call, false, nil))

		s.done(contract.EventParticipantHold)(c.Hold(bob.call, true, nil))
		if level := audioLevel(bob, 4*time.Second); level < -45 {
			t.Errorf("who is held without a document hears %.0f dBov, want music", level)
		}
		s.expectHears(bob)
		s.done("")(c.Hold(bob.call, true, at(jingle))) // another document
		heard := bob.listen(4 * time.Second)
		if again := audiotest.Hears(heard[3*8000:], 8000, 880); again < -40 {
			t.Errorf("a hold document is not repeated: %.0f dBov in the fourth second", again)
		}
		s.done("")(c.Hold(bob.call, true, at(gone)))
		if level := audioLevel(bob, 4*time.Second); level < -45 || !bob.in() {
			t.Errorf("with a hold document that is not there bob hears %.0f dBov, want music", level)
		}
		bob.hangsUp()
		s.refused(conference.ErrParticipant)(c.Hold(bob.call, false, nil))
	})
}

func TestHoldWhileWaiting(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(silent, prompted)
		s.done(contract.EventParticipantHold)(s.live().Hold(ann.call, true, at(music)))
		bob := s.person("bob").join(prompted)
		defer bob.says(660)()
		s.expectHears(ann, 880) // the start does not end a hold
		s.done(contract.EventParticipantUnhold)(s.live().Hold(ann.call, false, nil))
		s.expectHears(ann, 660)
	})
}

func TestHoldDocumentIsGotByGET(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		var asked conference.Document
		runs := 0
		ann := s.person("ann").join(silent, func(r *conference.Request) {
			r.Prompter = app(func(ctx context.Context, _ conference.Ear, d conference.Document) error {
				asked = d
				runs++
				<-ctx.Done()
				return ctx.Err()
			})
		})
		s.done(contract.EventParticipantHold)(s.live().Hold(ann.call, true, at(music)))
		want := conference.Document{URL: music, Method: "GET", Account: account, Conference: s.live().SID(), Name: "tea"}
		if asked != want {
			t.Errorf("asked for %+v, want %+v", asked, want)
		}
		s.person("bob").join() // the start, being muted and coaching do not disturb it
		s.done(contract.EventParticipantMute)(s.live().SetMuted(ann.call, true))
		if runs != 1 {
			t.Errorf("the document was run %d times", runs)
		}
	})
}

func TestNobodyToRunADocument(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		s.person("bob").join()
		c := s.live()
		s.refused(conference.ErrPrompter)(c.Hold(ann.call, true, at(music)))
		s.refused(conference.ErrPrompter)(c.Announce(ann.call, *at(news)))
		s.refused(conference.ErrPrompter)(c.AnnounceAll(*at(news), nil))
		s.refused(conference.ErrPrompter)(c.Modify(ann.call, conference.Changes{Wait: at(music)}))
	})
}

// Twilio Participant resource, BeepOnExit, EndConferenceOnExit, WaitUrl.
func TestModify(t *testing.T) {
	yes, no := true, false
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted)
		c := s.live()
		modified := s.done(contract.EventParticipantModify)
		modified(c.Modify(ann.call, conference.Changes{Wait: at(music)}))
		s.expectHears(ann, 880)
		modified(c.Modify(ann.call, conference.Changes{Wait: &conference.Document{}}))
		if level := ann.loud(); level > -60 {
			t.Errorf("ann is to wait in silence and hears %.0f dBov", level)
		}
		modified(c.Modify(ann.call, conference.Changes{Wait: at(gone)})) // not there
		if !ann.in() {
			t.Error("who has waited is put out by another wait document")
		}
		bob, cid := s.person("bob").join(prompted), s.person("cid").join(prompted)
		s.done("")(c.Modify(cid.call, conference.Changes{BeepOnExit: &no, EndOnExit: &no}))
		modified(c.Modify(cid.call, conference.Changes{BeepOnExit: &yes}))
		if got := hearsDuring(bob, cid.hangsUp, comes, goes); got != "somebody go" {
			t.Errorf("when cid goes bob hears %s", got)
		}
		modified(c.Modify(ann.call, conference.Changes{EndOnExit: &yes}))
		if p, _ := c.Participant(ann.call); !p.EndOnExit {
			t.Error("the snapshot does not show endConferenceOnExit")
		}
		ann.hangsUp()
		if info := c.Info(); info.ReasonEnded != contract.EndedByModeratorLeft || info.CallEnding != ann.call {
			t.Errorf("the conference ended by %q of %q", info.ReasonEnded, info.CallEnding)
		}
		s.refused(conference.ErrEnded)(c.Modify(bob.call, conference.Changes{EndOnExit: &no}))
	})
}

// Twilio <Conference> coach; Participant resource, Coaching and CallSidToCoach.
func TestCoach(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted)
		s.refused(conference.ErrCoach)(s.live().Coach(ann.call, "CA1"))
		bob, cid := s.person("bob").join(prompted), s.person("cid")
		defer ann.says(440)()
		defer bob.says(660)()
		defer cid.says(880)()
		c := s.live()
		cid.join(prompted, func(r *conference.Request) { r.Coach = ann.call })
		coached := func(who *person) {
			t.Helper()
			p, _ := c.Participant(cid.call)
			switch {
			case who == nil && (p.Coaching || p.CallToCoach != ""):
				t.Errorf("the snapshot shows %+v", p)
			case who != nil && (!p.Coaching || p.CallToCoach != who.call):
				t.Errorf("the snapshot shows %+v, want %s coached", p, who.name)
			}
		}
		coached(ann)
		s.expectHears(ann, 660, 880)
		s.expectHears(bob, 440)
		s.expectHears(cid, 440, 660)

		s.done("")(c.Coach(cid.call, ann.call))
		s.done(contract.EventParticipantModify)(c.Coach(cid.call, bob.call))
		coached(bob)
		s.expectHears(ann, 660)
		s.expectHears(bob, 440, 880)

		// While bob is held nobody hears the coach; afterwards bob does.
		c.Hold(bob.call, true, at(jingle))
		s.settle()
		s.expectHears(ann)
		s.refused(conference.ErrCoachHeld)(c.Coach(ann.call, bob.call))
		c.Hold(bob.call, false, nil)
		s.settle()
		s.expectHears(bob, 440, 880)
		s.expectHears(ann, 660)

		c.SetMuted(cid.call, true)
		s.settle()
		s.expectHears(bob, 440)
		c.SetMuted(cid.call, false)
		c.Hold(cid.call, true, nil)
		s.settle()
		s.expectHears(bob, 440)
		c.Hold(cid.call, false, nil)
		s.settle()
		s.expectHears(bob, 440, 880)
		s.expectHears(ann, 660)

		s.refused(conference.ErrCoach)(c.Coach(cid.call, cid.call))
		s.refused(conference.ErrCoachAbsent)(c.Coach(cid.call, "CA1"))

		// Who is coached comes back in the same call; until then the coach is heard
		// by nobody.
		bob.hangsUp()
		s.expectHears(ann)
		coached(bob)
		bob.again()
		s.expectHears(ann, 660)
		s.expectHears(bob, 440, 880)

		s.done(contract.EventParticipantModify)(c.Coach(cid.call, ""))
		coached(nil)
		s.expectHears(ann, 660, 880)
		s.expectHears(bob, 440, 880)
	})
}

func TestCoachWhoCannotJoin(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		coach := func(call contract.CallSID) func(*conference.Request) {
			return func(r *conference.Request) { r.Coach = call }
		}
		if got := s.person("first").join(coach("CA1")).over(); !errors.Is(got.err, conference.ErrCoach) {
			t.Errorf("a coach alone: %v", got.err)
		}
		ann := s.person("ann").join()
		if got := s.person("early").join(coach(ann.call)).over(); !errors.Is(got.err, conference.ErrCoach) {
			t.Errorf("a coach before the start: %v", got.err)
		}
		s.person("bob").join()
		if got := s.person("lost").join(coach("CA1")).over(); !errors.Is(got.err, conference.ErrCoachAbsent) {
			t.Errorf("a coach of nobody: %v", got.err)
		}
		s.expect("participant-join ann (1 init)", "participant-join bob (2 init)", "conference-start (2 in-progress)")
	})
}

// Twilio <Conference> statusCallbackEvent speaker.
func TestSpeechEvents(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(notes)
		stop := ann.says(440)
		time.Sleep(time.Second) // who waits does not speak
		bob := s.person("bob").join()
		time.Sleep(time.Second)
		stop()
		time.Sleep(2 * time.Second)
		c := s.live()
		c.SetMuted(ann.call, true)
		stop = ann.says(440)
		time.Sleep(time.Second) // nor who is muted
		c.SetMuted(ann.call, false)
		time.Sleep(time.Second)
		c.Hold(ann.call, true, nil)
		time.Sleep(time.Second) // nor who is held
		stop()
		time.Sleep(2 * time.Second)
		c.Hold(ann.call, false, nil)
		defer bob.says(660)()
		time.Sleep(time.Second)
		bob.hangsUp() // in the middle of a word
		s.expect(
			"participant-join ann (1 init)",
			"participant-join bob (2 init)",
			"conference-start (2 in-progress)",
			"participant-speech-start ann (2 in-progress)",
			"participant-speech-stop ann (2 in-progress)",
			"participant-mute ann (2 in-progress)",
			"participant-unmute ann (2 in-progress)",
			"participant-speech-start ann (2 in-progress)",
			"participant-hold ann (2 in-progress)",
			"participant-speech-stop ann (2 in-progress)",
			"participant-unhold ann (2 in-progress)",
			"participant-speech-start bob (2 in-progress)",
			"participant-speech-stop bob (2 in-progress)",
			"participant-leave bob participant_hung_up completed (1 in-progress)",
		)
		for _, e := range s.journal.all() {
			if e.Callback == nil {
				t.Errorf("%s is told to nobody", e.Type)
			}
		}
	})
}

func TestLevels(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob := s.person("ann").join(), s.person("bob").join()
		defer ann.says(440)()
		c := s.live()
		levels := func() []conference.Level {
			t.Helper()
			list, err := c.Levels(s.t.Context())
			if err != nil || len(list) != 2 || list[0].Call != ann.call || list[1].Call != bob.call {
				t.Fatalf("levels %+v, %v", list, err)
			}
			return list
		}
		levels()
		time.Sleep(200 * time.Millisecond)
		if v := levels(); !v[0].Talking || v[0].DBov < -25 || v[1].Talking || v[1].DBov > -60 {
			t.Errorf("ann talks and bob does not: %+v", v)
		}
		c.SetMuted(ann.call, true)
		if v := levels(); v[0].Talking || v[0].DBov < -25 {
			t.Errorf("ann is muted: %+v", v)
		}
		if slices.ContainsFunc(s.journal.all(), func(e contract.Event) bool { return e.Type == contract.EventSpeechStart }) {
			t.Error("looking at levels makes events")
		}
	})
}
