package api

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"confab/internal/contract"
)

// params are the parameters of a request. Unknown ones do no harm (Twilio REST
// API). What is wrong with those asked for is in err, the first thing found.
type params struct {
	values url.Values
	err    error
}

// newParams refuses what can be read in two ways.
func newParams(values url.Values) (*params, error) {
	for name, list := range values {
		for _, v := range append(list, name) {
			if !utf8.ValidString(v) {
				return nil, badRequest("a parameter is not UTF-8")
			}
		}
	}
	return &params{values: values}, nil
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// text returns a parameter's value. One that is given twice must say the same.
func (p *params) text(name string) string {
	list := p.values[name]
	if len(list) == 0 {
		return ""
	}
	if len(slices.Compact(slices.Clone(list))) > 1 {
		p.fail(badRequest("%s is given more than once, with different values", name))
	}
	return list[0]
}

func (p *params) given(name string) bool { return p.values.Has(name) }

// flag returns a yes or no; nil when it is not given. Twilio Participant
// resource, Muted: whatever is not true is false. The letters' case does not
// matter.
func (p *params) flag(name string) *bool {
	if !p.given(name) {
		return nil
	}
	yes := strings.EqualFold(p.text(name), "true")
	return &yes
}

// url returns an absolute URL of HTTP; empty when it is not given.
func (p *params) url(name string) string {
	text := p.text(name)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		p.fail(&problem{status: 400, code: contract.CodeURLREST, message: name + " is not a valid absolute http or https URL"})
	}
	return text
}

// method returns GET or POST; empty when it is not given.
func (p *params) method(name string) string {
	text := strings.ToUpper(p.text(name))
	if text != "" && text != "GET" && text != "POST" {
		p.fail(&problem{status: 400, code: contract.CodeHTTPMethodREST, message: name + " must be GET or POST"})
	}
	return text
}

// word returns one of some words; empty when it is not given.
func word[W ~string](p *params, name string, words ...W) W {
	text := W(p.text(name))
	if text != "" && !slices.Contains(words, text) {
		p.fail(badRequest("%s cannot be %q", name, string(text)))
	}
	return text
}
