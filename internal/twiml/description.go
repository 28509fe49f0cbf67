package twiml

// Description is an element in words: what stands in it, the attributes that are
// at their default left out.
type Description struct {
	Name       string
	Attributes map[string]string // nil: none
	Text       string
	Inside     []Description // verbs and nouns
}

// Describe returns what v says.
func Describe(v Verb) Description { return v.element().describe() }

func (e *element) describe() Description {
	d := Description{Name: e.name, Text: e.text()}
	if len(e.attrs) > 0 {
		d.Attributes = make(map[string]string, len(e.attrs))
	}
	for _, a := range e.attrs {
		d.Attributes[a.name] = a.value
	}
	e.elements(func(child *element) { d.Inside = append(d.Inside, child.describe()) })
	return d
}
