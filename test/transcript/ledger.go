package transcript

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// post is a request that the application was sent.
type post struct {
	Link
	uri      string // path and query, as requested
	params   url.Values
	at       time.Duration // since the start of the timeline
	served   bool          // a document stands at its path
	expected bool          // a line of the timeline has claimed it
}

// stream names the sequence within which the order of posts is told: those of
// a conference for its callbacks, those of a call for all else.
func (p *post) stream() string {
	if p.params.Has("StatusCallbackEvent") {
		return p.Path + " " + p.params.Get("ConferenceSid")
	}
	return p.Path + " " + p.params.Get("CallSid")
}

// String writes the post for a message, its more telling parameters first.
func (p *post) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.3fs %s %s", p.at.Seconds(), p.Method, p.Path)
	for _, name := range telling {
		if v := p.params.Get(name); v != "" {
			fmt.Fprintf(&b, " %s=%s", name, quote(v))
		}
	}
	return b.String()
}

// telling are the parameters by which posts are told apart.
var telling = []string{"StatusCallbackEvent", "SequenceNumber", "CallStatus", "DialCallStatus", "Digits", "CallSid", "ConferenceSid",
	"ReasonParticipantLeft", "ReasonConferenceEnded", "ErrorCode", "From", "To"}

// ledger holds the requests that the application was sent, in order.
type ledger struct {
	start time.Time // of the timeline

	mu      sync.Mutex
	posts   []*post
	changed chan struct{} // closed and replaced at each change
}

func newLedger() *ledger { return &ledger{start: time.Now(), changed: make(chan struct{})} }

func (l *ledger) enter(p *post) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.at = time.Since(l.start)
	l.posts = append(l.posts, p)
	close(l.changed)
	l.changed = make(chan struct{})
}

// claim marks the first request that is next in its stream, and for which want
// is true, as expected, and returns it. Otherwise it returns nil, what is next
// in each stream of the path, and a channel that is closed when there is more.
func (l *ledger) claim(to Link, want func(*post) bool) (found *post, next []*post, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]bool{}
	for _, p := range l.posts {
		if p.expected || p.Path != to.Path || seen[p.stream()] {
			continue
		}
		seen[p.stream()] = true
		if p.Method == to.Method && want(p) {
			p.expected = true
			return p, nil, nil
		}
		next = append(next, p)
	}
	return nil, next, l.changed
}

// left returns the requests that nothing has expected: those to path, or, with
// no path, those for which the file has no document.
func (l *ledger) left(path string) []*post {
	l.mu.Lock()
	defer l.mu.Unlock()
	var left []*post
	for _, p := range l.posts {
		if !p.expected && (p.Path == path || path == "" && !p.served) {
			left = append(left, p)
		}
	}
	return left
}

// all returns what has come so far.
func (l *ledger) all() []*post {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.posts)
}
