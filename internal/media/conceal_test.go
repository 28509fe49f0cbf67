package media

import (
	"math"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

// inletOf makes an inlet that hears PCMU.
func inletOf() *inlet {
	in := new(inlet)
	in.set(Params{Codec: codec.PCMU, Receive: true, Send: true}, 0)
	return in
}

// overNetwork returns what is heard of sound, sent in packets of ptime, of which
// those that lost tells never come, from the first packet on.
func overNetwork(t *testing.T, sound []int16, ptime time.Duration, lost func(packet int) bool) []int16 {
	t.Helper()
	in := inletOf()
	size := int(ptime * 8000 / time.Second)
	coded := make([]byte, size)
	var heard []int16
	next := 0
	for now := time.Duration(0); int(now*8000/time.Second) < len(sound)+1600; now += tickDuration {
		for ; (next+1)*size <= len(sound) && time.Duration(next+1)*ptime <= now; next++ {
			codec.PCMU.NewEncoder().Encode(coded, sound[next*size:(next+1)*size])
			if !lost(next) {
				in.jitter.Push(now-tickDuration/4, rtp.Packet{SSRC: 1, Sequence: uint16(next), Timestamp: uint32(next * size), Payload: coded}, uint32(size))
			}
		}
		frame := in.hear(now, make([]int16, in.size), true, false)
		if frame == nil {
			frame = make([]int16, in.size)
		}
		heard = append(heard, frame...)
	}
	start := slices.IndexFunc(heard, func(v int16) bool { return v != 0 })
	if start < 0 {
		t.Fatal("nothing is heard")
	}
	return heard[start:]
}

// A tone of which packets are lost, of any size, is heard as that tone, without
// a hole and without a click.
func TestConceal_aToneGoesOn(t *testing.T) {
	for _, ptime := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond} {
		tone, err := audio.Samples(audio.Limit(audio.NewTone(8000, 200, -10, 0), 2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		heard := overNetwork(t, tone, ptime, func(packet int) bool { return packet > 3 && packet%9 == 0 })
		heard = heard[:len(tone)*9/10]
		if got := audio.LevelAt(heard, 8000, 200); math.Abs(got+10) > 0.5 {
			t.Errorf("packets of %v: the tone is heard at %.1f dBov, want −10", ptime, got)
		}
		steepest := 0
		for i := 1; i < len(heard); i++ {
			d := int(heard[i]) - int(heard[i-1])
			steepest = max(steepest, d, -d)
		}
		if most := int(2.5 * 2 * math.Pi * 200 / 8000 * 32767 * math.Sqrt2 * math.Pow(10, -10.0/20)); steepest > most {
			t.Errorf("packets of %v: it jumps by %d from one sample to the next, want at most %d", ptime, steepest, most)
		}
	}
}

// What does not come any more fades out within 60 ms.
func TestConceal_fadesOut(t *testing.T) {
	tone, err := audio.Samples(audio.Limit(audio.NewTone(8000, 200, -10, 0), time.Second))
	if err != nil {
		t.Fatal(err)
	}
	heard := overNetwork(t, tone, tickDuration, func(packet int) bool { return packet >= 20 })
	end := 20 * 160
	if got := audio.LevelAt(heard[end:end+80], 8000, 200); math.Abs(got+10) > 1 {
		t.Errorf("in the first 10 ms it is at %.1f dBov, want −10", got)
	}
	if after := heard[end+480:]; slices.ContainsFunc(after, func(v int16) bool { return v != 0 }) {
		t.Error("after 60 ms something is heard")
	}
}

func TestConceal_aSilentOneStaysSilent(t *testing.T) {
	in := inletOf()
	frame := make([]int16, in.size)
	if in.conceal(frame) {
		t.Error("something is made of nothing")
	}
	in.loud = 1
	in.decode(frame, speech())
	in.pause()
	if in.conceal(frame) {
		t.Error("something is made of what was before a pause")
	}
}
