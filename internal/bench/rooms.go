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

// runRooms lets the scenario's people meet between two halves of the floor: a machine
// that is slower for a minute is so for both.
func runRooms(ctx context.Context, s *Stage) (Outcome, error) {
	half := min(s.length, 10*time.Second) / 2
	before, err := measureFloor(ctx, s, s.Load, half)
	if err != nil {
		return Outcome{}, fmt.Errorf("the floor: %w", err)
	}
	s.say("  the floor before: %.3f CPU-ms per participant-second", before)
	o, trouble := meet(ctx, s)
	if _, measured := o.Values["cpu"]; !measured {
		return o, trouble
	}
	after, err := measureFloor(ctx, s, s.Load, half)
	if err != nil {
		return o, errors.Join(trouble, fmt.Errorf("the floor: %w", err))
	}
	o.Values["floor"] = (before + after) / 2
	o.Values["ratio"] = o.Values["cpu"] / o.Values["floor"]
	s.say("  the floor after: %.3f; the switch is %.2f floors", after, o.Values["ratio"])
	return o, trouble
}

// writeTime is how long after the last of them has come people are measured: what the
// switch keeps of the calls that begin, it writes within six seconds.
const writeTime = 8 * time.Second

// meet lets the scenario's people call the switch.
func meet(ctx context.Context, s *Stage) (Outcome, error) {
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
	m, err := s.measure(ctx, t, g, s.length)
	if err != nil {
		return o, err
	}
	o.Values["cpu"] = perLeg(m.cpu, legs, s.length)
	m.report(o.Values)
	o.Values["generator_cpu"] = perLeg(m.own, legs, s.length)
	o.Values["setup_p99"] = ms(g.crowd.setups.quantile(0.99))
	s.say("  the switch: %.3f", o.Values["cpu"])
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
