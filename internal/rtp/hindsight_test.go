package rtp_test

import (
	"math"
	"testing"
	"time"

	"confab/internal/rtp"
)

// What delay and made up frames of G.711 take off R by the E-model (ITU-T G.107, as R. Cole and J. Rosenbluth
// put it): half a point for 20 ms, 3.8 for one frame in a hundred.
func impairment(delay time.Duration, madeUp, frames int) float64 {
	return 0.024*delay.Seconds()*1000 + 378*float64(madeUp)/float64(frames)
}

// Whatever the network does, the delay and the frames made up cost hardly more
// than with that fixed delay which would have been best, and which nobody knows before.
func TestJitter_costsLittleMoreThanInHindsight(t *testing.T) {
	const phases, bound = 7, 1.3
	for _, n := range []network{
		{}, {stalls: 0.02, mean: 4}, {stalls: 0.05, mean: 8}, {stalls: 0.1, mean: 4}, {stalls: 0.3, mean: 4},
		{stalls: 0.3, mean: 8}, {stalls: 1, mean: 2}, {stalls: 1, mean: 8}, {stalls: 1, mean: 20}, {stalls: 5, mean: 4},
		{queue: 1}, {queue: 3}, {queue: 8}, {queue: 15}, {stalls: 0.1, mean: 8, queue: 1},
	} {
		var cost, best float64
		var delay time.Duration
		madeUp, frames := 0, 0
		for phase := range phases {
			s := newTalker(tick * time.Duration(2*phase+1) / (2 * phases))
			s.speak(10*time.Minute, tick, n.delays(s, lcg(uint64(phase+1))))
			l := listen(t, s.out, &listener{quiet: true})
			heard := l.got[:len(l.got)-1] // but for the end
			mean, missing := outcome(heard)
			cost += impairment(mean, missing, len(heard))
			best += hindsight(s.out)
			delay, madeUp, frames = delay+mean/phases, madeUp+missing, frames+len(heard)
		}
		t.Logf("%+v: %.1f ms, %.2f of 1000 made up: R is less by %.2f, and by %.2f in hindsight",
			n, delay.Seconds()*1000, float64(madeUp)/float64(frames)*1000, cost/phases, best/phases)
		if cost > bound*best {
			t.Errorf("%+v: R is less by %.2f, in hindsight by %.2f", n, cost/phases, best/phases)
		}
	}
}

// outcome is how long the packets were under way at the mean, and how many frames were made up.
func outcome(heard []heard) (mean time.Duration, madeUp int) {
	played := 0
	for _, h := range heard {
		switch h.Verdict {
		case rtp.Play:
			mean += h.delay
			played++
		case rtp.Empty, rtp.Lost:
			madeUp++
		}
	}
	return mean / time.Duration(played), madeUp
}

// network delays packets: it stalls so many times a second, for so many ms at the
// mean, and has a queue in which they wait so many ms at the mean.
type network struct{ stalls, mean, queue float64 }

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
