package twiml

import (
	"bytes"
	"encoding/xml"
)

// encode returns the document whose root is root, in UTF-8.
func encode(root *element) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	root.encode(&b)
	return b.Bytes()
}

func (e *element) encode(b *bytes.Buffer) {
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value)
		b.WriteString(`"`)
	}
	if len(e.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	for _, n := range e.children {
		escape(b, n.text)
		if n.element != nil {
			n.element.encode(b)
		}
	}
	b.WriteString("</" + e.name + ">")
}

// escape writes s as text or as the value of an attribute. What XML cannot hold
// becomes U+FFFD.
func escape(b *bytes.Buffer, s string) {
	xml.EscapeText(b, []byte(s)) // a bytes.Buffer takes everything
}
