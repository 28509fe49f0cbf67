package bench

import (
	"context"
	"fmt"
)

// roomFigures are what a scenario of rooms yields; ratio is its goal.
func roomFigures(ratio float64) []Figure {
	return []Figure{
		{Name: "ratio", About: "CPU over that of the bare echo of the same packets", Better: AtMost, Goal: ratio},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per participant-second"},
		{Name: "floor", Unit: "ms", About: "CPU of the bare echo per participant-second"},
		{Name: "lost_to", Unit: "packets", About: "lost on the way to the switch", Hidden: true},
		{Name: "lost_from", Unit: "packets", About: "lost on the way from the switch", Hidden: true},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends"},
		{Name: "late_p99", Unit: "ms", About: "lateness of the slots of the switch's loops"},
		{Name: "setup_p99", Unit: "ms", About: "INVITE to 200", Hidden: true},
	}
}

// runRooms lets the scenario's people meet: the echo, then the switch.
func runRooms(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	floor, err := measureFloor(ctx, s)
	if err != nil {
		return o, fmt.Errorf("the floor: %w", err)
	}
	o.Values["floor"] = floor
	s.say("  the floor: %.3f CPU-ms per participant-second", floor)
	if err := measureSwitch(ctx, s, &o); err != nil {
		return o, err
	}
	o.Values["ratio"] = o.Values["cpu"] / floor
	if to, from := o.Values["lost_to"], o.Values["lost_from"]; to > 0 || from > 0 {
		return o, fmt.Errorf("packets lost: %.0f to the switch, %.0f from it", to, from)
	}
	return o, nil
}
