package rtp_test

import (
	"slices"
	"testing"
	"time"
	"unsafe"

	"confab/internal/rtp"
)

func TestJitter_steadyArrivalsAtAnyPhaseAreNeverConcealed(t *testing.T) {
	for _, ptime := range []time.Duration{10, 20, 30, 40, 60} {
		ptime *= time.Millisecond
		bound := tick
		if ptime%tick != 0 {
			bound += 10 * time.Millisecond // its packets are wanted up to half a tick early
		}
		for phase := time.Duration(0); phase < tick; phase += 250 * time.Microsecond {
			for _, tie := range []bool{false, true} {
				if tie && ptime%tick != 0 {
					continue // its second packet misses the tick by nothing
				}
				s := newTalker(phase)
				s.speak(10*time.Second, ptime, none)
				l := listen(t, s.out, &listener{tie: tie})
				played := 0
				for _, h := range l.got {
					if h.Verdict == rtp.Play {
						played++
					}
					if played > 0 && played < len(s.out) && h.Verdict != rtp.Play {
						t.Fatalf("ptime %v phase %v: verdict %d at %v", ptime, phase, h.Verdict, h.at)
					}
					if h.Verdict == rtp.Play && h.delay > bound {
						t.Fatalf("ptime %v phase %v: delay %v", ptime, phase, h.delay)
					}
				}
				if played != len(s.out) {
					t.Fatalf("ptime %v phase %v: %d of %d played", ptime, phase, played, len(s.out))
				}
			}
		}
	}
}

// A sender whose packets come on the very tick, now just before and now just
// after it, costs one concealed frame and then none.
func TestJitter_arrivalsOnTheTickDoNotFlip(t *testing.T) {
	s := newTalker(0)
	early := false
	s.speak(time.Minute, tick, func() time.Duration {
		early = !early
		if early {
			return -2 * time.Millisecond
		}
		return 2 * time.Millisecond
	})
	l := listen(t, s.out, &listener{})
	if n := count(l.got, rtp.Empty) + count(l.got, rtp.Lost); n != 1 {
		t.Errorf("concealed %d frames, want 1", n)
	}
	if st := l.j.Stats(); st.Skipped != 0 || st.Late != 0 || st.Delay > 25*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

func TestJitter_followsADriftingClock(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		s := newTalker(7 * time.Millisecond)
		s.clock = 1 + ppm/1e6
		s.speak(20*time.Minute, tick, none)
		l := listen(t, s.out, &listener{quiet: true})
		st := l.j.Stats()
		// 20 min · 200 ppm = 240 ms = 12 frames.
		concealed := count(l.after(time.Second), rtp.Empty) + count(l.after(time.Second), rtp.Lost) - 1 // the end
		if concealed+int(st.Skipped) > 13 || concealed+int(st.Skipped) < 11 {
			t.Errorf("%v ppm: %d concealed, %d skipped", ppm, concealed, st.Skipped)
		}
		for _, h := range l.got {
			if h.Verdict == rtp.Play && h.at-l.byNum[h.number].arrival > 30*time.Millisecond {
				t.Fatalf("%v ppm: delay %v at %v", ppm, h.at-l.byNum[h.number].arrival, h.at)
			}
		}
	}
}

func TestJitter_aLatePacketIsPlayedAndTheDelayGrowsOnce(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	n := 0
	s.speak(2*time.Second, tick, func() time.Duration {
		if n++; n == 50 {
			return 19 * time.Millisecond // its tick is 15 ms after it was sent
		}
		return 0
	})
	l := listen(t, s.out, &listener{})
	if played, empty := count(l.got, rtp.Play), count(l.got[:n], rtp.Empty); played != n || empty != 1 {
		t.Errorf("%d of %d played, %d concealed", played, n, empty)
	}
	if last := l.got[len(l.got)-1]; last.delay != 35*time.Millisecond {
		t.Errorf("delay %v at the end, want 35ms", last.delay)
	}
}

// Packets that others overtake by more than there is time for are lost at
// first; then the schedule makes room for them.
func TestJitter_makesRoomForOvertakenPackets(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	n := 0
	s.speak(20*time.Second, tick, func() time.Duration {
		if n++; n%10 == 0 {
			return 50 * time.Millisecond
		}
		return 0
	})
	l := listen(t, s.out, &listener{})
	l.inOrder(t)
	if st := l.j.Stats(); st.Late > 3 || st.Delay > 80*time.Millisecond {
		t.Errorf("%+v", st)
	}
	if n := count(l.after(2*time.Second), rtp.Lost) + count(l.after(2*time.Second), rtp.Empty); n > 1 {
		t.Errorf("%d concealed", n)
	}
}

