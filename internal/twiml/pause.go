package twiml

import "time"

// Pause waits in silence (Twilio <Pause>). As the first verb of a call's first
// document it leaves the call ringing that long before it is answered.
type Pause struct {
	Length time.Duration // whole seconds; 1 s when not given
}

func newPause() *Pause { return &Pause{Length: time.Second} }

// Element returns "Pause".
func (*Pause) Element() string { return "Pause" }

func (p *parser) pause(e *element) *Pause {
	a := p.attributes(e)
	v := &Pause{Length: a.seconds("length", codePauseLength, time.Second, 1, maxSeconds)}
	a.done()
	p.noText(e)
	p.noElements(e)
	return v
}

func (v *Pause) element() *element {
	e := &element{name: "Pause"}
	e.putSeconds("length", v.Length, time.Second)
	return e
}
