package transcript

import (
	"context"
	"net/netip"
	"net/url"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// stage is where a transcript is played: the network, the switch, the clock.
type stage struct {
	sip  netip.AddrPort // where the switch is called
	desk *desk          // where the operator sits

	// number is what a number of the file is called here.
	number func(string) string
	// alias puts the file's own words in the place of the stage's.
	alias func(url.Values)
	// caller is the number of the n-th person of the file.
	caller func(n int) string
	// dialer is the telephone of the n-th person.
	dialer func(n int) (leg.Dialer, error)
	// clients are those who can be called.
	clients *register
	// warnings are the notices on a call so far.
	warnings func(context.Context, contract.CallSID) ([]contract.Warning, error)

	slack    time.Duration // what a bound may be passed by
	patience time.Duration // for how long an ear tries again
	slurred  float64       // the part of a text's characters that may be misheard
	clipped  int           // the characters that a call may lose that ends with them
}

// bound is how long something may take here that is to take d.
func (s *stage) bound(d time.Duration) time.Duration { return d + s.slack }

// misheard is how many of a text's characters may be misheard here. One frame
// that was lost or invented on the way spoils one, of a short word too.
func (s *stage) misheard(of int) int {
	most := int(s.slurred * float64(of))
	if s.slurred > 0 && of > 2 {
		return max(most, 1)
	}
	return most
}
