package call

import (
	"testing"

	"confab/internal/contract"
)

// A call is always of the same share, and all shares are as large.
func TestCalls_areInEvenShares(t *testing.T) {
	const of, each = 20, 50
	cs := &Calls{bySID: make(map[contract.CallSID]*Call)}
	for range of * each {
		c := newCall(cs, contract.NewCallSID(), contract.CallInfo{})
		defer c.kill(nil)
		cs.bySID[c.sid] = c
	}
	seen := make(map[*Call]int)
	for range 2 {
		for share := range of {
			calls := cs.inShare(share, of)
			if len(calls) != each {
				t.Errorf("share %d has %d of %d calls", share, len(calls), of*each)
			}
			for _, c := range calls {
				if before, ok := seen[c]; ok && before != share {
					t.Errorf("%s is of share %d, then of %d", c.sid, before, share)
				}
				seen[c] = share
			}
		}
	}
	if len(seen) != of*each {
		t.Errorf("%d of %d calls are of a share", len(seen), of*each)
	}
}
