package transcript

import (
	"fmt"
	"strings"
	"time"
)

// step is one thing that somebody does, or that must be seen. All steps of a
// line are begun, in order, and then ended, in order: what takes time does so
// between the two.
type step interface {
	begin(r *run) error
	end(r *run) error
}

// deed is a step that takes no time.
type deed func(r *run) error

func (d deed) begin(r *run) error { return d(r) }
func (deed) end(*run) error       { return nil }

// sight is a step that looks, and may wait for what it wants to see.
type sight func(r *run) error

func (sight) begin(*run) error   { return nil }
func (s sight) end(r *run) error { return s(r) }

// parseStep reads a step: "expect …", "operator …", or a person and what is done or seen.
func parseStep(w []string) (step, error) {
	if w[0] == "expect" {
		return parseExpect(w[1:])
	}
	if w[0] == operator {
		return parseOperator(w[1:])
	}
	if !isName(w[0]) {
		return nil, fmt.Errorf("%q is no name (small letters), and not expect", w[0])
	}
	if len(w) == 1 {
		return nil, fmt.Errorf("%s does what?", w[0])
	}
	name := w[0]
	verb, rest := w[1], w[2:]
	if verb == "is" || verb == "hangs" || verb == "misses" {
		if len(rest) == 0 {
			return nil, fmt.Errorf("%s %s what?", name, verb)
		}
		verb, rest = verb+" "+rest[0], rest[1:]
		if (verb == "is hung" || verb == "is not") && len(rest) > 0 {
			verb, rest = verb+" "+rest[0], rest[1:]
		}
	}
	parse, ok := verbs[verb]
	if !ok {
		return nil, fmt.Errorf("%q is nothing that somebody does or that is seen", strings.Join(w[1:], " "))
	}
	s, err := parse(name, rest)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, verb, err)
	}
	return s, nil
}

// verbs are what people do, and what is seen of them.
var verbs = map[string]func(name string, w []string) (step, error){
	"calls":       parseCalls,
	"cancels":     alone(func(p *person) error { return p.cancel() }),
	"hangs up":    alone(func(p *person) error { return p.hangUp() }),
	"says":        parseSays,
	"keys":        parseKeys,
	"sends":       parseSends,
	"is ringing":  parseIs((*person).isRinging),
	"is answered": parseIs((*person).isAnswered),
	"is hung up":  parseIs((*person).isHungUp),
	"is there":    parseIs((*person).isThere),
	"gets":        parseGets,
	"hears":       parseHears,
	"registers":   parseRegisters,
	"answers":     alone(func(p *person) error { return p.answer() }),
	"rejects":     alone(func(p *person) error { return p.reject() }),
	"is sent":     parseSent,
	"is rung":     parseIs((*person).isRung),
	"is not rung": parseIs((*person).isNotRung),
	"misses it":   parseIs((*person).missesIt),
}

// isName reports whether s may be the name of a person or a conference.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" && s != "expect" && s != operator
}

// alone is a deed that takes no words.
func alone(do func(*person) error) func(string, []string) (step, error) {
	return func(name string, w []string) (step, error) {
		if len(w) > 0 {
			return nil, fmt.Errorf("what is %q?", strings.Join(w, " "))
		}
		return deed(func(r *run) error { return do(r.person(name)) }), nil
	}
}

// within takes "within 2s" off the end of a step's words.
func within(w []string, otherwise time.Duration) ([]string, time.Duration, error) {
	return phrase(w, "within", otherwise)
}

// phrase takes a word and a time off the end of a step's words.
func phrase(w []string, word string, otherwise time.Duration) ([]string, time.Duration, error) {
	n := len(w)
	if n < 2 || w[n-2] != word {
		return w, otherwise, nil
	}
	d, err := time.ParseDuration(w[n-1])
	if err != nil || d <= 0 {
		return nil, 0, fmt.Errorf("%s %s: not a time such as 2s", word, w[n-1])
	}
	return w[:n-2], d, nil
}
