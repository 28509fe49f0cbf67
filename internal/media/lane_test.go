package media

import (
	"testing"

	"confab/internal/mixer"
)

func TestLane_handsOnTheLatest(t *testing.T) {
	n := newLane(1)
	if n.read() != nil {
		t.Error("something is read before anything was written")
	}
	for i := int32(1); i <= 3; i++ {
		n.write()[0] = i
		n.publish()
	}
	if got := n.read(); got == nil || got[0] != 3 {
		t.Errorf("read %v, want the latest, 3", got)
	}
	if n.read() != nil {
		t.Error("the same frame is read twice")
	}
	n.write()[0] = 4
	n.publish()
	if got := n.read(); got == nil || got[0] != 4 {
		t.Errorf("read %v, want 4", got)
	}
}

// What has come over a trunk is not sent back as a silence of our own, or two
// silent parts would code silence for each other for ever.
func TestTrunk_aSilentPartSaysNothing(t *testing.T) {
	a, b := &layer{mix: mixer.New(4)}, &layer{mix: mixer.New(4)}
	up, down := newTrunk(4)
	a.join(up)
	b.join(down)
	turn := func(y *layer, voice []int16, talker *mixer.Strip) {
		y.trunks[0].hear()
		if voice != nil {
			talker.Put(voice)
		}
		y.mix.Sum()
		y.trunks[0].say()
		y.mix.Clear()
	}
	talker := a.mix.Add()
	turn(a, []int16{1, 2, 3, 4}, talker)
	if up.out.latest.Load()&laneNew == 0 {
		t.Fatal("a voice does not cross")
	}
	turn(b, nil, nil)
	if down.out.latest.Load()&laneNew != 0 {
		t.Error("the part where nobody talks says something")
	}
}
