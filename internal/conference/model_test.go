package conference_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"confab/internal/conference"
	"confab/internal/contract"
)

// model is what the lifecycle says (Twilio <Conference>), in the plainest words:
// who is in, in what order, and what has been told.
type model struct {
	s       *stage
	in      []*guest // by the order of joining
	started bool
	told    []string
}

type guest struct {
	*person
	pitch                   float64
	starts, moderates, mute bool
	held                    bool
	coaches                 *guest // who alone hears this one; nil: all do
}

// heardBy reports whether a guest who speaks is heard by other, who is not held.
func (g *guest) heardBy(other *guest) bool {
	return g != other && !g.mute && !g.held && (g.coaches == nil || g.coaches == other)
}

func (m *model) status() contract.ConferenceStatus {
	if m.started {
		return contract.ConferenceInProgress
	}
	return contract.ConferenceInit
}

func (m *model) say(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf(format, args...)+fmt.Sprintf(" (%d %s)", len(m.in), m.status()))
}

func (m *model) joins(g *guest) {
	m.in = append(m.in, g)
	m.say("participant-join %s", g.name)
	mayStart := slices.ContainsFunc(m.in, func(g *guest) bool { return g.starts })
	if !m.started && len(m.in) >= 2 && mayStart {
		m.started = true
		m.say("conference-start")
	}
}

func (m *model) leaves(g *guest, how string, kicked bool) {
	m.in = slices.DeleteFunc(m.in, func(other *guest) bool { return other == g })
	m.say("participant-leave %s %s", g.name, how)
	why := map[bool]string{false: "left", true: "kicked"}[kicked]
	switch {
	case g.moderates:
		m.ends("participant-with-end-conference-on-exit-"+why+" by "+g.name, "moderator_ended_conference")
	case len(m.in) == 0:
		m.ends("last-participant-"+why+" by "+g.name, "")
	}
}

func (m *model) ends(reason, others string) {
	for len(m.in) > 0 {
		g := m.in[0]
		m.in = m.in[1:]
		m.say("participant-leave %s %s in-progress", g.name, others)
	}
	m.told = append(m.told, "conference-end "+reason+" (0 completed)")
	m.started = false
}

// hears is what g must hear of the pitches of all.
func (m *model) hears(g *guest) (pitches []float64) {
	if !m.started || !slices.Contains(m.in, g) || g.held {
		return nil
	}
	for _, other := range m.in {
		if other.heardBy(g) {
			pitches = append(pitches, other.pitch)
		}
	}
	slices.Sort(pitches)
	return pitches
}

// TestLifecycleAgainstAModel lets people come, go, be muted, be thrown out and be
// ended in any order, and compares every event and, now and then, what
// everybody hears.
func TestLifecycleAgainstAModel(t *testing.T) {
	onStage(t, conference.Config{}, func(s *stage) {
		var guests []*guest
		for i, pitch := range pitches {
			guests = append(guests, &guest{person: s.person(fmt.Sprint("p", i)), pitch: pitch})
		}
		rapid.Check(t, func(t *rapid.T) {
			m := &model{s: s}
			defer m.clear()
			t.Repeat(m.actions(guests))
		})
	})
}

// pitches are those of the guests: between those of the beeps.
var pitches = []float64{440, 570, 700, 1500, 1700}

// clear lets everybody go and forgets what was told.
func (m *model) clear() {
	for _, c := range m.s.conferences.List() {
		c.End()
	}
	m.s.settle()
	m.s.checkSequences()
	m.s.journal.mu.Lock()
	defer m.s.journal.mu.Unlock()
	m.s.journal.events = nil
}

