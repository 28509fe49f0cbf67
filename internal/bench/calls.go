package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Calls are offered at rates that rise until the switch does not take all of
// them, and then half as many again as it took: past what it can.
const (
	callStay     = time.Second / 2 // in the room
	callsGoal    = 1000            // a second
	setupBound   = time.Second     // p99 of what is still taken
	overload     = 1.5
	keptUnder    = 0.8 // share of the calls that are still answered under overload
	refusedShare = 0.001
)

func callsFigures() []Figure {
	return []Figure{
		{Name: "calls", Unit: "calls/s", About: "INVITE, answered, half a second in a room, BYE", Better: AtLeast, Goal: callsGoal},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per call"},
		{Name: "setup_p50", Unit: "ms", About: "INVITE to 200, p50", Hidden: true},
		{Name: "setup_p99", Unit: "ms", About: "INVITE to 200, p99"},
		{Name: "over_offered", Unit: "calls/s", About: "offered past that"},
		{Name: "over_answered", Unit: "calls/s", About: "answered of them"},
		{Name: "over_refused", Unit: "calls/s", About: "refused with 503 of them"},
		{Name: "over_failed", Unit: "calls/s", About: "failed of them"},
		{Name: "over_kept", About: "answered of them, over what it took before", Better: AtLeast, Goal: keptUnder},
	}
}

// offer is calls at one rate, and what became of them.
type offer struct {
	batch
	cpu    time.Duration
	window time.Duration
}

func (o *offer) rate(n int) float64 { return float64(n) / o.window.Seconds() }

// taken reports whether the switch took all that was offered, in time.
func (o *offer) taken() bool {
	return o.failed == 0 && float64(o.refused) <= refusedShare*float64(o.dialled) && o.setups.quantile(0.99) <= setupBound
}

// runCalls offers calls at rising rates. The load's people are the highest rate,
// and its rooms are where the calls go.
func runCalls(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	t, g, err := s.open(ctx)
	if err != nil {
		return o, err
	}
	defer t.close()
	defer g.close()
	var best offer
	past := 0.0 // a rate that was not taken
	steps := s.steps(callSteps)
	for step := 1; step <= steps; step++ {
		rate := float64(s.Load.People*step) / float64(steps)
		offered, err := s.offer(ctx, t, g, rate)
		if err == nil && !offered.taken() {
			s.say("  once more, for it may have been the machine")
			offered, err = s.offer(ctx, t, g, rate)
		}
		if err != nil {
			return o, err
		}
		if !offered.taken() {
			past = offered.rate(offered.dialled)
			break
		}
		best = offered
	}
	if best.dialled == 0 {
		return o, errors.New("not even the fewest calls were taken")
	}
	o.Values["calls"] = math.Round(best.rate(best.answered)) // the window is not one of whole calls
	o.Values["cpu"] = ms(best.cpu) / float64(best.answered)
	o.Values["setup_p50"], o.Values["setup_p99"] = ms(best.setups.quantile(0.5)), ms(best.setups.quantile(0.99))
	over, err := s.offer(ctx, t, g, max(past, overload*best.rate(best.dialled)))
	if err != nil {
		return o, err
	}
	o.Values["over_offered"], o.Values["over_answered"] = over.rate(over.dialled), over.rate(over.answered)
	o.Values["over_refused"], o.Values["over_failed"] = over.rate(over.refused), over.rate(over.failed)
	o.Values["over_kept"] = over.rate(over.answered) / best.rate(best.answered)
	if over.failed > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("past what it took: %v", over.trouble()))
	}
	return o, nil
}

// callSteps is how many rates are tried.
const callSteps = 20

// offer lets calls come at a rate, and waits until each has ended somehow.
func (s *Stage) offer(ctx context.Context, t *target, g *generator, rate float64) (o offer, err error) {
	b := g.pass(rate, Load{Rooms: s.Load.Rooms, People: 1 << 20, Talkers: 1}, 0, callStay)
	began := time.Now()
	o.cpu, err = spent(ctx, t.process, s.length)
	g.passNone()
	o.window = time.Since(began)
	if err != nil {
		return o, err
	}
	if err := g.until(ctx, func() bool { return b.over == b.dialled }); err != nil {
		return o, err
	}
	o.batch = *b
	s.say("  %.0f calls/s offered: %.0f answered, %.0f refused, %.0f failed, set up in p99 %.0f ms, %.2f CPU-ms each",
		o.rate(o.dialled), o.rate(o.answered), o.rate(o.refused), o.rate(o.failed), ms(o.setups.quantile(0.99)), ms(o.cpu)/float64(max(1, o.answered)))
	return o, pause(ctx, 200*time.Millisecond)
}
