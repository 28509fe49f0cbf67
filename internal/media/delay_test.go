package media_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
)

// How long a voice takes through a conference whose network adds nothing, from a packet to the mixed packet that it is heard in:
// in small ones the slot is chosen, in large ones nothing can be. What a turn takes comes to it, which a clock that stands still
// meanwhile does not see: up to 1 ms for ten, 3 ms for a thousand.
func TestDelay_ofConferences(t *testing.T) {
	for name, c := range map[string]struct {
		rooms, members  int
		median, longest time.Duration // 99 of 100
	}{
		"ten":                {rooms: 12, members: 10, median: 9 * time.Millisecond, longest: 20500 * time.Microsecond},
		"more than may move": {rooms: 1, members: 100, median: 11500 * time.Microsecond, longest: 20500 * time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				random := rand.New(rand.NewPCG(1, uint64(c.members)))
				var waited []time.Duration
				var mu sync.Mutex
				var wg sync.WaitGroup
				for i := range c.rooms {
					bridge := p.NewBridge()
					t.Cleanup(bridge.Close)
					phases := make([]time.Duration, c.members)
					for i := range phases {
						phases[i] = time.Duration(random.IntN(int(audio.FrameDuration)))
					}
					far := meetAt(t, network, p, bridge, byte(i), phases)
					wg.Go(func() {
						play(far, 24*time.Second)
						mu.Lock()
						defer mu.Unlock()
						for _, x := range far {
							waited = append(waited, x.stats.Buffer.Delay)
						}
					})
				}
				wg.Wait()
				slices.Sort(waited)
				median, longest := waited[len(waited)/2], waited[len(waited)*99/100]
				t.Logf("%d rooms of %d: %v at the median, %v of 99 in 100", c.rooms, c.members, median, longest)
				if median > c.median || longest > c.longest {
					t.Errorf("a packet waits %v at the median and %v of 99 in 100; want at most %v and %v", median, longest, c.median, c.longest)
				}
			})
		})
	}
}