func TestJitter_aLostPacketCostsNoDelay(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	s.speak(2*time.Second, tick, none)
	n := len(s.out)
	s.out = slices.DeleteFunc(s.out, func(p sent) bool { return p.number%10 == 5 })
	l := listen(t, s.out, &listener{})
	if played := count(l.got, rtp.Play); played != n*9/10 {
		t.Errorf("%d of %d played", played, n*9/10)
	}
	if concealed := count(l.got[:len(l.got)-1], rtp.Empty) + count(l.got, rtp.Lost); concealed != n/10 {
		t.Errorf("%d concealed, want %d", concealed, n/10)
	}
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.delay != 15*time.Millisecond {
			t.Fatalf("delay %v at %v", h.delay, h.at)
		}
	}
}

// After a bad time the delay comes down again: soon if there are quiet packets
// to leave out, and in the end if there are none.
func TestJitter_delayShrinksAfterABurst(t *testing.T) {
	for _, quiet := range []bool{true, false} {
		s := newTalker(3 * time.Millisecond)
		random := lcg(1)
		s.speak(5*time.Second, tick, none)
		s.speak(3*time.Second, tick, func() time.Duration { return time.Duration(random()%150) * time.Millisecond })
		s.speak(40*time.Second, tick, none)
		l := listen(t, s.out, &listener{quiet: quiet})
		l.inOrder(t)
		worst := time.Duration(0)
		for _, h := range l.got {
			if h.Verdict == rtp.Play && h.at < 8*time.Second {
				worst = max(worst, h.at-l.byNum[h.number].arrival)
			}
		}
		if worst < 100*time.Millisecond {
			t.Errorf("quiet %v: worst delay %v: the burst was none", quiet, worst)
		}
		within := 8*time.Second + 20*time.Second
		if quiet {
			within = 8*time.Second + 11*time.Second
		}
		for _, h := range l.after(within) {
			if h.Verdict == rtp.Play && h.delay > 30*time.Millisecond {
				t.Fatalf("quiet %v: delay %v at %v", quiet, h.delay, h.at)
			}
		}
		if n := count(l.after(9*time.Second), rtp.Empty) + count(l.after(9*time.Second), rtp.Lost); n > 2 { // and the end
			t.Errorf("quiet %v: %d concealed after the burst", quiet, n)
		}
	}
}

// One late packet makes the delay a frame longer. That it was the only one is known after
// some time, and then the frame is given back, though hardly more than it could be spared.
func TestJitter_aFrameForOneLatePacketIsGivenBack(t *testing.T) {
	s := newTalker(18 * time.Millisecond) // 2 ms before the tick
	s.speak(5*time.Second, tick, none)
	s.speak(tick, tick, func() time.Duration { return 4 * time.Millisecond })
	s.speak(25*time.Second, tick, none)
	l := listen(t, s.out, &listener{quiet: true})
	l.inOrder(t)
	for _, h := range l.got {
		switch since := h.at - 5*time.Second; {
		case h.Verdict != rtp.Play:
		case since > 100*time.Millisecond && since < 5*time.Second && h.delay != 22*time.Millisecond:
			t.Fatalf("delay %v, %v after a packet was late", h.delay, since)
		case since > 11*time.Second && h.delay != 2*time.Millisecond:
			t.Fatalf("still a delay of %v, %v after a packet was late", h.delay, since)
		}
	}
}

// Where packets come unevenly, twice the jitter is left when the delay is lessened.
func TestJitter_whatIsUnevenIsLeftMore(t *testing.T) {
	for jitter, want := range map[time.Duration]time.Duration{time.Millisecond: 5, 4 * time.Millisecond: 25} {
		s := newTalker(tick - 5*time.Millisecond)
		uneven := func() time.Duration { return time.Duration(s.number%2) * jitter / 2 }
		s.speak(5*time.Second, tick, uneven)
		s.speak(tick, tick, func() time.Duration { return 6 * time.Millisecond })
		s.speak(25*time.Second, tick, uneven)
		l := listen(t, s.out, &listener{quiet: true})
		if last := l.got[len(l.got)-2]; last.delay != want*time.Millisecond {
			t.Errorf("packets are up to %v late by turns: the delay is %v, want %d ms", jitter/2, last.delay, want)
		}
	}
}

// A delay that is about to be too short is made longer before anything is missing, from the first packets on, and once.
func TestJitter_tightAtOnce(t *testing.T) {
	s := newTalker(tick - 300*time.Microsecond)
	s.speak(10*time.Second, tick, none)
	l := listen(t, s.out, &listener{holds: true})
	if st := l.j.Stats(); st.Stretched != 1 || st.Empty > 1 || l.after(time.Second)[0].delay != tick+300*time.Microsecond {
		t.Errorf("%v after a second: %+v", l.after(time.Second)[0].delay, st)
	}
}

