package media_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
)

// How long a voice takes through a conference whose network adds nothing, from a packet to the mixed packet that it is heard in:
// in small ones the slot is chosen, in large ones nothing can be. What a turn takes comes to it, which a clock that stands still
// meanwhile does not see.
func TestDelay_ofConferences(t *testing.T) {
	const longest = 20500 * time.Microsecond // of 99 in 100
	for name, c := range map[string]struct {
		rooms, members int
		median         time.Duration
	}{
		"ten":                {rooms: 12, members: 10, median: 9 * time.Millisecond},
		"more than may move": {rooms: 1, members: 100, median: 11500 * time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				waited := gather(t, network, p, c.rooms, c.members)
				median, most := waited[len(waited)/2], waited[len(waited)*99/100]
				t.Logf("%d × %d: %v at the median, %v of 99 in 100", c.rooms, c.members, median, most)
				if median > c.median || most > longest {
					t.Errorf("a packet waits %v at the median and %v of 99 in 100; want at most %v and %v", median, most, c.median, longest)
				}
			})
		})
	}
}

// gather lets far ends of any phase meet for a while in that many rooms of so many. It returns how long a packet of
// each waits in the end, the shortest first.
func gather(t *testing.T, network *memnet.Net, p *media.Plane, rooms, members int) (waited []time.Duration) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(members)))
	var all []*participant
	for room := range rooms {
		bridge := p.NewBridge()
		t.Cleanup(bridge.Close)
		phases := make([]time.Duration, members)
		for i := range phases {
			phases[i] = time.Duration(random.IntN(int(audio.FrameDuration)))
		}
		all = append(all, meetAt(t, network, p, bridge, byte(room), phases)...)
	}
	play(all, 24*time.Second)
	for _, x := range all {
		waited = append(waited, x.stats.Buffer.Delay)
	}
	slices.Sort(waited)
	return waited
}
