package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"
)

// reply is an answer that was read, as far as it matters.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// watchdog cuts off an attempt that stands still: first until there is a
// connection, then between one sign of life and the next.
type watchdog struct {
	cut  context.CancelCauseFunc
	read time.Duration

	mu        sync.Mutex
	timer     *time.Timer
	connected bool
	stopped   bool
}

func newWatchdog(cut context.CancelCauseFunc, l limits) *watchdog {
	d := &watchdog{cut: cut, read: l.read}
	d.timer = time.AfterFunc(l.connect, func() {
		d.mu.Lock()
		connected, stopped := d.connected, d.stopped
		d.mu.Unlock()
		switch {
		case stopped:
		case connected:
			cut(errReadTime)
		default:
			cut(errConnectTime)
		}
	})
	return d
}

// alive notes that there is a connection, or that bytes came over it.
func (d *watchdog) alive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connected = true
	if !d.stopped {
		d.timer.Reset(d.read)
	}
}

// stop ends the watch; it reports whether there was a connection.
func (d *watchdog) stop() (connected bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.timer.Stop()
	return d.connected
}

// attempt makes one request over one connection and reads the answer, at most
// as much of it as most says; what is longer is errTooLarge, or cut off where it does not
// matter. All its errors are *attemptError; the reply beside one is what had come
// by then, if anything had.
func (c *Client) attempt(ctx context.Context, r *http.Request, l limits, most bound, cutOff bool) (*reply, error) {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	dog := newWatchdog(cut, l)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { dog.alive() },
		GotFirstResponseByte: dog.alive,
	})
	var got *reply
	fail := func(err error, partial bool) (*reply, error) {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w (%w)", cause, err)
		}
		return got, &attemptError{connected: dog.stop(), partial: partial, err: err}
	}
	answer, err := c.transport(r).RoundTrip(r.WithContext(ctx))
	if err != nil {
		return fail(err, false)
	}
	defer answer.Body.Close()
	if ctx.Err() != nil {
		return fail(context.Cause(ctx), false) // it came when nobody waited any more
	}
	max := most.of(answer.Header)
	got = &reply{status: answer.StatusCode, header: answer.Header}
	if !cutOff && success(answer.StatusCode) && answer.ContentLength > max {
		return fail(errTooLarge, true)
	}
	got.body, err = readAll(answer.Body, answer.ContentLength, max, dog.alive)
	switch {
	case errors.Is(err, errTooLarge) && (cutOff || !success(answer.StatusCode)): // of an error page nobody reads the end
	case err != nil:
		return fail(err, true)
	}
	if dog.stop(); ctx.Err() != nil {
		return fail(context.Cause(ctx), true)
	}
	return got, nil
}

// bound is how many bytes a body may have, by what it is.
type bound struct{ text, sound int64 }

// of returns the bound of the answer with these headers.
func (b bound) of(h http.Header) int64 {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	if strings.HasPrefix(kind, "audio/") {
		return b.sound
	}
	return b.text
}

// readAll reads at most max bytes and calls alive whenever some came. It returns
// what it has read also with an error. length is how many are said to come, or -1.
func readAll(from io.Reader, length, max int64, alive func()) ([]byte, error) {
	var body []byte
	size := int64(16 << 10)
	if length >= 0 {
		size = min(size, length+1) // one more, to meet the end
	}
	chunk := make([]byte, size)
	for {
		n, err := from.Read(chunk)
		body = append(body, chunk[:n]...)
		switch {
		case int64(len(body)) > max:
			return body[:max], errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case n > 0:
			alive()
		}
	}
}

func success(status int) bool { return status/100 == 2 }

// failed returns in which of the ways that a retry may be asked for an attempt
// failed; 0 when it did not, or when nothing may be tried again.
func failed(answer *reply, err error) failures {
	var a *attemptError
	switch {
	case err == nil && answer.status/100 == 4:
		return fail4xx
	case err == nil && answer.status/100 == 5:
		return fail5xx
	case err == nil, !errors.As(err, &a):
		return 0
	case a.partial:
		return 0 // Twilio connection overrides: no retry on partial responses
	case errors.Is(err, errTotalTime):
		return 0
	case !a.connected:
		var refused *RefusedError
		if errors.As(err, &refused) {
			return 0 // it will not be allowed the next time either
		}
		return failConnect
	case errors.Is(err, errReadTime):
		return failRead
	}
	return 0
}
