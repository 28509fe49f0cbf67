package confab

import (
	"context"
	"strings"

	"confab/internal/leg"
)

// clients dials who can be called by an identity (leg.Dialer): a SIP telephone, if
// the configuration says so of it, or else the browsers that have registered.
type clients struct {
	browsers leg.Dialer
	address  func(identity string) (uri string, ok bool) // of telephones; nil: there are none
	sip      leg.Dialer                                  // set before the first call
}

// Dial rings a client.
func (c *clients) Dial(ctx context.Context, t leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	if c.address != nil {
		identity, _, _ := strings.Cut(strings.TrimPrefix(t.URI, "client:"), "?")
		if uri, ok := c.address(identity); ok {
			t.URI = uri
			return c.sip.Dial(ctx, t, progress)
		}
	}
	return c.browsers.Dial(ctx, t, progress)
}
