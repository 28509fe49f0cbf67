package transcript

import (
	"os"
	"path/filepath"
	"strings"
)

// update rewrites the lines of a file that expect requests, by those that were
// sent. Everything else stays as it is written.
type update struct {
	changed  map[int]string   // by line: the step that stands there instead
	inserted map[int][]string // by line: the steps that stand before it
}

func newUpdate() *update {
	return &update{changed: map[int]string{}, inserted: map[int][]string{}}
}

// usual are the parameters that a new expect line tells, where they are sent.
var usual = []string{"StatusCallbackEvent", "SequenceNumber", "CallSid", "CallStatus", "DialCallStatus", "Digits", "Muted",
	"ReasonParticipantLeft", "ReasonConferenceEnded", "CallSidEndingConference", "ErrorCode"}

// rewrite lets e expect p.
func (u *update) rewrite(r *run, e *expectPost, p *post) {
	p.expected = true
	now := told(r, p, e.fields)
	now.only, now.d, now.given = e.only, e.d, e.given
	u.changed[r.line] = now.String()
}

// add expects what was left when the end was expected.
func (u *update) add(r *run, left []*post) {
	for _, p := range left {
		p.expected = true
		u.inserted[r.line] = append(u.inserted[r.line], told(r, p, nil).String())
	}
}

// told is the step that expects p by the given fields, or, with none, by the
// usual ones. Of what is given, only what is not true is changed.
func told(r *run, p *post, given []field) *expectPost {
	e := &expectPost{Link: p.Link}
	for _, f := range given {
		if !f.matches(r, p.params) {
			f = truth(r, p, f.name)
		}
		e.fields = append(e.fields, f)
	}
	if len(given) > 0 {
		return e
	}
	for _, name := range usual {
		if p.params.Get(name) != "" {
			e.fields = append(e.fields, truth(r, p, name))
		}
	}
	return e
}

// truth is what p says of a parameter.
func truth(r *run, p *post, name string) field {
	value := p.params.Get(name)
	if !p.params.Has(name) {
		return field{name: name, kind: isAbsent}
	}
	if who, ok := r.nameOf(field{name: name}, value); ok {
		return field{name: name, value: who, kind: isNamed}
	}
	if kindOf(name) != aNumber { // a SID that has no name is another one each time
		return field{name: name, kind: isThere}
	}
	return field{name: name, value: value}
}

// text is the file with the changes in it.
func (u *update) text(f *File) string {
	var out []string
	for i, line := range f.source {
		for _, s := range u.inserted[i+1] {
			out = append(out, "      "+s)
		}
		if s, ok := u.changed[i+1]; ok {
			_, comment, _ := words(line) // it was parsed before
			before, _, _ := strings.Cut(line, "expect")
			line = strings.TrimRight(before+s+"  "+line[comment:], " ")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// save writes the file in dir, if anything in it has changed.
func (u *update) save(dir string, f *File) error {
	if len(u.changed) == 0 && len(u.inserted) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, f.Name+".txt"), []byte(u.text(f)), 0o644)
}
