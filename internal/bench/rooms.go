package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// roomFigures are what a scenario of rooms yields; ratio is its goal.
func roomFigures(ratio float64) []Figure {
	return []Figure{
		{Name: "ratio", About: "CPU over that of the bare echo of the same packets", Better: AtMost, Goal: ratio},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per participant-second"},
		{Name: "floor", Unit: "ms", About: "CPU of the bare echo per participant-second"},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends, p99"},
		{Name: "late_p99", Unit: "ms", About: "lateness of the switch's slots, p99", Better: AtMost, Goal: 2},
		{Name: "heap", Unit: "KB", About: "live heap per participant", Better: AtMost, Goal: 24},
		{Name: "lost_to", Unit: "packets", About: "lost on the way to the switch", Hidden: true},
		{Name: "lost_from", Unit: "packets", About: "lost on the way from the switch", Hidden: true},
		{Name: "gaps", About: "times without a packet of over 60 ms", Hidden: true},
		{Name: "generator_late_p99", Unit: "ms", About: "lateness of the generator itself", Hidden: true},
		{Name: "generator_cpu", Unit: "ms", About: "CPU of the generator per participant-second", Hidden: true},
		{Name: "setup_p99", Unit: "ms", About: "INVITE to 200, p99", Hidden: true},
	}
}

// codedFigures are those of a scenario of rooms whose codec costs most of the time:
// encodes is the goal of frames coded per tick.
func codedFigures(encodes float64) []Figure {
	return []Figure{
		{Name: "encodes", About: "frames coded per tick of the room", Better: AtMost, Goal: encodes},
		{Name: "ratio", About: "CPU over that of the bare echo of the same packets"},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per participant-second"},
		{Name: "floor", Unit: "ms", About: "CPU of the bare echo per participant-second"},
		{Name: "loss", Unit: "%", About: "packets lost, both ways"},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends, p99"},
		{Name: "late_p99", Unit: "ms", About: "lateness of the switch's slots, p99", Better: AtMost, Goal: 2},
		{Name: "heap", Unit: "KB", About: "live heap per participant"},
		{Name: "lost_to", Unit: "packets", About: "lost on the way to the switch", Hidden: true},
		{Name: "lost_from", Unit: "packets", About: "lost on the way from the switch", Hidden: true},
		{Name: "gaps", About: "times without a packet of over 60 ms", Hidden: true},
		{Name: "generator_late_p99", Unit: "ms", About: "lateness of the generator itself", Hidden: true},
		{Name: "generator_cpu", Unit: "ms", About: "CPU of the generator per participant-second", Hidden: true},
		{Name: "setup_p99", Unit: "ms", About: "INVITE to 200, p99", Hidden: true},
	}
}

// runCoded is runRooms for a codec whose library a machine may lack. Then there is
// nothing to measure, which a note says: it is no failure of the switch's.
func runCoded(ctx context.Context, s *Stage) (Outcome, error) {
	if _, err := formatOf(s.Codec); err != nil {
		return Outcome{Notes: []string{fmt.Sprintf("left out: %v", err)}}, nil
	}
	return runRooms(ctx, s)
}

// writeTime is how long after the last of them has come people are measured: what the
// switch keeps of the calls that begin, it writes within six seconds.
const writeTime = 8 * time.Second

// runRooms lets the scenario's people meet, and measures what that costs in turns with
// the floor.
func runRooms(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	legs := s.Load.Legs()
	t, g, err := s.open(ctx)
	if err != nil {
		return o, err
	}
	defer t.close()
	defer g.close()
	empty, err := t.liveHeap(ctx)
	if err != nil {
		return o, err
	}
	if err := t.assemble(ctx, s, g, s.Load); err != nil {
		return o, err
	}
	if err := pause(ctx, writeTime); err != nil {
		return o, err
	}
	m, floor, err := s.inTurns(ctx, t, g)
	if err != nil {
		return o, err
	}
	o.Values["floor"] = floor
	o.Values["cpu"] = perLeg(m.cpu, legs, s.length)
	m.report(o.Values)
	o.Values["generator_cpu"] = perLeg(m.own, legs, s.length)
	o.Values["setup_p99"] = ms(g.crowd.setups.quantile(0.99))
	o.Values["ratio"] = o.Values["cpu"] / floor
	o.Notes = m.slow()
	full, err := t.liveHeap(ctx)
	if err != nil {
		return o, err
	}
	o.Values["heap"] = (full - empty) / float64(legs) / 1024
	heard, err := g.listen(ctx)
	if err == nil {
		o.Notes = append(o.Notes, heard)
	}
	err = errors.Join(err, m.trouble())
	if lost := m.lostTo(); lost > 0 {
		err = errors.Join(err, fmt.Errorf("%.0f packets lost on the way to the switch", lost))
	}
	return o, errors.Join(err, g.leave(ctx))
}

// inTurns lets the switch and the floor have turns of a few seconds, in all as long as the
// scenario measures for the switch and half as long for the floor, and returns what each
// costs: a machine that is slower for some seconds, as one that others use too, is so
// for both. While the floor is measured the switch stands still, and is sent nothing.
func (s *Stage) inTurns(ctx context.Context, t *target, g *generator) (all measured, floor float64, err error) {
	const turn = 4 * time.Second
	turns := max(1, int(s.length/turn))
	length := s.length / time.Duration(turns)
	for i := range turns {
		below, err := s.floorBeside(ctx, t, g, length/2)
		if err != nil {
			return all, 0, fmt.Errorf("the floor: %w", err)
		}
		m, err := s.measure(ctx, t, g, length)
		if err != nil {
			return all, 0, err
		}
		floor += below / float64(turns)
		all.add(m)
		cpu := perLeg(m.cpu, s.Load.Legs(), length)
		s.say("  turn %d of %d: the floor %.3f CPU-ms per participant-second, the switch %.3f, which is %.2f floors", i+1, turns, below, cpu, cpu/below)
	}
	return all, floor, nil
}

// floorBeside measures the floor while the switch stands still and its callers are silent.
func (s *Stage) floorBeside(ctx context.Context, t *target, g *generator, d time.Duration) (float64, error) {
	g.do(func() { g.hushed = true })
	defer g.do(func() { g.hushed = false })
	if err := pause(ctx, 3*tickTime); err != nil { // until what is under way has been read
		return 0, err
	}
	if err := t.hold(); err != nil {
		return 0, err
	}
	floor, err := measureFloor(ctx, s, s.Load, d)
	return floor, errors.Join(err, t.goOn())
}

// report writes what every scenario of rooms says of its packets.
func (m *measured) report(v Values) {
	v["jitter_p99"] = ms(m.jitter.quantile(0.99))
	v["late_p99"] = m.lateness(0.99)
	v["encodes"] = m.encodes()
	v["loss"] = 100 * m.loss()
	v["lost_to"] = m.lostTo()
	v["lost_from"] = float64(m.lost)
	v["gaps"] = float64(m.gaps)
	v["generator_late_p99"] = ms(m.tally.late.quantile(0.99))
}
