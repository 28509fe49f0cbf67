package api

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/twiml"
)

// ringMore is how much longer than asked a call may ring (Twilio Call resource,
// Timeout: five seconds are added).
const ringMore = 5 * time.Second

// maxClientParams is how long the custom parameters of a call may be, in bytes.
const maxClientParams = 4096

// dial reads what calls and participants that are made have in common: whom to call,
// as whom, for how long, and who is told of it (Twilio Call resource, create; Twilio
// Participant resource, create).
func (p *params) dial(most time.Duration) (o call.Order) {
	o.Direction = contract.OutboundAPI
	o.To, o.Params = p.called()
	o.From = p.caller()
	o.Callback = contract.Callback{URL: p.url("StatusCallback"), Method: p.method("StatusCallbackMethod")}
	o.Events = strings.Join(p.words("StatusCallbackEvent", "initiated", "ringing", "answered", "completed"), " ")
	o.Timeout = time.Duration(p.number("Timeout", int(call.DefaultRing/time.Second), 1, 600))*time.Second + ringMore
	o.TimeLimit = time.Duration(p.number("TimeLimit", 0, 1, int(most/time.Second))) * time.Second
	return o
}

// called reads To: a client, with what it is told besides (Twilio Call resource, To:
// "client:alice?key=value").
func (p *params) called() (to string, custom map[string]string) {
	text := strings.TrimSpace(p.text("To"))
	to, query, _ := strings.Cut(text, "?")
	identity, client := strings.CutPrefix(to, "client:")
	switch {
	case text == "":
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeToMissing, message: "No 'To' address is specified"})
		return "", nil
	case !client && (telephone.MatchString(to) || schemed.MatchString(to)):
		p.fail(notServed("To %s cannot be called by this version of Confab: it calls client:NAME alone", to))
		return "", nil
	case !client || !twiml.ClientIdentity(identity):
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeToInvalid,
			message: "To is not an address such as client:alice: " + to})
		return "", nil
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(query) > maxClientParams {
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeToInvalid,
			message: "What follows the ? of To must be form-encoded, and no longer than 4096 bytes"})
		return "", nil
	}
	for name := range values {
		if custom == nil {
			custom = make(map[string]string)
		}
		custom[name] = values.Get(name)
	}
	return to, custom
}

var (
	telephone = regexp.MustCompile(`^[+(]?[0-9][0-9 ().-]*$`)
	schemed   = regexp.MustCompile(`^(sips?|app|whatsapp):`)
	shownAs   = regexp.MustCompile(`^[A-Za-z0-9+_.@-]{1,256}$`)
)

// caller reads whom the called sees: CallerId, or else From (Twilio Call resource,
// From, CallerId).
func (p *params) caller() string {
	from := ""
	for _, name := range []string{"From", "CallerId"} {
		text := strings.TrimSpace(p.text(name))
		identity, client := strings.CutPrefix(text, "client:")
		switch {
		case text == "":
			continue
		case client && twiml.ClientIdentity(identity), telephone.MatchString(text), shownAs.MatchString(text):
			from = text
		default:
			p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeFromInvalid,
				message: name + " is not a number or an address such as client:alice: " + text})
		}
	}
	if strings.TrimSpace(p.text("From")) == "" {
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeFromMissing, message: "No 'From' number is specified"})
	}
	return from
}

// words reads a list of words: the parameter may be given more than once, and each
// value may hold several, with spaces between them.
func (p *params) words(name string, allowed ...string) (list []string) {
	for _, w := range strings.Fields(strings.Join(p.values[name], " ")) {
		switch {
		case !slices.Contains(allowed, w):
			p.fail(badRequest("%s cannot be %q: it is of %s", name, w, strings.Join(allowed, ", ")))
		case !slices.Contains(list, w):
			list = append(list, w)
		}
	}
	return list
}

// notDone are the parameters of calls and participants that ask for something that
// is not done here; those that only say how it is to be done have no effect.
var notDone = [...]struct{ name, not string }{
	{"Record", "false"}, {"ConferenceRecord", "do-not-record"},
	{"MachineDetection", ""}, {"AsyncAmd", "false"}, {"SendDigits", ""}, {"Byoc", ""}, {"ClientNotificationUrl", ""},
}

// refuseNotDone refuses what would be an empty success.
func (p *params) refuseNotDone() {
	for _, u := range notDone {
		if v := p.text(u.name); v != "" && !strings.EqualFold(v, u.not) && !strings.EqualFold(v, "false") {
			p.fail(notServed("%s is not served by this version of Confab", u.name))
		}
	}
}

// dialProblem is what keeps a call from being made.
func dialProblem(err error) error {
	switch {
	case errors.Is(err, call.ErrUnreachable):
		return notServed("The address in To cannot be called by this version of Confab")
	case errors.Is(err, call.ErrOverload):
		return &problem{status: http.StatusTooManyRequests, code: contract.CodeTooManyREST, message: "As many calls live as may at once, or the journal is behind: try again"}
	case errors.Is(err, call.ErrStopping):
		return &problem{status: http.StatusServiceUnavailable, code: contract.CodeInternalREST, message: "The server is stopping"}
	}
	return err
}