// However long a network has stalled, the delay is not made longer than may be, which would cost packet after packet.
func TestJitter_aLongStallIsNotPaidForTwice(t *testing.T) {
	for _, stall := range []time.Duration{190, 200, 220, 400} {
		s := newTalker(5 * time.Millisecond)
		s.speak(5*time.Second, tick, none)
		end := s.at + stall*time.Millisecond
		s.speak(30*time.Second, tick, func() time.Duration { return max(end-s.at, 0) })
		l := listen(t, s.out, &listener{quiet: true, holds: true})
		st := l.j.Stats()
		if dropped := int(st.Skipped) - l.skips + int(st.Late); st.Stretched > 2 || dropped > int(stall/20)-8 {
			t.Errorf("after %d ms %d packets were dropped, and the delay was made longer %d times", stall, dropped, st.Stretched)
		}
		if at := l.after(10 * time.Second)[0]; at.delay > 60*time.Millisecond {
			t.Errorf("after %d ms, and four seconds, the delay is %v", stall, at.delay)
		}
	}
}

// Who speaks again after a pause is not made to wait for as long as their packets are uneven, where the delay is known to do.
func TestJitter_aTalkspurtBeginsOnTime(t *testing.T) {
	s := newTalker(tick - 12*time.Millisecond)
	uneven := func() time.Duration { return time.Duration(s.number%2) * 9 * time.Millisecond }
	s.speak(15*time.Second, tick, uneven)
	s.pause(time.Second)
	resumed := s.at
	s.speak(time.Second, tick, uneven)
	l := listen(t, s.out, &listener{})
	for _, h := range l.after(resumed + 2*tick) {
		if h.Verdict == rtp.Play && h.delay != 12*time.Millisecond {
			t.Fatalf("at %v, %v after they spoke again, the delay is %v", h.at, h.at-resumed, h.delay)
		}
	}
}

// A pause is shortened only by what leaves the first packet behind it in time.
func TestJitter_aPauseIsNotShortenedByTooMuch(t *testing.T) {
	s := newTalker(tick - 700*time.Microsecond)
	s.speak(5*time.Second, tick, none)
	s.speak(tick, tick, func() time.Duration { return 4 * time.Millisecond }) // 20.7 ms from here on
	s.speak(11*time.Second, tick, none)
	s.pause(time.Second)
	s.at += 400 * time.Microsecond // its clock does not say so
	resumed := s.at
	s.speak(time.Second, tick, none)
	l := listen(t, s.out, &listener{})
	for _, h := range l.after(resumed) {
		if h.Verdict == rtp.Play && (h.Tight || l.byNum[h.number].arrival > h.at-time.Millisecond/2) {
			t.Fatalf("at %v a packet was played %v after it came: %+v", h.at, h.at-l.byNum[h.number].arrival, h.Popped)
		}
	}
}

// Somebody who pauses is waited for as long as they need and no longer, and their
// pauses prove nothing: five seconds are such as were played.
func TestJitter_pausesProveNothing(t *testing.T) {
	s := newTalker(18 * time.Millisecond)
	s.speak(5*time.Second, tick, none)
	s.speak(tick, tick, func() time.Duration { return 4 * time.Millisecond })
	s.speak(2*time.Second, tick, none)
	s.pause(30 * time.Second)
	resumed := s.at
	s.speak(2*time.Second, tick, none)
	l := listen(t, s.out, &listener{quiet: true})
	for _, h := range l.after(resumed + 100*time.Millisecond) {
		if h.Verdict == rtp.Play && h.delay != 22*time.Millisecond {
			t.Fatalf("the delay is %v at %v", h.delay, h.at)
		}
	}
}

// A caller who has its ticks later knows at once what that makes spare, and keeps the delay as short.
func TestJitter_later(t *testing.T) {
	const by, moves = 5 * time.Millisecond, 25 * time.Second
	s := newTalker(tick - 16500*time.Microsecond)
	s.speak(moves+5*time.Second, tick, none)
	var l listener
	l.j.Init(rate, 160)
	moved, spared := false, time.Duration(0)
	for i, p := range s.out {
		for at := time.Duration(i) * tick; l.now <= at; l.now += tick {
			if at > moves && !moved {
				if d, ok := l.j.Excess(); !ok || d != -by {
					t.Errorf("%v are more than enough, %v; want that %v are missing", d, ok, by)
				}
				l.j.Later(by)
				l.now, moved = l.now+by, true
			}
			pop := l.j.Pop(l.now, frame)
			if pop.Spare {
				l.j.Skip()
				l.j.Pop(l.now, frame)
				spared = l.now - moves
			}
		}
		l.j.Push(p.arrival, p.Packet, p.duration)
	}
	if st := l.j.Stats(); spared == 0 || spared > 500*time.Millisecond || st.Empty > 0 || st.Delay > by {
		t.Errorf("spared after %v: %+v", spared, st)
	}
}

