package twiml

import "strings"

// Unsupported is a verb of the contract, or a noun inside <Dial>, that is known
// and cannot be run yet. Whoever comes upon it warns with 13750 and goes on.
type Unsupported struct {
	Name string // of the element
}

// Element returns the name.
func (u *Unsupported) Element() string { return u.Name }

func (u *Unsupported) element() *element { return &element{name: u.Name} }

// supportedVerbs are the verbs that have a type here.
var supportedVerbs = map[string]bool{
	"Say": true, "Play": true, "Pause": true, "Gather": true, "Redirect": true,
	"Hangup": true, "Reject": true, "Dial": true,
}

// unsupportedVerbs are the other verbs of the contract (Twilio <Response>).
var unsupportedVerbs = map[string]bool{
	"Connect": true, "Echo": true, "Enqueue": true, "Leave": true, "Pay": true,
	"Prompt": true, "Queue": true, "Record": true, "Refer": true, "Sms": true,
	"Start": true, "Stop": true,
}

// supportedNouns are the nouns of <Dial> that have a type here.
var supportedNouns = map[string]bool{"Conference": true, "Client": true}

// unsupportedNouns are the other ones.
var unsupportedNouns = map[string]bool{
	"Application": true, "Number": true, "Queue": true, "Sim": true,
	"Sip": true, "WhatsApp": true,
}

// knownVerb reports whether name is a verb of the contract.
func knownVerb(name string) bool { return supportedVerbs[name] || unsupportedVerbs[name] }

// spelling returns the element that name would be if case did not count; empty
// when there is none, or when name is spelled right.
func spelling(name string) string {
	for _, table := range []map[string]bool{supportedVerbs, unsupportedVerbs, unsupportedNouns, supportedNouns} {
		for known := range table {
			if name != known && strings.EqualFold(name, known) {
				return known
			}
		}
	}
	return ""
}
