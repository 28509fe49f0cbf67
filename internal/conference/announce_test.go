package conference_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio/audiotest"
	"confab/internal/conference"
	"confab/internal/contract"
)

// expectTold compares the events of announcements so far: type, who, of what.
func (s *stage) expectTold(lines ...string) {
	s.t.Helper()
	var got []string
	for _, e := range s.journal.all() {
		if e.AnnounceURL == "" {
			continue
		}
		who := "all"
		if e.Participant != nil {
			who = s.names[e.Participant.Call]
		}
		line := string(e.Type) + " " + who + " " + e.AnnounceURL
		if e.AnnounceFailure != "" {
			line += " " + e.AnnounceFailure
		}
		got = append(got, line)
	}
	if len(got) != len(lines) {
		s.t.Fatalf("announcements told: %q, want %q", got, lines)
	}
	for i := range got {
		if got[i] != lines[i] {
			s.t.Errorf("told %q, want %q", got[i], lines[i])
		}
	}
}

// Twilio Participant resource, AnnounceUrl.
func TestAnnounceToOne(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted)
		bob := s.person("bob").join(prompted)
		defer bob.says(660)()
		c := s.live()
		s.done("")(c.Announce(ann.call, conference.Document{URL: "http://me:secret@app.test/news#rc=2"}))
		time.Sleep(time.Second)
		s.expectTold() // there is no such document

		s.done("")(c.Announce(ann.call, *at(news)))
		heard := ann.listen(300 * time.Millisecond)
		for _, hz := range []float64{1500, 660} { // over the conference
			if level := audiotest.Hears(heard, 8000, hz); level < -35 {
				t.Errorf("ann hears %v Hz at %.0f dBov", hz, level)
			}
		}
		if level := audiotest.Hears(bob.listen(300*time.Millisecond), 8000, 1500); level > -50 {
			t.Errorf("bob hears what is for ann at %.0f dBov", level)
		}
		s.expectTold()
		time.Sleep(time.Second)
		s.expectTold("announcement-end ann " + news)

		c.Hold(bob.call, true, at(music))
		s.done("")(c.Announce(bob.call, *at(news))) // who is held hears it too
		if level := audiotest.Hears(bob.listen(300*time.Millisecond), 8000, 1500); level < -35 {
			t.Errorf("bob, on hold, hears it at %.0f dBov", level)
		}
		bob.hangsUp() // it is cut off, and bob is no longer in
		s.expectTold("announcement-end ann "+news, "announcement-end all "+news)
		if e := s.journal.all(); e[len(e)-1].Type != contract.EventAnnouncementEnd {
			t.Error("the end is not told after the leave")
		}
		s.refused(conference.ErrParticipant)(c.Announce(bob.call, *at(news)))
	})
}

func TestAnnounceToAll(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted)
		c := s.live()
		s.refused(conference.ErrNotStarted)(c.AnnounceAll(*at(news), house))
		bob, cid := s.person("bob"), s.person("cid").join(prompted)
		c.Hold(cid.call, true, nil)
		time.Sleep(100 * time.Millisecond)
		bob.join(prompted)
		var wg sync.WaitGroup
		s.done("")(c.AnnounceAll(conference.Document{URL: news}, house))
		for p, want := range map[*person]bool{ann: true, bob: true, cid: false} {
			wg.Go(func() {
				if got := audiotest.Hears(p.listen(400*time.Millisecond), 8000, 1500) > -35; got != want {
					t.Errorf("%s hears it: %v, want %v", p.name, got, want)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Second)
		s.expectTold("announcement-end all " + news)
		c.AnnounceAll(*at(gone), house)
		c.AnnounceAll(conference.Document{URL: "http://me:secret@app.test/broken#rc=2"}, app(func(context.Context, conference.Ear, conference.Document) error {
			return errors.New("out of memory at /home/confab")
		}))
		s.settle()
		s.expectTold("announcement-end all "+news,
			"announcement-fail all http://app.test/broken the announcement could not be played: internal error")

		c.AnnounceAll(*at(music), house) // without end
		s.settle()
		if _, err := c.End(); err != nil {
			t.Error(err)
		}
		s.settle()
		s.expectTold("announcement-end all "+news,
			"announcement-fail all http://app.test/broken the announcement could not be played: internal error",
			"announcement-end all "+music)
		if e := s.journal.all(); e[len(e)-1].Type != contract.EventConferenceEnd {
			t.Errorf("the last event is %s", e[len(e)-1].Type)
		}
		s.refused(conference.ErrEnded)(c.AnnounceAll(*at(news), house))
	})
}

func TestAnnounceToAllWhereOneIsAtTheBridge(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(silent)
		c := s.live()
		c.Hold(ann.call, true, &conference.Document{})
		bob := s.person("bob").join()
		c.AnnounceAll(*at(news), house)
		if level := audiotest.Hears(bob.listen(400*time.Millisecond), 8000, 1500); level < -35 {
			t.Errorf("bob hears it at %.0f dBov", level)
		}
	})
}

func TestAnnouncementsAreBounded(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(prompted)
		c := s.live()
		n := 0
		for ; n < 1000; n++ {
			if _, err := c.Announce(ann.call, *at(music)); err != nil {
				s.refused(conference.ErrAnnouncements)(c.Announce(ann.call, *at(music)))
				break
			}
		}
		if n != 32 {
			t.Errorf("%d announcements at once", n)
		}
		if _, err := c.Announce(ann.call, *at("/news")); err == nil {
			t.Error("a document without an absolute URL")
		}
		ann.hangsUp()
		if got := len(s.journal.all()); got != 1+1+32+1 {
			t.Errorf("%d events", got)
		}
	})
}

// A panic in a document's run must end neither the process nor the conference.
func TestAPanicEndsTheAnnouncementAlone(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		s.person("ann").join()
		bob := s.person("bob").join()
		s.live().AnnounceAll(*at(news), app(func(context.Context, conference.Ear, conference.Document) error { panic("broken") }))
		s.settle()
		s.expectTold("announcement-fail all " + news + " the announcement could not be played: internal error")
		if !bob.in() || s.conferences.Panics() != 1 {
			t.Errorf("bob is in: %v; %d panics counted", bob.in(), s.conferences.Panics())
		}
	})
}

// Notices on a conference take no number from its events, are told to nobody,
// are bounded, and end with it.
func TestWarn(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		c := s.live()
		for range 200 {
			c.Warn(contract.Warning{Code: contract.CodeSchema, Message: "what is <Sing>?"})
		}
		ann.hangsUp()
		ann.over()
		c.Warn(contract.Warning{Code: contract.CodeSchema})
		var last contract.Event
		n := 0
		for _, e := range s.journal.all() {
			if e.Type == contract.EventConferenceWarning {
				n, last = n+1, e
			}
		}
		if n != 100 || last.Callback != nil || last.Conference.SID != c.SID() || !strings.HasPrefix(last.Warning.Message, "more is wrong") {
			t.Errorf("%d notices, the last %+v of %+v", n, last, last.Warning)
		}
	})
}
