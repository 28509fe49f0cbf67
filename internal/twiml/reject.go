package twiml

// Reject refuses the call without answering it, as the first verb of a call's
// first document (Twilio <Reject>).
type Reject struct {
	Reason string // Rejected or Busy
}

// The reasons of a Reject.
const (
	Rejected = "rejected"
	Busy     = "busy"
)

func newReject() *Reject { return &Reject{Reason: Rejected} }

// Element returns "Reject".
func (*Reject) Element() string { return "Reject" }

func (p *parser) reject(e *element) *Reject {
	a := p.attributes(e)
	v := &Reject{Reason: a.keyword("reason", codeRejectReason, Rejected, Rejected, Busy)}
	a.done()
	p.noText(e)
	p.noElements(e, "Parameter")
	return v
}

func (v *Reject) element() *element {
	e := &element{name: "Reject"}
	e.putText("reason", v.Reason, Rejected)
	return e
}
