package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a switch may do over the time of a soak.
const (
	mostGrowth    = 5       // percent, of what lives on the heap
	leastGrowth   = 1 << 20 // bytes: less than that is no growth
	mostResident  = 10      // percent, of the process's memory after the first fifth …
	settling      = 240     // seconds, but not before: until then a heap finds its size
	leastResident = 16      // MB: less than that is no growth
	soakMoments   = 30
	tooLate       = "0.01" // seconds, a bound of the histogram of slot lateness
)

func soakFigures() []Figure {
	return []Figure{
		{Name: "growth", Unit: "%", About: "growth of what lives on the heap, from begin to end", Better: AtMost, Goal: mostGrowth},
		{Name: "resident_growth", Unit: "%", About: "growth of the process's memory, from the first fifth (4 minutes at least) to the end", Better: AtMost, Goal: mostResident},
		{Name: "late", About: "slots later than 10 ms"},
		{Name: "late_share", Unit: "‰", About: "those, of a thousand slots"},
		{Name: "cpu", Unit: "ms", About: "CPU of the switch per participant-second"},
		{Name: "jitter_p99", Unit: "ms", About: "jitter of what the switch sends, p99"},
		{Name: "late_p99", Unit: "ms", About: "lateness of the switch's slots, p99"},
		{Name: "lost_to", Unit: "packets", About: "lost on the way to the switch"},
		{Name: "lost_from", Unit: "packets", About: "lost on the way from the switch"},
		{Name: "gaps", About: "times without a packet of over 60 ms"},
		{Name: "generator_late_p99", Unit: "ms", About: "lateness of the generator itself"},
		{Name: "heap", Unit: "KB", About: "what lives on the heap per participant, at the end", Hidden: true},
	}
}

// runSoak holds a load for long, with calls that come and go beside it, and
// looks at memory and late slots over time. Memory that grows is an error.
func runSoak(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	t, g, err := s.gather(ctx, s.Load)
	if err != nil {
		return o, err
	}
	defer t.close()
	defer g.close()
	// Whatever the switch makes once for its first calls, it makes before it is measured.
	const beside = 5 // calls a second
	rooms := Load{Rooms: 10, People: 1 << 20}
	if err := s.warm(ctx, g, g.pass(beside, rooms, s.Load.Rooms, callStay)); err != nil {
		return o, err
	}
	empty, err := t.liveHeap(ctx)
	if err != nil {
		return o, err
	}
	b := g.pass(beside, rooms, s.Load.Rooms, callStay)
	stop := make(chan struct{})
	watched := make(chan error, 1)
	var course []Moment
	t.wg.Go(func() {
		var err error
		course, err = s.watch(ctx, t, stop)
		watched <- err
	})
	m, err := s.measure(ctx, t, g, s.length)
	close(stop)
	err = errors.Join(err, <-watched)
	g.passNone()
	o.Course = course
	if err != nil {
		return o, err
	}
	if err := g.until(ctx, func() bool { return b.over == b.dialled }); err != nil {
		return o, err
	}
	full, err := t.liveHeap(ctx)
	if err != nil {
		return o, err
	}
	m.report(o.Values)
	o.Values["cpu"] = perLeg(m.cpu, s.Load.Legs(), s.length)
	o.Values["growth"] = 0
	if full-empty > leastGrowth {
		o.Values["growth"] = 100 * (full - empty) / empty
	}
	o.Values["heap"] = full / float64(s.Load.Legs()) / 1024
	o.Values["late"] = m.did.over(metricLate, tooLate)
	o.Values["late_share"] = 1000 * o.Values["late"] / max(1, m.did.sum(metricLate+"_count"))
	o.Values["resident_growth"] = residentGrowth(course)
	o.Notes = m.slow()
	for _, limit := range []struct {
		name string
		most float64
	}{{"growth", mostGrowth}, {"resident_growth", mostResident}} {
		if v := o.Values[limit.name]; v > limit.most {
			err = errors.Join(err, fmt.Errorf("memory is not flat: %s is %.1f %%, more than %.0f", limit.name, v, limit.most))
		}
	}
	if b.refused > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("%d of %d calls beside were refused with 503", b.refused, b.dialled))
	}
	if b.failure != nil {
		err = errors.Join(err, fmt.Errorf("beside: %w", b.trouble()))
	}
	return o, errors.Join(err, m.trouble(), g.leave(ctx))
}

// warm lets callers pass for a moment.
func (s *Stage) warm(ctx context.Context, g *generator, b *batch) error {
	if err := pause(ctx, min(10*time.Second, s.length)); err != nil {
		return err
	}
	g.passNone()
	return g.until(ctx, func() bool { return b.over == b.dialled })
}

// watch looks at the switch from time to time until stop, and says what it sees.
func (s *Stage) watch(ctx context.Context, t *target, stop <-chan struct{}) (course []Moment, err error) {
	first, err := scrape(ctx, "http://"+t.http)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	before, at := first, began
	every := time.NewTicker(max(s.length/soakMoments, 200*time.Millisecond))
	defer every.Stop()
	for {
		select {
		case <-stop:
			return course, nil
		case <-ctx.Done():
			return course, context.Cause(ctx)
		case <-every.C:
		}
		now, err := scrape(ctx, "http://"+t.http)
		if err != nil {
			return course, err
		}
		used, did := now.since(before).sum("process_cpu_seconds_total"), now.since(first)
		m := Moment{
			Seconds: time.Since(began).Seconds(), Resident: now.sum("process_resident_memory_bytes") / 1e6,
			Late: did.over(metricLate, tooLate), Slots: did.sum(metricLate + "_count"),
			CPU: 1000 * used / time.Since(at).Seconds(),
		}
		before, at = now, time.Now()
		course = append(course, m)
		if s.length >= time.Minute {
			s.say("  after %4.0f s: %.1f MB, %.0f of %.0f slots later than 10 ms, %.0f %% of a core", m.Seconds, m.Resident, m.Late, m.Slots, m.CPU/10)
		}
	}
}

// residentGrowth returns by how many percent the process's memory has grown
// since the first fifth of the time, in which a heap finds its size; nothing where that took all the time there was.
func residentGrowth(course []Moment) float64 {
	if len(course) < 5 {
		return 0
	}
	last := course[len(course)-1]
	settled := last
	for _, m := range course[len(course)/5:] {
		if m.Seconds >= settling {
			settled = m
			break
		}
	}
	if last.Resident-settled.Resident < leastResident {
		return 0
	}
	return 100 * (last.Resident - settled.Resident) / settled.Resident
}
