package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// besideRate is how many calls a second come and go beside a meeting.
const besideRate = 50

func signallingFigures() []Figure {
	return []Figure{
		{Name: "late_p99", Unit: "ms", About: "lateness of the switch's slots, p99, nothing beside", Better: AtMost, Goal: 2},
		{Name: "late_p99_beside", Unit: "ms", About: "the same with 50 calls/s that come and go", Better: AtMost, Goal: 2},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends, p99, nothing beside"},
		{Name: "jitter_p99_beside", Unit: "ms", About: "the same with 50 calls/s that come and go"},
		{Name: "setup_p99", Unit: "ms", About: "INVITE to 200 of those calls, p99"},
		{Name: "calls", About: "calls that came and went", Hidden: true},
		{Name: "refused", About: "calls that were refused with 503", Hidden: true},
	}
}

// runSignalling measures a meeting, and again while calls come and go beside it.
func runSignalling(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	t, g, err := s.gather(ctx, s.Load)
	if err != nil {
		return o, err
	}
	defer t.close()
	defer g.close()
	alone, err := s.measure(ctx, t, g, s.length)
	if err != nil {
		return o, err
	}
	b := g.pass(besideRate, Load{Rooms: 10, People: 1000}, s.Load.Rooms, time.Second/2)
	beside, err := s.measure(ctx, t, g, s.length)
	if err != nil {
		return o, err
	}
	g.passNone()
	if err := g.until(ctx, func() bool { return b.over == b.dialled }); err != nil {
		return o, err
	}
	o.Values["late_p99"], o.Values["late_p99_beside"] = alone.lateness(0.99), beside.lateness(0.99)
	o.Values["jitter_p99"], o.Values["jitter_p99_beside"] = ms(alone.jitter.quantile(0.99)), ms(beside.jitter.quantile(0.99))
	o.Values["refused"] = float64(b.refused)
	o.Values["setup_p99"], o.Values["calls"] = ms(b.setups.quantile(0.99)), float64(b.answered)
	s.say("  slots late by p99 %.2f ms; beside %d calls %.2f ms", o.Values["late_p99"], b.answered, o.Values["late_p99_beside"])
	o.Notes = beside.slow()
	if b.refused > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("%d of %d calls beside were refused with 503", b.refused, b.dialled))
	}
	if b.failure != nil {
		err = fmt.Errorf("beside: %w", b.trouble())
	}
	return o, errors.Join(err, alone.trouble(), beside.trouble(), g.leave(ctx))
}
