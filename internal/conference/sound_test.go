package conference_test

import (
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/conference"
)

// The tones of the beeps.
var (
	comes = []float64{1000, 1300}
	goes  = []float64{1150, 850}
)

func (s *stage) expectHears(p *person, want ...float64) {
	s.t.Helper()
	if got := p.hears(440, 660, 880); !slices.Equal(got, want) {
		s.t.Errorf("%s hears %v, want %v", p.name, got, want)
	}
}

func TestWhoHearsWhom(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(waits)
		bob := s.person("bob").join(waits, silent)
		defer ann.says(440)()
		defer bob.says(660)()
		s.expectHears(bob) // who waits is muted
		if level := bob.loud(); level > -60 {
			t.Errorf("bob waits in silence and hears %.0f dBov", level)
		}

		cid := s.person("cid").join()
		defer cid.says(880)()
		s.expectHears(ann, 660, 880)
		s.expectHears(bob, 440, 880)
		s.expectHears(cid, 440, 660)

		c := s.live()
		c.SetMuted(bob.call, true)
		s.settle()
		s.expectHears(ann, 880)
		s.expectHears(bob, 440, 880) // the muted hear
		c.SetMuted(bob.call, false)
		s.settle()
		s.expectHears(ann, 660, 880)

		bob.hangsUp()
		s.expectHears(bob)
		s.expectHears(ann, 880)
		cid.hangsUp()
		if level := ann.loud(); level > -60 {
			t.Errorf("ann, alone after the start, hears %.0f dBov, want silence", level)
		}
	})
}

func TestJoinedMuted(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob := s.person("ann").join(isMuted), s.person("bob").join()
		defer ann.says(440)()
		defer bob.says(660)()
		s.expectHears(bob)
		s.expectHears(ann, 660)
	})
}

func TestMutedWhileWaiting(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		s.live().SetMuted(ann.call, true)
		bob := s.person("bob").join()
		defer ann.says(440)()
		s.expectHears(bob)
	})
}

func TestMusicUntilTheStart(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join()
		time.Sleep(2 * time.Second) // it may begin softly
		if level := audioLevel(ann, 2*time.Second); level < -45 {
			t.Errorf("who waits hears %.0f dBov, want music", level)
		}
		s.live().SetMuted(ann.call, true) // does not disturb it
		if level := audioLevel(ann, 2*time.Second); level < -45 {
			t.Errorf("who waits muted hears %.0f dBov, want music", level)
		}
		s.person("bob").join()
		if level := ann.loud(); level > -60 {
			t.Errorf("after the start ann hears %.0f dBov, want silence", level)
		}
	})
}

func TestBeep(t *testing.T) {
	tests := []struct {
		name        string
		enter, exit bool
	}{
		{"true", true, true}, {"false", false, false}, {"onEnter", true, false}, {"onExit", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, conference.Config{}, func(s *stage) {
				ann := s.person("ann").join(beeps(false, false))
				s.person("bob").join(beeps(false, false))
				cid := s.person("cid")
				if got := hearsDuring(ann, func() { cid.join(beeps(tt.enter, tt.exit)) }, comes, goes); got != sounds(tt.enter, false) {
					t.Errorf("when cid comes ann hears %s", got)
				}
				time.Sleep(time.Second)
				if got := hearsDuring(ann, cid.hangsUp, comes, goes); got != sounds(false, tt.exit) {
					t.Errorf("when cid goes ann hears %s", got)
				}
			})
		})
	}
}

func TestBeepOfTheStart(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann, bob := s.person("ann").join(beeps(true, true), silent), s.person("bob")
		if got := hearsDuring(ann, func() { bob.join(beeps(false, false)) }, comes, goes); got != sounds(true, false) {
			t.Errorf("at the start ann hears %s", got)
		}
	})
}

func TestACrowdThatComesAtOnceIsNotLouder(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		ann := s.person("ann").join(waits, silent)
		for range 20 {
			s.person("p").join(waits, silent, beeps(true, true))
		}
		samples := during(ann, func() { s.person("last").join(beeps(true, true)) })
		if level := loudest(samples, comes[0]); level > -18 || level < -24 {
			t.Errorf("the beep of many is at %.0f dBov, want one beep's −20", level)
		}
	})
}

func sounds(enter, exit bool) string {
	switch {
	case enter && exit:
		return "both"
	case enter:
		return "somebody come"
	case exit:
		return "somebody go"
	}
	return "nothing"
}

// during returns what p hears in the half second from the beginning of f.
func during(p *person, f func()) []int16 {
	tap, err := p.far.Tap()
	if err != nil {
		p.t.Fatal(err)
	}
	defer tap.Close()
	f()
	heard := make([]int16, 4000)
	for at := 0; at < len(heard); {
		n, err := tap.Read(p.t.Context(), heard[at:])
		if err != nil {
			p.t.Fatal(err)
		}
		at += n
	}
	return heard
}

// hearsDuring says which of the beeps p hears.
func hearsDuring(p *person, f func(), enter, exit []float64) string {
	samples := during(p, f)
	all := func(tones []float64) bool {
		for _, hz := range tones {
			if loudest(samples, hz) < -30 {
				return false
			}
		}
		return true
	}
	return sounds(all(enter), all(exit))
}

// loudest returns how loud a pitch is in the 100 ms in which it is loudest.
func loudest(samples []int16, hz float64) float64 {
	level := audio.Quietest
	for at := 0; at+800 <= len(samples); at += 160 {
		level = max(level, audiotest.Hears(samples[at:at+800], 8000, hz))
	}
	return level
}
