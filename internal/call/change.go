package call

import (
	"time"

	"confab/internal/contract"
)

// Change is what a live call is told from outside. What is nil or zero stays as
// it is.
type Change struct {
	// Script runs instead of the one that does.
	Script *Script
	// Fallback is asked from now on when a document of the call cannot be had or
	// run; one without a URL is nobody.
	Fallback *Address
	// StatusCallback is told of the call's end instead of who would have been;
	// one without a URL is nobody.
	StatusCallback *contract.Callback
	// TimeLimit is how long the call may last after its answer.
	TimeLimit time.Duration
}

// Change does all of a change, or nothing: ErrEnded when the call has ended. Of
// several the last one wins. Who is told of the end is in the journal before the
// end can be.
func (c *Call) Change(to Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.info.Status.Terminal() {
		return ErrEnded
	}
	if to.Fallback != nil {
		c.fallback = *to.Fallback
	}
	if s := to.StatusCallback; s != nil {
		c.info.CallbackURL, c.info.CallbackMethod = s.URL, s.Method
		c.appendLocked(contract.EventCallModify, time.Now(), nil)
	}
	if to.TimeLimit > 0 {
		c.limit = to.TimeLimit
		select {
		case c.limited <- struct{}{}:
		default: // watch has not looked yet
		}
	}
	if to.Script != nil {
		c.pending = to.Script
		if c.stop != nil {
			c.stop(contract.ErrRedirected)
		}
	}
	return nil
}

// Fallback returns what is asked when a document of the call cannot be had or
// run; nobody, if it has no URL.
func (c *Call) Fallback() Address {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fallback
}

// left is how much of the time limit is left to a call that was answered.
func (c *Call) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.info.Answered.Add(c.limit))
}
