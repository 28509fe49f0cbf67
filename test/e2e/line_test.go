package e2e

import (
	"strings"
	"testing"
	"time"

	"confab/internal/contract"
)

// What the conference line says, whoever wrote it.
const (
	welcome     = "Welcome to the conference system."
	enterCode   = "Please enter your access code."
	wrongCode   = "The access code you entered is incorrect."
	nowEntering = "You are now entering the conference."
)

// number is the one that the line answers.
const number = "+15550100"

// The tones that callers say, in Hz: neither the wait music nor the beeps hold
// them, and none is a harmonic of another.
const (
	annTone   = 453
	bobTone   = 617
	carolTone = 1163
)

// caller is somebody with a phone, in a call.
type caller interface {
	ear() *ears
	press(keys string)
	hangUp()
}

// phones is how people call a server: each is given a name and a tone to say.
type phones interface {
	call(t *testing.T, s *server, name string, tone float64) caller
}

// TestLine tells the same stories of the built-in line and of one in Node, with
// our phone and with others'.
func TestLine(t *testing.T) {
	t.Parallel()
	for _, stage := range []struct {
		name string
		set  func(t *testing.T) (*server, phones)
	}{
		{"built-in", func(t *testing.T) (*server, phones) { return start(t, settings{}), ourPhones{} }},
		{"built-in over TCP", func(t *testing.T) (*server, phones) { return start(t, settings{}), ourPhones{";transport=tcp"} }},
		{"Node", func(t *testing.T) (*server, phones) { return nodeLine(t), ourPhones{} }},
		{"built-in by baresip", baresipStage},
	} {
		for _, story := range []struct {
			name string
			tell func(*testing.T, *server, phones)
		}{
			{"a code is keyed", codeIsKeyed},
			{"people meet", peopleMeet},
			{"nobody keys", nobodyKeys},
		} {
			t.Run(stage.name+"/"+story.name, func(t *testing.T) {
				t.Parallel()
				need(t, "espeak-ng")
				s, people := stage.set(t)
				story.tell(t, s, people)
			})
		}
	}
}

// Keys count while the line still speaks. A wrong code is told, and another
// asked for. What is keyed is nobody else's business.
func codeIsKeyed(t *testing.T, s *server, people phones) {
	const wrong = "90817263"
	ann := people.call(t, s, "ann", annTone)
	ann.ear().hears(welcome)
	asking := ann.ear().beginsToHear(enterCode)
	ann.press(wrong + "#")
	told, _ := ann.ear().hears(wrongCode)
	if ann.ear().heardEnd(enterCode, asking, told) {
		t.Errorf("%q was said to its end, though a key was pressed meanwhile", enterCode)
	}
	ann.ear().beginsToHear(enterCode)
	ann.press("123#")
	ann.ear().hears(nowEntering)
	until(t, patience, "she stands in conference 1", func() bool { return s.standing("conference 1") == 1 })
	ann.hangUp()
	s.quiet()
	if got := joins(s.journal()); len(got) != 1 || got["conference 1"] != 1 {
		t.Errorf("joined: %v, want one in conference 1", got)
	}
	if strings.Contains(s.log.String(), wrong) {
		t.Error("what was keyed is in the log")
	}
	if file := s.holding(wrong); file != "" {
		t.Errorf("what was keyed is in %s", file)
	}
}

// Who keys the same code meets; each hears the others, and not themselves.
func peopleMeet(t *testing.T, s *server, people phones) {
	ann := people.call(t, s, "ann", annTone)
	bob := people.call(t, s, "bob", bobTone)
	carol := people.call(t, s, "carol", carolTone)
	for _, c := range []struct {
		caller
		code string
	}{{ann, "123#"}, {bob, "123#"}, {carol, "456#"}} {
		c.ear().beginsToHear(enterCode)
		c.press(c.code)
	}
	for _, c := range []caller{ann, bob, carol} {
		c.ear().hears(nowEntering)
	}
	until(t, patience, "two stand in conference 1 and one in conference 2", func() bool {
		return s.standing("conference 1") == 2 && s.standing("conference 2") == 1
	})
	ann.ear().hearsTones([]float64{bobTone}, []float64{annTone, carolTone})
	bob.ear().hearsTones([]float64{annTone}, []float64{bobTone, carolTone})
	carol.ear().hearsTones(nil, []float64{annTone, bobTone, carolTone})
	carol.ear().hearsSomething() // music

	bob.hangUp()
	until(t, patience, "one stands in conference 1", func() bool { return s.standing("conference 1") == 1 })
	ann.ear().hearsTones(nil, []float64{annTone, bobTone, carolTone})
	ann.hangUp()
	carol.hangUp()
	s.quiet()

	events := s.journal()
	if got := joins(events); len(got) != 2 || got["conference 1"] != 2 || got["conference 2"] != 1 {
		t.Errorf("joined: %v, want two in conference 1 and one in conference 2", got)
	}
	ended := map[string]contract.EndReason{}
	for _, e := range events {
		switch e.Type {
		case contract.EventConferenceStart:
			if e.Conference.FriendlyName != "conference 1" {
				t.Errorf("%s started, with one in it", e.Conference.FriendlyName)
			}
		case contract.EventConferenceEnd:
			ended[e.Conference.FriendlyName] = e.Conference.ReasonEnded
		case contract.EventCallWarning:
			t.Errorf("warning %d: %s", e.Warning.Code, e.Warning.Message)
		}
	}
	for _, name := range []string{"conference 1", "conference 2"} {
		if ended[name] != contract.EndedByLastLeft {
			t.Errorf("%s ended by %q", name, ended[name])
		}
	}
}

// Who keys nothing is asked again after ten seconds.
func nobodyKeys(t *testing.T, s *server, people phones) {
	ann := people.call(t, s, "ann", annTone)
	ann.ear().hears(enterCode)
	asked := time.Now()
	ann.ear().hears(enterCode)
	if waited := time.Since(asked); waited < 10*time.Second || waited > 18*time.Second {
		t.Errorf("asked again after %v, want 10s, and what the prompt takes", waited)
	}
	ann.hangUp()
	s.quiet()
	if got := joins(s.journal()); len(got) != 0 {
		t.Errorf("joined: %v, want none", got)
	}
}
