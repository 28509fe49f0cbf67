package rtp_test

import (
	"math"
	"testing"
	"time"

	"confab/internal/rtp"
)

// impairment is what the delay and missing frames of G.711 take off R by the E-model: half a point for 20 ms
// (R. Cole and J. Rosenbluth, 2001, below 177 ms), 3.8 for one in a hundred (ITU-T G.107 with G.113's 25.1 for a codec that conceals).
func impairment(delay time.Duration, missing, frames int) float64 {
	return 0.024*delay.Seconds()*1000 + 378*float64(missing)/float64(frames)
}

// Over many networks the delay and the frames that are made up or left out cost hardly more
// than with that fixed delay which would have been best, and which nobody knows before.
func TestJitter_costsLittleMoreThanInHindsight(t *testing.T) {
	const bound, phases = 1.45, 20
	length := 4 * time.Minute
	if raceDetector {
		length = 90 * time.Second
	}
	for _, n := range []network{
		{}, {stalls: 0.02, mean: 4}, {stalls: 0.05, mean: 8}, {stalls: 0.1, mean: 4}, {stalls: 0.3, mean: 4},
		{stalls: 0.3, mean: 8}, {stalls: 1, mean: 2}, {stalls: 1, mean: 8}, {stalls: 1, mean: 20}, {stalls: 5, mean: 4},
		{stalls: 0.1, mean: 30}, {stalls: 0.1, mean: 60}, {stalls: 0.05, mean: 150},
		{queue: 1}, {queue: 3}, {queue: 8}, {queue: 15}, {stalls: 0.1, mean: 8, queue: 1},
		{every: 7, late: 8}, {every: 11, late: 8}, {every: 20, late: 8}, {every: 30, late: 8},
	} {
		var cost, best float64
		var delay time.Duration
		missing, frames := 0, 0
		for phase := range phases {
			random := lcg(uint64(phase + 1))
			s := newTalker((tick*time.Duration(phase) + time.Duration(random())%tick) / phases)
			s.speak(length, tick, n.delays(s, random))
			l := listen(t, s.out, &listener{quiet: true, holds: true})
			mean, none := l.outcome()
			cost += impairment(mean, none, len(l.got))
			best += hindsight(s.out)
			delay, missing, frames = delay+mean/phases, missing+none, frames+len(l.got)
		}
		t.Logf("%+v: %.1f ms, %.2f of 1000 missing: R is less by %.2f, and by %.2f in hindsight: %.2f",
			n, delay.Seconds()*1000, float64(missing)/float64(frames)*1000, cost/phases, best/phases, cost/best)
		if cost > bound*best {
			t.Errorf("%+v: R is less by %.2f, in hindsight by %.2f", n, cost/phases, best/phases)
		}
	}
}

// outcome is how long packets were under way at the mean, and how many frames were made up, or not played.
func (l *listener) outcome() (mean time.Duration, missing int) {
	played := 0
	for _, h := range l.got[:len(l.got)-1] { // at the end nothing is there
		switch h.Verdict {
		case rtp.Play:
			mean += h.delay
			played++
		case rtp.Empty, rtp.Lost:
			missing++
		}
	}
	st := l.j.Stats()
	return mean / time.Duration(played), missing + int(st.Late) + int(st.Skipped) - l.skips
}

// network delays packets: it stalls so many times a second, for so many ms at the
// mean; it has a queue in which they wait so many ms at the mean; every so many seconds one is so many ms late.
type network struct{ stalls, mean, queue, every, late float64 }

// delays of what s sends; no packet overtakes another.
func (n network) delays(s *talker, random func() uint64) func() time.Duration {
	wait := func(mean float64) time.Duration {
		return time.Duration(-math.Log((float64(random()%(1<<30))+0.5)/(1<<30)) * mean * float64(time.Second))
	}
	var start, end, last time.Duration
	return func() time.Duration {
		for n.stalls > 0 && s.at >= end {
			start = end + wait(1/n.stalls)
			end = start + wait(n.mean/1000)
		}
		at := s.at + wait(n.queue/1000)
		if n.every > 0 && math.Mod(s.at.Seconds(), n.every) < tick.Seconds() {
			at += time.Duration(n.late * float64(time.Millisecond))
		}
		if s.at >= start && n.stalls > 0 {
			at = max(at, end)
		}
		last = max(last, at)
		return last - s.at
	}
}

// hindsight is what the best of the fixed delays would have cost.
func hindsight(packets []sent) float64 {
	best := math.Inf(1)
	for k := range 15 {
		delay := (tick-packets[0].at%tick)%tick + time.Duration(k)*tick
		late := 0
		for _, p := range packets {
			if p.arrival-p.at > delay {
				late++
			}
		}
		best = min(best, impairment(delay, late, len(packets)))
	}
	return best
}
