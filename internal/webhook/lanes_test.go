package webhook

import (
	"fmt"
	"testing"

	"confab/internal/contract"
)

// Hosts that take what they are told are remembered, but not for ever.
func TestLanes_remembersSoMany(t *testing.T) {
	l := newLanes(256)
	for n := range 5 * maxIdleHosts {
		s := newStream("CF1")
		s.next = contract.Event{Callback: &contract.Callback{URL: fmt.Sprintf("http://app-%d.test/", n)}}
		l.add(s)
		got, h := l.next()
		if got != s {
			t.Fatalf("the stream of host %d has no turn", n)
		}
		l.free(h, n%10 == 0)
	}
	if got := len(l.hosts); got != maxIdleHosts {
		t.Errorf("%d hosts are remembered, want %d", got, maxIdleHosts)
	}
	if l.flying != 0 || l.by != [standings]int{} {
		t.Errorf("%d in flight, %v, want none", l.flying, l.by)
	}
}
