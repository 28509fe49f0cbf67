package interp

import (
	"context"

	"confab/internal/call"
	"confab/internal/media"
)

// branch is one who is called by a Dial: the handler of that call. It stands by
// until the Dial takes it or is over, and goes on with what it is told over REST.
type branch struct {
	dialling *dialling
	whisper  address // heard before the caller is; one without a URL is nothing

	call   *call.Call         // the dialling's
	chosen chan struct{}      // closed when this one is to be connected
	ready  chan struct{}      // closed when it can be
	bridge chan *media.Bridge // where
	left   chan struct{}      // closed when it has no more part in the Dial
}

// ServeCall runs when the called has answered.
func (b *branch) ServeCall(_ context.Context, c *call.Call) {
	r := b.dialling.newRun(c)
	if ctx, _, ok := c.Next(); ok {
		b.stand(ctx, r)
	}
	r.scripts()
}

// stand is the part of the call in the Dial.
func (b *branch) stand(ctx context.Context, r *run) {
	defer close(b.left)
	b.dialling.answered <- b
	select {
	case <-b.chosen:
	case <-b.dialling.ended:
		return
	case <-ctx.Done():
		return
	}
	if b.whisper.URL != "" && !r.whisper(ctx, b.whisper) {
		return
	}
	close(b.ready)
	select {
	case bridge := <-b.bridge:
		if err := bridge.Join(r.session, false); err != nil {
			r.awaitEnd(ctx)
			return
		}
		defer bridge.Leave(r.session)
	case <-b.dialling.ended:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-b.dialling.ended:
	case <-ctx.Done():
	}
}

// whisper runs the document that the called alone hears, and reports whether they
// are to be connected after it (Twilio <Client> url): not if it hangs up, or cannot
// be run.
func (r *run) whisper(ctx context.Context, at address) bool {
	r.whispering = true
	defer func() { r.whispering = false }()
	doc, err := r.fetch(ctx, request{address: at})
	n, err := r.documents(ctx, doc, err)
	if err == nil && !n.end {
		return ctx.Err() == nil
	}
	if err != nil {
		r.stopped(ctx, err)
	}
	return false
}
