package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// What a switch may do to its callers before it carries too many.
const (
	mostLoss   = 0.001
	mostJitter = 5 * time.Millisecond // p99 of the lateness of its packets, less the generator's own
	rampSteps  = 16
	rampTries  = 3 // at a step, before it is the end

	// mostLate is the lateness of the generator, p99, from which on nothing can be said of
	// the switch: packets of the next tick leave before those of this one.
	mostLate = 20 * time.Millisecond
)

func rampFigures(goal float64) []Figure {
	return []Figure{
		{Name: "participants", About: "participants until loss > 0.1 % or jitter p99 > 5 ms", Better: AtLeast, Goal: goal},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per participant-second, of so many"},
		{Name: "floor", Unit: "ms", About: "CPU of the bare echo per participant-second, of so many"},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends, p99, of so many"},
		{Name: "late_p99", Unit: "ms", About: "lateness of the switch's slots, p99, of so many"},
		{Name: "generator_cpu", Unit: "ms", About: "CPU of the generator per participant-second, of so many", Hidden: true},
		{Name: "generator_late_p99", Unit: "ms", About: "lateness of the generator itself, of so many", Hidden: true},
	}
}

// mostOfMachine is how much of a machine must be used before it is the machine that ends a climb, percent: steps
// are an eighth of what two cores carry.
const mostOfMachine = 75

// wholeFigures are those of a scenario that goes as far as the machine does, with the generator on it.
func wholeFigures() []Figure {
	figures := rampFigures(0)
	figures[0].Better = ""
	held := Figure{Name: "held", Unit: "%", About: "those, of as many as its cores could feed if the switch were the bare echo", Better: AtLeast, Goal: mostOfMachine}
	return slices.Insert(figures, 1, held)
}

// runRamp lets more and more people join one room until the switch loses
// packets or sends them late; then lets as many send to the echo.
func runRamp(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: Values{"participants": 0}}
	if err := s.climb(ctx, &o); err != nil {
		return o, err
	}
	for i := range o.Points {
		p := &o.Points[i]
		floor, err := measureFloor(ctx, s, Load{Rooms: 1, People: p.Participants, Talkers: s.Load.Talkers}, min(s.length, 4*time.Second))
		if err != nil {
			return o, fmt.Errorf("the floor of %d: %w", p.Participants, err)
		}
		p.Floor = floor * float64(p.Participants)
		s.say("  %d: the switch %.0f ms/s, the floor %.0f ms/s", p.Participants, p.Switch, p.Floor)
		if float64(p.Participants) == o.Values["participants"] {
			o.Values["floor"] = floor
			o.Values["held"] = s.held(p.Participants, floor+o.Values["generator_cpu"])
		}
	}
	return o, nil
}

// held returns how many percent n participants are of those whom this machine's cores could feed at so
// many CPU-ms per second of each, or of the load if that is less.
func (s *Stage) held(n int, each float64) float64 {
	most := min(float64(s.Load.Legs()), 1000*float64(runtime.NumCPU())/each)
	return math.Round(100 * float64(n) / most)
}

// climb goes up step by step, and leaves in o how far it came.
func (s *Stage) climb(ctx context.Context, o *Outcome) error {
	t, g, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	defer g.close()
	steps := s.steps(rampSteps)
	for step, joined := 1, 0; step <= steps; step++ {
		n := max(1, s.Load.Legs()*step/steps)
		if n == joined {
			continue
		}
		if err := g.join(ctx, s, s.Load, joined, n); err != nil {
			if ctx.Err() != nil {
				return err
			}
			o.Notes = append(o.Notes, fmt.Sprintf("%d did not come to stand in the room: %v", n, err))
			return nil
		}
		joined = n
		if err := pause(ctx, writeTime); err != nil {
			return err
		}
		m, err := s.measure(ctx, t, g, s.length)
		for try := 1; try < rampTries && err == nil && (m.tooMuch() || m.tooLate()); try++ {
			s.say("  %d participants: once more, for it may have been the machine", n)
			m, err = s.measure(ctx, t, g, s.length)
		}
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			o.Notes = append(o.Notes, fmt.Sprintf("%d: %v", n, err))
			return nil
		}
		loss, jitter := m.loss(), m.jitter.quantile(0.99)
		s.say("  %d participants: %.0f %% of a core, loss %.3f %%, jitter p99 %.1f ms; the generator: %.0f %% of a core, late by p99 %.1f ms",
			n, ms(m.cpu)/s.length.Seconds()/10, 100*loss, ms(jitter), ms(m.own)/s.length.Seconds()/10, ms(m.tally.late.quantile(0.99)))
		if m.tooLate() {
			o.Notes = append(o.Notes, fmt.Sprintf("the end: the generator cannot carry %d participants: it is late by p99 %.0f ms, at %.0f %% of a core",
				n, ms(m.tally.late.quantile(0.99)), ms(m.own)/s.length.Seconds()/10))
			return nil
		}
		o.Points = append(o.Points, Point{Participants: n, Switch: ms(m.cpu) / s.length.Seconds()})
		if m.tooMuch() {
			o.Notes = append(o.Notes, fmt.Sprintf("the end: %d participants have a loss of %.2f %%, jitter p99 %.1f ms", n, 100*loss, ms(jitter)))
			o.Notes = append(o.Notes, m.slow()...)
			return nil
		}
		o.Values["participants"] = float64(n)
		o.Values["cpu"] = perLeg(m.cpu, n, s.length)
		o.Values["jitter_p99"], o.Values["late_p99"] = ms(jitter), m.lateness(0.99)
		o.Values["generator_cpu"] = perLeg(m.own, n, s.length)
		o.Values["generator_late_p99"] = ms(m.tally.late.quantile(0.99))
	}
	o.Notes = append(o.Notes, "it carried all who were let in: more were not tried")
	heard, err := g.listen(ctx)
	o.Notes = append(o.Notes, heard)
	return errors.Join(err, g.leave(ctx))
}

// tooMuch reports whether callers would notice what was measured. A machine that holds up
// the generator holds up the switch as well: that is taken off.
func (m *measured) tooMuch() bool {
	return m.loss() > mostLoss || m.jitter.quantile(0.99)-m.tally.late.quantile(0.99) > mostJitter
}

// tooLate reports whether it was the generator that could not do more.
func (m *measured) tooLate() bool { return m.tally.late.quantile(0.99) > mostLate }

// loss returns the share of packets that were lost in either direction, less
// what was lost because the generator did not read it in time.
func (m *measured) loss() float64 {
	lost := max(0, float64(m.lost)-float64(m.overflows)) + m.lostTo()
	return lost / max(1, float64(m.received+m.lost+m.sent))
}
