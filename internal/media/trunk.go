package media

import (
	"sync/atomic"

	"confab/internal/mixer"
)

// lane carries one mixer's unlimited sums to another loop's mixer, a frame per
// tick, one writer and one reader, neither ever waiting. Of its three frames one
// is being written, one is the latest, and one is being read.
type lane struct {
	frames [3][]int32
	latest atomic.Uint32 // index of the latest frame; laneNew while not yet read
	writes uint32        // the writer's
	reads  uint32        // the reader's
}

const laneNew = 4

func newLane(size int) *lane {
	n := &lane{writes: 1, reads: 2}
	for i := range n.frames {
		n.frames[i] = make([]int32, size)
	}
	return n
}

func (n *lane) write() []int32 { return n.frames[n.writes] }

func (n *lane) publish() { n.writes = n.latest.Swap(n.writes|laneNew) &^ laneNew }

// read returns the latest frame, or nil if none has come since the last read.
func (n *lane) read() []int32 {
	if n.latest.Load()&laneNew == 0 {
		return nil
	}
	n.reads = n.latest.Swap(n.reads) &^ laneNew
	return n.frames[n.reads]
}

// trunkEnd is one end of a trunk: a strip on this layer's mixer with the
// mixer of another part's layer behind it. A voice needs half a tick to cross.
type trunkEnd struct {
	strip   *mixer.Strip
	out, in *lane
}

func newTrunk(size int) (a, b *trunkEnd) {
	up, down := newLane(size), newLane(size)
	return &trunkEnd{out: up, in: down}, &trunkEnd{out: down, in: up}
}

func (y *layer) join(t *trunkEnd) {
	t.strip = y.mix.Add()
	y.trunks = append(y.trunks, t)
}

// hear puts what the other part said.
func (t *trunkEnd) hear() {
	if sum := t.in.read(); sum != nil {
		t.strip.PutSum(sum)
	}
}

// say passes on what this part said; a silent part says nothing.
func (t *trunkEnd) say() {
	if t.strip.HearsNothing() {
		return
	}
	t.strip.MixSum(t.out.write())
	t.out.publish()
}