func TestJitter_aStallIsCutToTheBound(t *testing.T) {
	s := newTalker(3 * time.Millisecond)
	s.speak(5*time.Second, tick, none)
	stalled := s.at + time.Second
	s.speak(time.Second, tick, func() time.Duration { return stalled - s.at })
	s.speak(5*time.Second, tick, none)
	l := listen(t, s.out, &listener{quiet: true})
	l.inOrder(t)
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.at-l.byNum[h.number].arrival > rtp.MaxDelay {
			t.Fatalf("waited %v at %v", h.at-l.byNum[h.number].arrival, h.at)
		}
	}
	if st := l.j.Stats(); st.Kept < 500+10-1 || st.Skipped > 12 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
}

// Silence suppression: what is not sent is not lost, and pauses are where the
// delay is mended.
func TestJitter_pausesAreNotConcealed(t *testing.T) {
	s := newTalker(3 * time.Millisecond)
	random := lcg(3)
	for range 30 {
		s.speak(2*time.Second, tick, func() time.Duration { return time.Duration(random()%15) * time.Millisecond })
		s.pause(time.Duration(1+random()%3000) * time.Millisecond)
	}
	l := listen(t, s.out, &listener{})
	if st := l.j.Stats(); st.Played < uint64(len(s.out))-15 || st.Lost > 15 || st.Resyncs != 0 || st.Late > 15 {
		t.Errorf("%d sent: %+v", len(s.out), st)
	}
	if waits := count(l.got, rtp.Wait); waits < 1000 {
		t.Errorf("%d ticks of silence", waits)
	}
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.delay > 60*time.Millisecond {
			t.Fatalf("delay %v at %v", h.delay, h.at)
		}
	}
}

func TestJitter_resyncs(t *testing.T) {
	for name, change := range map[string]func(*talker){
		"another SSRC":                 func(s *talker) { s.ssrc, s.seq, s.ts = 1, 999, 12345 },
		"another SSRC, same numbers":   func(s *talker) { s.ssrc = 1 },
		"timestamps jump ahead":        func(s *talker) { s.ts += 1 << 30 },
		"timestamps jump back":         func(s *talker) { s.ts -= 1 << 30 },
		"timestamps jump back a bit":   func(s *talker) { s.ts -= rate },
		"sequence and timestamps jump": func(s *talker) { s.ts -= 1 << 29; s.seq += 20000 },
		"both jump back a little":      func(s *talker) { s.ts -= 1 << 29; s.seq -= 300 },
		"sequence jumps alone":         func(s *talker) { s.seq -= 15000 },
		"timestamps stood still":       func(s *talker) { s.at += 3 * time.Second; s.marker = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTalker(3 * time.Millisecond)
			s.speak(2*time.Second, tick, none)
			before := s.number
			change(s)
			s.speak(2*time.Second, tick, none)
			l := listen(t, s.out, &listener{})
			l.inOrder(t)
			var old, fresh int
			for _, h := range l.got {
				if h.Verdict == rtp.Play && h.number < before {
					old++
				} else if h.Verdict == rtp.Play {
					fresh++
				}
			}
			if old < before-1 || fresh < 100-7 {
				t.Errorf("played %d of %d and %d of 100: %+v", old, before, fresh, l.j.Stats())
			}
			if last := l.got[len(l.got)-1]; last.delay > 20*time.Millisecond {
				t.Errorf("delay %v at the end", last.delay)
			}
		})
	}
}

// A single stray packet moves nothing.
func TestJitter_aStrayChangesNothing(t *testing.T) {
	for name, stray := range map[string]func(p *sent){
		"timestamp ahead": func(p *sent) { p.Timestamp += 1 << 20 },
		"timestamp back":  func(p *sent) { p.Timestamp -= 1 << 20 },
		"all":             func(p *sent) { p.Timestamp -= 1 << 30; p.Sequence += 30000 },
		"sequence":        func(p *sent) { p.Sequence -= 9000; p.Timestamp -= 1 << 30 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTalker(3 * time.Millisecond)
			s.speak(2*time.Second, tick, none)
			p := s.out[50]
			p.number, p.Marker = 5000, true
			p.Payload = payload(5000, 160)
			p.arrival -= time.Millisecond // while the one before waits to be played
			p.Sequence += 1000
			stray(&p)
			l := listen(t, append(s.out, p), &listener{})
			if played, concealed := count(l.got, rtp.Play), count(l.got, rtp.Empty); played != len(s.out) || concealed > 1 {
				t.Errorf("%d of %d played, %d concealed: %+v", played, len(s.out), concealed, l.j.Stats())
			}
		})
	}
}

