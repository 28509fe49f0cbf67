package api

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"confab/internal/contract"
)

// place is what a path names, below Root, and the form it asks for.
type place struct {
	steps []string // decoded, without the extension of the last
	json  bool     // Twilio REST API: no extension, or .xml, is XML
	err   error    // why it can name nothing
}

// parsePlace takes an escaped path apart: it is decoded step by step, so that an
// encoded slash parts nothing, and before its extension is taken off.
func parsePlace(escaped string) (p place) {
	rest, ok := strings.CutPrefix(escaped, Root)
	if !ok {
		p.err = errNotFound
		return p
	}
	for step := range strings.SplitSeq(rest, "/") {
		decoded, err := url.PathUnescape(step)
		if err != nil || !utf8.ValidString(decoded) {
			p.err = badRequest("the path %s is not percent-encoded UTF-8", escaped)
		}
		p.steps = append(p.steps, decoded)
	}
	last := &p.steps[len(p.steps)-1]
	switch {
	case cut(last, ".json"):
		p.json = true
	case cut(last, ".xml"):
	case cut(last, ".csv") && p.err == nil:
		p.err = &problem{status: http.StatusNotImplemented, code: contract.CodeNotServedREST,
			message: "The CSV form is not served by this version of Confab: ask for .json or .xml"}
	}
	return p
}

func cut(s *string, suffix string) (ok bool) {
	*s, ok = strings.CutSuffix(*s, suffix)
	return ok
}

// uri returns the address of a resource of the account, relative to the server,
// in the form that was asked for.
func (q *request) uri(steps ...string) string {
	uri := Root + "Accounts/" + string(q.account)
	for _, s := range steps {
		uri += "/" + url.PathEscape(s)
	}
	if q.place.json {
		uri += ".json"
	}
	return uri
}
