package transcript

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
)

// quiet is for how long nothing more may come before it is the end.
const quiet = 500 * time.Millisecond

// parseExpect: "expect POST /conf …", "expect end of posts", "expect warning
// 13230 on ann".
func parseExpect(w []string) (step, error) {
	if len(w) == 0 {
		return nil, errors.New("expect what?")
	}
	switch w[0] {
	case http.MethodGet, http.MethodPost:
		return parseExpectPost(w)
	case "warning":
		return parseExpectWarning(w[1:])
	case "end":
		if len(w) >= 3 && w[1] == "of" && w[2] == "posts" && (len(w) == 3 || len(w) == 4 && w[3][0] == '/') {
			return expectEnd(strings.Join(w[3:], "")), nil
		}
	}
	return nil, fmt.Errorf("expect %s: want GET or POST and a path, warning CODE on NAME, or end of posts", strings.Join(w, " "))
}

// expectPost wants a request that is next in its stream.
type expectPost struct {
	Link
	fields []field
	only   bool // no parameters but those
	d      time.Duration
	given  bool // d was
}

func parseExpectPost(w []string) (step, error) {
	rest, d, err := within(w, time.Second)
	if err != nil {
		return nil, err
	}
	if len(rest) < 2 || rest[1][0] != '/' {
		return nil, errors.New("expect: want a path after the method")
	}
	e := &expectPost{Link: Link{rest[0], rest[1]}, d: d, given: len(rest) < len(w)}
	rest = rest[2:]
	if n := len(rest); n > 0 && rest[n-1] == "only" {
		e.only, rest = true, rest[:n-1]
	}
	for _, word := range rest {
		f, err := parseField(word)
		if err != nil {
			return nil, err
		}
		e.fields = append(e.fields, f)
	}
	return e, nil
}

// String writes the step as it is read.
func (e *expectPost) String() string {
	words := []string{"expect", e.Method, e.Path}
	for _, f := range e.fields {
		words = append(words, f.String())
	}
	if e.only {
		words = append(words, "only")
	}
	if e.given {
		words = append(words, "within", e.d.String())
	}
	return strings.Join(words, " ")
}

func (e *expectPost) begin(*run) error { return nil }

func (e *expectPost) end(r *run) error {
	patience := time.NewTimer(r.stage.bound(e.d))
	defer patience.Stop()
	for {
		found, next, changed := r.ledger.claim(e.Link, func(p *post) bool { return e.wants(r, p) })
		if found != nil {
			if r.update != nil && len(e.fields) == 0 {
				r.update.rewrite(r, e, found)
			}
			return nil
		}
		if r.update != nil && len(next) > 0 {
			r.update.rewrite(r, e, next[0])
			return nil
		}
		select {
		case <-changed:
		case <-patience.C:
			return e.missed(r, next)
		}
	}
}

// wants reports whether p is what is expected. A name gets its meaning only by a
// request that fits otherwise.
func (e *expectPost) wants(r *run, p *post) bool {
	for _, named := range [...]bool{false, true} {
		for _, f := range e.fields {
			if (f.kind == isNamed) == named && !f.matches(r, p.params) {
				return false
			}
		}
	}
	return len(e.beyond(p)) == 0
}

// beyond returns the parameters of p that e does not name, if it is to name all.
func (e *expectPost) beyond(p *post) (names []string) {
	if !e.only {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.params)) {
		if !slices.ContainsFunc(e.fields, func(f field) bool { return f.name == name }) {
			names = append(names, name)
		}
	}
	return names
}

// missed says what came instead.
func (e *expectPost) missed(r *run, next []*post) error {
	if len(next) == 0 {
		return fmt.Errorf("nothing was sent: %s", e)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "nothing that was sent fits: %s", e)
	for _, p := range next {
		fmt.Fprintf(&b, "\n\tnext is %s", r.named(p.String()))
		if p.Method != e.Method {
			fmt.Fprintf(&b, " (method)")
		}
		for _, f := range e.fields {
			if !f.matches(r, p.params) {
				fmt.Fprintf(&b, "\n\t\twant %s, have %s", f, r.named(strings.Join(p.params[f.name], ", ")))
			}
		}
		if more := e.beyond(p); len(more) > 0 {
			fmt.Fprintf(&b, "\n\t\twant no %s", strings.Join(more, ", "))
		}
	}
	return errors.New(b.String())
}

// expectEnd wants no request to be left that nothing has expected: to the path,
// or, without one, to any path that the file has no document for.
func expectEnd(path string) step {
	return sight(func(r *run) error {
		time.Sleep(quiet)
		left := r.ledger.left(path)
		if len(left) == 0 {
			return nil
		}
		if r.update != nil {
			r.update.add(r, left)
			return nil
		}
		var b strings.Builder
		b.WriteString("it is not the end of posts:")
		for _, p := range left {
			fmt.Fprintf(&b, "\n\t%s", r.named(p.String()))
		}
		return errors.New(b.String())
	})
}

// parseExpectWarning: "warning 13230 on ann".
func parseExpectWarning(w []string) (step, error) {
	w, d, err := within(w, time.Second)
	if err != nil {
		return nil, err
	}
	code := 0
	if len(w) == 3 && w[1] == "on" && isName(w[2]) {
		code, _ = strconv.Atoi(w[0])
	}
	if code < 10000 || code > 99999 {
		return nil, errors.New("expect warning: want CODE on NAME")
	}
	return sight(func(r *run) error { return r.expectWarning(w[2], contract.Code(code), r.stage.bound(d)) }), nil
}

// expectWarning wants the next notice on somebody's call to have a code.
func (r *run) expectWarning(name string, code contract.Code, d time.Duration) error {
	for deadline := time.Now().Add(d); ; time.Sleep(20 * time.Millisecond) {
		sid, ok := r.callSID(name)
		if ok {
			next, err := r.nextWarning(context.Background(), sid)
			switch {
			case err != nil:
				return err
			case next != nil && next.Code != code:
				return fmt.Errorf("%s is warned of %d (%s), not %d", name, next.Code, next.Message, code)
			case next != nil:
				r.warned[sid]++
				return nil
			}
		}
		if !time.Now().Before(deadline) {
			return fmt.Errorf("%s is not warned of %d, nor of anything", name, code)
		}
	}
}

// nextWarning returns the oldest notice on a call that nothing has expected.
func (r *run) nextWarning(ctx context.Context, sid contract.CallSID) (*contract.Warning, error) {
	all, err := r.stage.warnings(ctx, sid)
	if err != nil || len(all) <= r.warned[sid] {
		return nil, err
	}
	return &all[r.warned[sid]], nil
}

// unexpectedWarnings says which notices nothing has expected: there must be none.
func (r *run) unexpectedWarnings(ctx context.Context) error {
	var errs []error
	for _, p := range r.order {
		for _, sid := range r.sidsOf(p.name) {
			w, err := r.nextWarning(ctx, sid)
			if err == nil && w != nil {
				err = fmt.Errorf("%s: %s is warned of %d (%s), which nothing expects", r.file.Name, p.name, w.Code, w.Message)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *run) sidsOf(name string) (sids []contract.CallSID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, sid := range r.calls[name] {
		sids = append(sids, contract.CallSID(sid))
	}
	return sids
}