func (m *model) actions(guests []*guest) map[string]func(*rapid.T) {
	// inside makes an action of something that is done to somebody who is in.
	inside := func(do func(*rapid.T, *guest)) func(*rapid.T) {
		return func(t *rapid.T) {
			if len(m.in) > 0 {
				do(t, rapid.SampledFrom(m.in).Draw(t, "who"))
				m.s.settle()
			}
		}
	}
	return map[string]func(*rapid.T){
		"join": func(t *rapid.T) { m.join(t, guests) },
		"hang up": inside(func(_ *rapid.T, g *guest) {
			g.hangUp(&contract.Ended{Cause: contract.CauseFarEnd})
			m.leaves(g, "participant_hung_up completed", false)
		}),
		"redirect": inside(func(_ *rapid.T, g *guest) {
			g.hangUp(contract.ErrRedirected)
			m.leaves(g, "participant_updated_via_api in-progress", false)
		}),
		"kick": inside(func(t *rapid.T, g *guest) {
			if _, err := m.s.live().Kick(g.call); err != nil {
				t.Error(err)
			}
			m.leaves(g, "participant_updated_via_api in-progress", true)
		}),
		"mute": inside(func(t *rapid.T, g *guest) {
			mute := rapid.Bool().Draw(t, "mute")
			if _, err := m.s.live().SetMuted(g.call, mute); err != nil {
				t.Error(err)
			}
			if g.mute != mute {
				m.say("participant-%s %s", map[bool]string{true: "mute", false: "unmute"}[mute], g.name)
			}
			g.mute = mute
		}),
		"hold": inside(func(t *rapid.T, g *guest) {
			hold := rapid.Bool().Draw(t, "hold")
			if _, err := m.s.live().Hold(g.call, hold, &conference.Document{}); err != nil {
				t.Error(err)
			}
			if g.held != hold {
				m.say("participant-%s %s", map[bool]string{true: "hold", false: "unhold"}[hold], g.name)
			}
			g.held = hold
		}),
		"modify": inside(func(t *rapid.T, g *guest) {
			moderates := rapid.Bool().Draw(t, "moderates")
			if _, err := m.s.live().Modify(g.call, conference.Changes{EndOnExit: &moderates}); err != nil {
				t.Error(err)
			}
			if g.moderates != moderates {
				m.say("participant-modify %s", g.name)
			}
			g.moderates = moderates
		}),
		"coach": inside(func(t *rapid.T, g *guest) { m.coach(t, g, rapid.SampledFrom(guests).Draw(t, "whom")) }),
		"coach nobody": inside(func(t *rapid.T, g *guest) {
			if _, err := m.s.live().Coach(g.call, ""); err != nil {
				t.Error(err)
			}
			if g.coaches != nil {
				m.say("participant-modify %s", g.name)
			}
			g.coaches = nil
		}),
		"end": inside(func(t *rapid.T, _ *guest) {
			if _, err := m.s.live().End(); err != nil {
				t.Error(err)
			}
			m.ends("conference-ended-via-api", "conference_ended_via_api")
		}),
		"listen": func(t *rapid.T) { m.listen(t, guests) },
		"":       func(t *rapid.T) { m.compare(t, guests) },
	}
}

// coach lets g be heard by one alone, if that may be.
func (m *model) coach(t *rapid.T, g, whom *guest) {
	_, err := m.s.live().Coach(g.call, whom.call)
	var want error
	switch {
	case g.coaches == whom:
	case g == whom, !m.started:
		want = conference.ErrCoach
	case !slices.Contains(m.in, whom):
		want = conference.ErrCoachAbsent
	case whom.held:
		want = conference.ErrCoachHeld
	default:
		g.coaches = whom
		m.say("participant-modify %s", g.name)
	}
	if !errors.Is(err, want) {
		t.Errorf("%s coaches %s: %v, want %v", g.name, whom.name, err, want)
	}
}

// join lets one come who is not in.
func (m *model) join(t *rapid.T, guests []*guest) {
	out := slices.DeleteFunc(slices.Clone(guests), func(g *guest) bool { return slices.Contains(m.in, g) })
	if len(out) == 0 {
		return
	}
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	g := rapid.SampledFrom(out).Draw(t, "who")
	g.starts, g.moderates, g.mute = flag("starts"), flag("moderates") && flag("really"), flag("mute")
	g.held, g.coaches = false, nil
	beep := flag("beep")
	g.join(silent, beeps(beep, beep), func(r *conference.Request) {
		r.StartOnEnter, r.EndOnExit, r.Muted = g.starts, g.moderates, g.mute
	})
	m.joins(g)
}

// listen compares what all hear while all speak.
func (m *model) listen(t *rapid.T, guests []*guest) {
	heard := make([][]float64, len(guests))
	var ears sync.WaitGroup
	for _, g := range guests {
		defer g.says(g.pitch)()
	}
	for i, g := range guests {
		ears.Go(func() { heard[i] = g.hears(pitches...) })
	}
	ears.Wait()
	for i, g := range guests {
		if want := m.hears(g); !slices.Equal(heard[i], want) {
			t.Errorf("%s hears %v, want %v", g.name, heard[i], want)
		}
	}
}

// compare checks all that was told, and who is in.
func (m *model) compare(t *rapid.T, guests []*guest) {
	events := m.s.journal.all()
	for i := range max(len(events), len(m.told)) {
		got, want := "nothing", "nothing"
		if i < len(events) {
			got = m.s.line(events[i])
		}
		if i < len(m.told) {
			want = m.told[i]
		}
		if got != want {
			t.Fatalf("event %d is %s, want %s", i, got, want)
		}
	}
	if len(m.in) > 0 {
		m.compareSnapshots(t, m.s.live().Participants())
	}
	for _, g := range guests {
		if in := slices.Contains(m.in, g); g.in() != in {
			t.Errorf("%s is in: %v, want %v", g.name, g.in(), in)
		}
	}
}

// compareSnapshots checks what is shown of those who are in.
func (m *model) compareSnapshots(t *rapid.T, list []contract.ParticipantInfo) {
	if len(list) != len(m.in) {
		t.Fatalf("%d are shown, want %d", len(list), len(m.in))
	}
	for i, g := range m.in {
		want := contract.ParticipantInfo{Conference: list[i].Conference, Call: g.call, Muted: g.mute, Hold: g.held,
			StartOnEnter: g.starts, EndOnExit: g.moderates, Joined: list[i].Joined}
		if g.coaches != nil {
			want.Coaching, want.CallToCoach = true, g.coaches.call
		}
		if list[i] != want {
			t.Errorf("%s is shown as %+v, want %+v", g.name, list[i], want)
		}
	}
}
