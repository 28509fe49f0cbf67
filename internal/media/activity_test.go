package media

import (
	"math/rand/v2"
	"testing"
)

// levels are made by mean magnitude per frame of 20 ms.
func noise(r *rand.Rand, level, frames int) []int {
	out := make([]int, frames)
	for i := range out {
		out[i] = level + r.IntN(level/3+1) - level/6
	}
	return out
}

// speech is syllables of 100 to 250 ms with gaps of 40 to 200 ms between them.
func syllables(r *rand.Rand, level, frames int) []int {
	var out []int
	for len(out) < frames {
		for range 5 + r.IntN(8) {
			out = append(out, level/2+r.IntN(level))
		}
		for range 2 + r.IntN(8) {
			out = append(out, 10+r.IntN(20))
		}
	}
	return out[:frames]
}

func changes(a *activity, levels []int) (starts, stops int) {
	for _, v := range levels {
		if a.hear(v, true) {
			if a.talking {
				starts++
			} else {
				stops++
			}
		}
	}
	return starts, stops
}

func TestActivity_oneSecondOfSpeechIsOneStartAndOneStop(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		for _, level := range []int{400, 2000, 12000} {
			a := new(activity)
			levels := append(make([]int, 100), syllables(r, level, 50)...)
			levels = append(levels, make([]int, 100)...)
			if starts, stops := changes(a, levels); starts != 1 || stops != 1 {
				t.Errorf("seed %d, level %d: %d starts, %d stops", seed, level, starts, stops)
			}
		}
	}
}

func TestActivity_lineNoiseIsNoSpeech(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		for _, level := range []int{3, 20, 60, 120, 250} {
			a := new(activity)
			if starts, _ := changes(a, noise(r, level, 3000)); starts != 0 {
				t.Errorf("seed %d: %d starts in a minute of noise at %d", seed, starts, level)
			}
		}
	}
}

func TestActivity_speechOverNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	a := new(activity)
	levels := noise(r, 150, 500)
	for i, v := range syllables(r, 6000, 100) {
		levels[200+i] += v
	}
	if starts, stops := changes(a, levels); starts != 1 || stops != 1 {
		t.Errorf("%d starts, %d stops", starts, stops)
	}
}

func TestActivity_aToneThatLastsIsSpeechAllTheTime(t *testing.T) {
	a := new(activity)
	levels := make([]int, 3000) // a minute
	for i := range levels {
		levels[i] = 2000
	}
	if starts, stops := changes(a, levels); starts != 1 || stops != 0 {
		t.Errorf("%d starts, %d stops", starts, stops)
	}
}

// Packets that do not come are no quieter line: its noise is no speech for that.
func TestActivity_lossIsNotTheNoiseOfTheLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	a := new(activity)
	for i := range 3000 {
		level, came := 180+r.IntN(60), i%10 != 7
		if !came {
			level = 0
		}
		if a.hear(level, came) && i > 10 {
			t.Fatalf("talking is %v after %d frames of noise", a.talking, i)
		}
	}
	for range 50 {
		a.hear(3000, true)
	}
	if !a.talking {
		t.Error("speech on such a line is none")
	}
	stopped := false
	for range 100 {
		stopped = a.hear(180+r.IntN(60), true) || stopped
	}
	if !stopped || a.talking {
		t.Error("it does not stop")
	}
	if new(activity).hear(0, false) {
		t.Error("nothing at all is somebody who talks")
	}
}

// Nor is a frame or two of nothing, as where a far end changes what it plays.
func TestActivity_anEmptyFrameIsNotTheNoiseOfTheLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	a := new(activity)
	for i := range 3000 {
		level := 180 + r.IntN(60)
		if i%50 > 47 {
			level = 0
		}
		if a.hear(level, true) && i > 10 {
			t.Fatalf("talking is %v after %d frames of noise", a.talking, i)
		}
	}
}
