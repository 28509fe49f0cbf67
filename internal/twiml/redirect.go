package twiml

// Redirect goes on with another document (Twilio <Redirect>).
type Redirect struct {
	URL    string // relative to the document; empty: the document itself
	Method string // GET or POST
}

func newRedirect(url string) *Redirect { return &Redirect{URL: url, Method: POST} }

// Element returns "Redirect".
func (*Redirect) Element() string { return "Redirect" }

func (p *parser) redirect(e *element) *Redirect {
	a := p.attributes(e)
	v := &Redirect{URL: e.text(), Method: a.method("method", codeRedirectMethod)}
	a.done()
	p.noElements(e)
	return v
}

func (v *Redirect) element() *element {
	e := &element{name: "Redirect"}
	e.putText("method", v.Method, POST)
	e.content(v.URL)
	return e
}
