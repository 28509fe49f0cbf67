package call

import (
	"time"

	"confab/internal/contract"
	"confab/internal/media"
)

// Sample tells what the voice of each call that was answered, of a share of all that
// live (0 to of-1; a call is always of the same), was like since it was
// told before, or since the answer: the time that it is about, the quality of that
// time alone, and the level (dBov) of what was said to the far end, 0 for silence
// or where nobody has looked yet. It waits for the media loops, and holds none of
// them up.
func (cs *Calls) Sample(plane *media.Plane, share, of int, tell func(call contract.CallSID, over time.Duration, q contract.Quality, out float64)) {
	var calls []*Call
	var sessions []*media.Session
	var since []time.Time
	for _, c := range cs.inShare(share, of) {
		if info := c.Info(); !info.Answered.IsZero() && !info.Status.Terminal() {
			calls, sessions, since = append(calls, c), append(sessions, c.leg.Session()), append(since, info.Answered)
		}
	}
	for i, r := range plane.Readings(sessions) {
		if r.Over == 0 {
			r.Over = time.Since(since[i])
		}
		tell(calls[i].sid, r.Over, qualityOf(r.Stats), r.Out)
	}
}

// inShare returns the calls of a share of all that live, in any order.
func (cs *Calls) inShare(share, of int) (calls []*Call) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, c := range cs.bySID {
		if int(c.nth%uint32(of)) == share {
			calls = append(calls, c)
		}
	}
	return calls
}
