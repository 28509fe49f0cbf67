package rtp_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/internal/rtp"
)

func ready() *rtp.Receiver {
	r := new(rtp.Receiver)
	r.Init(rate)
	return r
}

func packet(seq uint16, n int) rtp.Packet {
	return rtp.Packet{SSRC: 5, Sequence: seq, Timestamp: uint32(n * frame)}
}

func TestReceiver_RFC3550_A_3_countsLoss(t *testing.T) {
	r := ready()
	if _, ok := r.Report(0); ok {
		t.Error("a report on nothing")
	}
	const from = 65500 // the sequence wraps
	n := 0
	send := func(k int, lost func(i int) bool) {
		for i := range k {
			if !lost(i) {
				r.Push(time.Duration(n)*tick, packet(uint16(from+n), n))
			}
			n++
		}
	}
	send(100, func(i int) bool { return i%4 == 3 && i < 99 })
	got, ok := r.Report(0)
	if !ok || got.SSRC != 5 || got.Lost != 24 || got.FractionLost != 24*256/100 || got.Highest != from+99 {
		t.Errorf("%+v", got)
	}
	send(50, func(int) bool { return false })
	if got, _ = r.Report(0); got.Lost != 24 || got.FractionLost != 0 || got.Highest != from+149 {
		t.Errorf("%+v", got)
	}
	send(10, func(i int) bool { return i < 9 })
	if got, _ = r.Report(0); got.Lost != 33 || got.FractionLost != 9*256/10 {
		t.Errorf("%+v", got)
	}
	// A packet that comes late or twice counts as received.
	r.Push(0, packet(uint16(from+n-2), n-2))
	r.Push(0, packet(uint16(from+n-1), n-1))
	if got, _ = r.Report(0); got.Lost != 31 || got.FractionLost != 0 {
		t.Errorf("%+v", got)
	}
	if st := r.Stats(); st.Lost != 31 || st.Received != uint64(n-31) || st.SSRC != 5 {
		t.Errorf("%+v", st)
	}
	// So that there may be fewer than none lost.
	r = ready()
	for range 3 {
		r.Push(0, packet(7, 0))
	}
	if got, _ = r.Report(0); got.Lost != -2 || got.FractionLost != 0 {
		t.Errorf("%+v", got)
	}
}

func TestReceiver_RFC3550_A_1_jumps(t *testing.T) {
	r := ready()
	for i := range 10 {
		r.Push(0, packet(uint16(i), i))
	}
	r.Push(0, packet(40000, 10)) // a stray
	r.Push(0, packet(10, 10))
	if st := r.Stats(); st.Lost != 0 || st.Received != 11 {
		t.Errorf("after a stray: %+v", st)
	}
	r.Push(0, packet(50000, 11)) // a jump, when it goes on
	r.Push(0, packet(50001, 12))
	r.Push(0, packet(50003, 14))
	if st := r.Stats(); st.Lost != 1 || st.Received != 13 {
		t.Errorf("after a jump: %+v", st)
	}
	r.Push(0, rtp.Packet{SSRC: 6, Sequence: 1}) // another stream
	if got, _ := r.Report(0); got.SSRC != 6 || got.Lost != 0 || got.Highest != 1 {
		t.Errorf("after another SSRC: %+v", got)
	}
	if st := r.Stats(); st.Lost != 1 || st.Received != 14 {
		t.Errorf("in all: %+v", st)
	}
}

func TestReceiver_RFC3550_A_8_jitter(t *testing.T) {
	r := ready()
	at := 400 * 24 * time.Hour // the epoch may be long ago
	for i := range 1000 {
		// Every other packet is 10 ms late: D is ±10 ms, and J goes towards 10 ms.
		r.Push(at+time.Duration(i)*tick+time.Duration(i%2)*10*time.Millisecond, packet(uint16(i), i))
	}
	if j := r.Stats().Jitter; j < 9*time.Millisecond || j > 10*time.Millisecond {
		t.Errorf("jitter %v", j)
	}
	if got, _ := r.Report(0); got.Jitter < 9*8 || got.Jitter > 10*8 {
		t.Errorf("reported jitter %d", got.Jitter)
	}
	// A key's packets all have the timestamp of its start: no jitter.
	before := r.Stats().Jitter
	for i := range 50 {
		r.Count(rtp.Packet{SSRC: 5, Sequence: uint16(1000 + i), Timestamp: 1000 * frame})
	}
	if st := r.Stats(); st.Jitter != before || st.Received != 1050 || st.Lost != 0 {
		t.Errorf("%+v", st)
	}
}

func TestReceiver_answersSenderReports(t *testing.T) {
	r := ready()
	r.Push(0, packet(1, 1))
	if got, _ := r.Report(time.Second); got.LSR != 0 || got.DLSR != 0 {
		t.Errorf("before any SR: %+v", got)
	}
	r.SenderReport(10*time.Second, rtp.SenderReport{NTP: 0x0102030405060708})
	if got, _ := r.Report(12500 * time.Millisecond); got.LSR != 0x03040506 || got.DLSR != 5<<15 {
		t.Errorf("%+v", got)
	}
}

func TestReceiver_lossIsWhatWasNotSentThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := ready()
		from := rapid.Uint16().Draw(t, "from")
		through := rapid.SliceOfN(rapid.Bool(), 1, 500).Draw(t, "through")
		through[0], through[len(through)-1] = true, true
		lost := 0
		for i, ok := range through {
			if !ok {
				lost++
				continue
			}
			r.Push(time.Duration(i)*tick, packet(from+uint16(i), i))
		}
		if st := r.Stats(); st.Lost != int64(lost) || st.Received != uint64(len(through)-lost) || st.Jitter != 0 {
			t.Fatalf("%d of %d lost: %+v", lost, len(through), st)
		}
	})
}

func TestReceiver_doesNotAllocate(t *testing.T) {
	r, i := ready(), 0
	if n := testing.AllocsPerRun(1000, func() {
		r.Push(time.Duration(i)*tick, packet(uint16(i), i))
		r.Report(time.Duration(i) * tick)
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