func TestJitter_resetStartsAnew(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate, 160)
	push := func(i int, at time.Duration) rtp.Pushed {
		return j.Push(at, rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * frame), Payload: payload(i, frame)}, frame)
	}
	for i := range 10 {
		push(i, time.Duration(i)*tick)
	}
	j.Reset()
	if p := j.Pop(10*tick, frame); p.Verdict != rtp.Wait || j.Stats().Depth != 0 {
		t.Errorf("after Reset: %+v", p)
	}
	push(5000, 20*tick+1)
	if p := j.Pop(21*tick, frame); p.Verdict != rtp.Play || p.Sequence != 5000 {
		t.Errorf("got %+v", p)
	}
	if st := j.Stats(); st.Kept != 11 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
}

func TestJitter_refusesWhatItCannotHold(t *testing.T) {
	var unready rtp.Jitter
	if v := unready.Push(0, rtp.Packet{Payload: make([]byte, 160)}, 160); v != rtp.Refused {
		t.Errorf("before Init: %v", v)
	}
	if p := unready.Pop(0, 160); p.Verdict != rtp.Wait {
		t.Errorf("before Init: %+v", p)
	}
	for _, c := range []struct {
		size     int
		duration uint32
		want     rtp.Pushed
	}{
		{0, 160, rtp.Refused},
		{160, 0, rtp.Refused},
		{rtp.MaxPayload + 1, 160, rtp.Refused},
		{160, rate/5 + 1, rtp.Refused},
		{rtp.MaxPayload, rate / 5, rtp.Kept},
		{1, 1, rtp.Kept},
	} {
		var j rtp.Jitter
		j.Init(rate, 160)
		if v := j.Push(0, rtp.Packet{Payload: make([]byte, c.size)}, c.duration); v != c.want {
			t.Errorf("%d bytes of %d: %v, want %v", c.size, c.duration, v, c.want)
		}
	}
}

func TestJitter_aFullBufferKeepsWhatItHas(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate, 160)
	full := 0
	for i := range 100 { // 5 ms each, so that time does not bound them
		p := rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * 40), Payload: payload(i, 40)}
		if j.Push(0, p, 40) == rtp.Full {
			full++
		}
	}
	if st := j.Stats(); st.Depth != 24 || full != 76 || st.Full != 76 {
		t.Errorf("%d full, %+v", full, st)
	}
	for i := range 24 {
		if p := j.Pop(30*time.Millisecond, 40); p.Verdict != rtp.Play || string(p.Payload) != string(payload(i, 40)) {
			t.Fatalf("packet %d: %+v", i, p)
		}
	}
	// Large payloads take neighbouring blocks, and give them back.
	for round := range 20 {
		j.Reset()
		at := time.Duration(round) * time.Second
		for i := range 3 {
			p := rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * 800), Payload: payload(i, rtp.MaxPayload)}
			if v := j.Push(at, p, 800); v != rtp.Kept {
				t.Fatalf("round %d packet %d: %v", round, i, v)
			}
		}
		if v := j.Push(at, rtp.Packet{Sequence: 3, Timestamp: 2400, Payload: []byte{1}}, 800); v != rtp.Full {
			t.Fatalf("round %d: %v, want full", round, v)
		}
	}
}

func TestJitter_size(t *testing.T) {
	if size := unsafe.Sizeof(rtp.Jitter{}); size > 1280 {
		t.Errorf("a Jitter takes %d bytes", size)
	}
}

func TestJitter_doesNotAllocate(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate, 160)
	b := make([]byte, 172)
	i := 0
	if n := testing.AllocsPerRun(2000, func() {
		at := time.Duration(i) * tick
		rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * frame), Payload: payloadOf[:]}.Put(b)
		p, err := rtp.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if i%10 != 3 { // some are lost
			j.Push(at, p, frame)
		}
		if p := j.Pop(at+5*time.Millisecond, frame); p.Spare {
			j.Skip()
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if st := j.Stats(); st.Played < 1500 {
		t.Errorf("%+v", st)
	}
}

var payloadOf [160]byte
