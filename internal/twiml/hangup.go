package twiml

// Hangup ends the call (Twilio <Hangup>).
type Hangup struct{}

// Element returns "Hangup".
func (*Hangup) Element() string { return "Hangup" }

func (p *parser) hangup(e *element) *Hangup {
	p.attributes(e).done()
	p.noText(e)
	p.noElements(e, "Parameter")
	return &Hangup{}
}

func (*Hangup) element() *element { return &element{name: "Hangup"} }
