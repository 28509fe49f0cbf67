package transcript

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// run is one playing of a file on a stage.
type run struct {
	file   *File
	stage  *stage
	app    *application
	ledger *ledger
	tongue *tongue
	music  *musicScore
	update *update // nil: the expect lines are kept to

	start time.Time
	line  int // of the timeline, that is being played
	order []*person
	said  map[float64]string // who says what pitch

	mu          sync.Mutex
	people      map[string]*person  // written by the timeline alone
	calls       map[string][]string // SIDs of a person's calls, by name, in order
	conferences map[string]string   // SIDs, by name
	warned      map[contract.CallSID]int
}

// Props are what all playings of a test share: the knowledge of how the switch
// speaks and what music it plays.
type Props struct {
	tongue *tongue
	music  *musicScore
}

// NewProps returns props that know nothing yet.
func NewProps() *Props { return &Props{newTongue(), newMusicScore()} }

func newRun(f *File, s *stage, app *application, p *Props) *run {
	r := &run{
		file: f, stage: s, app: app, tongue: p.tongue, music: p.music,
		people: map[string]*person{}, said: map[float64]string{},
		calls: map[string][]string{}, conferences: map[string]string{}, warned: map[contract.CallSID]int{},
	}
	r.ledger = app.open(func(params url.Values) {
		s.alias(params)
		r.learn(params)
	})
	return r
}

// play goes through the timeline. When it returns, nobody is in a call any more.
// The error is all that was not as the file says.
func (r *run) play(ctx context.Context) error {
	r.start = r.ledger.start
	err := r.timeline()
	if err != nil {
		err = fmt.Errorf("%w%s", err, r.story())
	}
	for _, p := range r.order {
		p.leave()
	}
	time.Sleep(quiet)
	return errors.Join(err, r.unexpectedWarnings(ctx))
}

func (r *run) timeline() error {
	for _, m := range r.file.timeline {
		if err := r.moment(m); err != nil {
			return &Error{File: r.file.Name, Line: m.line, Text: err.Error()}
		}
	}
	return nil
}

func (r *run) moment(m moment) error {
	if m.timed {
		late := time.Since(r.start) - m.at
		if late > 0 && late > r.stage.slack {
			return fmt.Errorf("it is %v late: what is above takes longer", late)
		}
		time.Sleep(-late)
	}
	r.line = m.line
	for _, s := range m.steps {
		if err := s.begin(r); err != nil {
			return err
		}
	}
	var errs []error
	for _, s := range m.steps {
		errs = append(errs, s.end(r))
	}
	return errors.Join(errs...)
}

// story is what the application was sent, for the message of a failure.
func (r *run) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n\tat %.3fs; the application was sent:", time.Since(r.start).Seconds())
	for _, p := range r.ledger.all() {
		fmt.Fprintf(&b, "\n\t%s", r.named(p.String()))
	}
	return b.String()
}

// person returns somebody, who is born when first named.
func (r *run) person(name string) *person {
	if p := r.people[name]; p != nil {
		return p
	}
	n := len(r.order)
	p := &person{name: name, number: r.stage.caller(n), bound: r.stage.bound, changed: make(chan struct{})}
	p.phone = func() (leg.Dialer, error) { return r.stage.dialer(n) }
	r.order = append(r.order, p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people[name] = p
	return p
}

// whose says a pitch and who says it.
func (r *run) whose(hz float64) string {
	for said, name := range r.said {
		if near(said, hz) {
			return fmt.Sprintf("%.0f (%s)", hz, name)
		}
	}
	return fmt.Sprintf("%.0f Hz", hz)
}

// learn notes the calls of people: a request names both caller and call; of a call
// that the switch has made it is the called whose it is.
func (r *run) learn(params url.Values) {
	who, sid := params.Get("From"), params.Get("CallSid")
	if strings.HasPrefix(params.Get("Direction"), "outbound") {
		who = params.Get("To")
	}
	if who == "" || sid == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, p := range r.people {
		if p.number == who || "client:"+name == who {
			r.hasCallLocked(name, sid)
		}
	}
}

// hasCallLocked notes that a call is somebody's.
func (r *run) hasCallLocked(name, sid string) {
	if !slices.Contains(r.calls[name], sid) {
		r.calls[name] = append(r.calls[name], sid)
	}
}

// callSID returns the SID of the last call of somebody.
func (r *run) callSID(name string) (contract.CallSID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sids := r.calls[name]
	if len(sids) == 0 {
		return "", false
	}
	return contract.CallSID(sids[len(sids)-1]), true
}

// means meets names.
func (r *run) means(f field, value string) bool {
	switch kindOf(f.name) {
	case aCall:
		sid, ok := r.callSID(f.value)
		return ok && string(sid) == value
	case aConference:
		return r.conference(f.value, value)
	}
	p := r.people[f.value]
	return p != nil && (p.number == value || "client:"+p.name == value)
}

// conference reports whether a name stands for a conference. A name that stands
// for none yet stands for it from now on, unless it has another.
func (r *run) conference(name, sid string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.conferences[name]; ok {
		return known == sid
	}
	for _, other := range r.conferences {
		if other == sid {
			return false
		}
	}
	if !contract.ConferenceSID(sid).Valid() {
		return false
	}
	r.conferences[name] = sid
	return true
}

// nameOf meets names.
func (r *run) nameOf(f field, value string) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(r.people)) {
		if kindOf(f.name) != aConference && r.means(field{name: f.name, value: name}, value) {
			return name, true
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, sid := range r.conferences {
		if sid == value {
			return name, true
		}
	}
	return "", false
}

// named puts names in the place of SIDs and numbers.
func (r *run) named(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, sids := range r.calls {
		for i, sid := range sids {
			if i < len(sids)-1 {
				text = strings.ReplaceAll(text, sid, fmt.Sprintf("@%s (call %d)", name, i+1))
			}
			text = strings.ReplaceAll(text, sid, "@"+name)
		}
		text = strings.ReplaceAll(text, r.people[name].number, "@"+name)
	}
	for name, sid := range r.conferences {
		text = strings.ReplaceAll(text, sid, "@"+name)
	}
	return text
}

// kind is what a name in a field stands for.
type kind int

const (
	aNumber kind = iota
	aCall
	aConference
)

// kindOf tells it by the name of the field.
func kindOf(name string) kind {
	switch {
	case strings.HasPrefix(name, "CallSid") || strings.HasSuffix(name, "CallSid"):
		return aCall
	case name == "ConferenceSid":
		return aConference
	}
	return aNumber
}
