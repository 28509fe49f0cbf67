package call

import (
	"testing"

	"confab/internal/contract"
)

// A call is always of the same share, and no share has much more of them than another.
func TestShareOf_isEvenAndStays(t *testing.T) {
	const of, calls = 20, 4000
	var in [of]int
	for range calls {
		sid := contract.NewCallSID()
		share := shareOf(sid, of)
		if again := shareOf(sid, of); again != share {
			t.Fatalf("%s is of share %d, then of %d", sid, share, again)
		}
		in[share]++
	}
	for share, n := range in {
		if n < calls/of/2 || n > calls/of*2 {
			t.Errorf("share %d has %d of %d calls", share, n, calls)
		}
	}
}
