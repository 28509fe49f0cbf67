package conference_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/conference"
)

// app runs wait documents as a test wants it.
type app func(ctx context.Context, into conference.Ear, d conference.Document) error

func (f app) Prompt(ctx context.Context, into conference.Ear, d conference.Document) error {
	return f(ctx, into, d)
}

func hearing(f app) func(*conference.Request) {
	return func(r *conference.Request) {
		r.Prompter, r.Wait = f, &conference.Document{URL: "http://app.test/wait", Method: "GET"}
	}
}

func audioLevel(p *person, d time.Duration) float64 { return audio.Level(p.listen(d)) }

func TestWaitDocument(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		var asked conference.Document
		runs, cause := 0, error(nil)
		ann := s.person("ann").join(hearing(func(ctx context.Context, into conference.Ear, d conference.Document) error {
			asked = d
			runs++
			cause = into.Play(ctx, audio.NewTone(8000, 440, -20, 0))
			return cause
		}))
		s.expectHears(ann, 440)
		want := conference.Document{URL: "http://app.test/wait", Method: "GET", Account: account, Conference: s.live().SID(), Name: "tea"}
		if asked != want {
			t.Errorf("asked for %+v, want %+v", asked, want)
		}
		s.live().SetMuted(ann.call, true)
		s.settle()
		bob := s.person("bob").join()
		defer bob.says(660)()
		s.expectHears(ann, 660)
		if runs != 1 || cause == nil {
			t.Errorf("%d runs of the document, the last ended by %v", runs, cause)
		}
		bob.hangsUp()
		if level := ann.loud(); level > -60 {
			t.Errorf("alone after the start ann hears %.0f dBov, want no second wait", level)
		}
	})
}

func TestWaitDocumentEndsInSilence(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		runs := 0
		ann := s.person("ann").join(hearing(func(ctx context.Context, into conference.Ear, _ conference.Document) error {
			runs++
			return into.Play(ctx, audio.NewTone(8000, 440, -20, time.Second))
		}))
		time.Sleep(2 * time.Second)
		if level := ann.loud(); level > -60 || runs != 1 || !ann.in() {
			t.Errorf("after a document of one second: %.0f dBov, %d runs", level, runs)
		}
		bob := s.person("bob").join()
		defer bob.says(660)()
		s.expectHears(ann, 660)
	})
}

func TestWaitDocumentFails(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		broken := errors.New("no answer")
		p := s.person("p").join(hearing(func(context.Context, conference.Ear, conference.Document) error { return broken }))
		if got := p.over(); !errors.Is(got.err, conference.ErrWait) || !errors.Is(got.err, broken) || got.left.Started {
			t.Errorf("Join gave %+v, want ErrWait and its reason", got)
		}
		s.expect(
			"participant-join p (1 init)",
			"participant-leave p participant_add_failed in-progress (0 init)",
			"conference-end last-participant-left by p (0 completed)",
		)
	})
}

func TestWaitDocumentIsNotAskedForAfterTheStart(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join()
		s.person("bob").join()
		late := s.person("late").join(hearing(func(context.Context, conference.Ear, conference.Document) error {
			t.Error("a late one was asked to wait")
			return nil
		}))
		late.hangsUp()
	})
}

// A handler that panics is recovered by its call; it must not stay for ever.
func TestPanicLeavesNobodyBehind(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		p := s.person("p")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			s.conferences.Join(s.t.Context(), conference.Request{
				Account: account, Name: "other", Call: p.call, Session: p.near,
				Wait:     &conference.Document{URL: "http://app.test/wait"},
				Prompter: app(func(context.Context, conference.Ear, conference.Document) error { panic("broken") }),
			})
		}()
		if _, ok := s.conferences.Named(account, "other"); ok {
			t.Error("the conference of somebody who is gone lives on")
		}
		ann.hangsUp()
		s.expect(
			"participant-join ann (1 init)",
			"participant-join p (1 init)",
			"participant-leave p participant_hung_up completed (0 init)",
			"conference-end last-participant-left by p (0 completed)",
			"participant-leave ann participant_hung_up completed (0 init)",
			"conference-end last-participant-left by ann (0 completed)",
		)
	})
}
