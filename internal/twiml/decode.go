package twiml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What a document may hold. The size of the body is bounded by whoever fetches
// it; these bound what is made of it.
const (
	maxDepth    = 32
	maxElements = 10_000
)

const byteOrderMark = "\xef\xbb\xbf"

// decoder builds the tree of elements of one document. encoding/xml knows no
// entities but XML's own five and resolves nothing from outside, so a document
// cannot grow while it is read. What the library lets pass and XML does not is
// refused here.
type decoder struct {
	*xml.Decoder
	count int
}

// decode returns the root element of body, or a *ParseError with the code for
// what is not well-formed.
func decode(body []byte) (*element, error) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if version := xmlVersion(body); version != "1.0" {
		return nil, &ParseError{Code: codeXMLVersion, Line: 1,
			Message: fmt.Sprintf("XML version %s is not 1.0", show(version))}
	}
	d := &decoder{Decoder: xml.NewDecoder(bytes.NewReader(body))}
	d.CharsetReader = charsetReader
	root, err := d.document()
	var p *ParseError
	switch {
	case err == nil:
		return root, nil
	case errors.As(err, &p):
		return nil, p
	}
	line, _ := d.InputPos()
	message := err.Error()
	if s := new(xml.SyntaxError); errors.As(err, &s) {
		line, message = s.Line, s.Msg
	}
	return nil, &ParseError{Code: codeParse, Line: line, Message: "document is not well-formed XML: " + clip(message, 200)}
}

// xmlVersion returns the version that the declaration at the start of a document
// names; 1.0 when there is no declaration (XML 1.0 §2.8).
func xmlVersion(body []byte) string {
	decl, _, _ := strings.Cut(string(body), "?>")
	if target, _, _ := strings.Cut(decl, "version"); strings.TrimRight(target, " \t\r\n") != "<?xml" {
		return "1.0"
	}
	_, after, _ := strings.Cut(decl, "version")
	after = strings.TrimLeft(after, " \t\r\n=")
	if after == "" || after[0] != '"' && after[0] != '\'' {
		return "1.0" // not well-formed, as the decoder will find
	}
	version, _, _ := strings.Cut(after[1:], after[:1])
	return version
}

// document reads everything: one root element, and around it nothing but
// comments, instructions and white space (XML 1.0 §2.1).
func (d *decoder) document() (*element, error) {
	var root *element
	for first := true; ; first = false {
		line, _ := d.InputPos()
		token, err := d.Token()
		if err == io.EOF && root != nil {
			return root, nil
		}
		if err == io.EOF {
			return nil, d.errorf(line, "document has no element")
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root != nil {
				return nil, d.errorf(line, "document has a second root <%s>", clip(t.Name.Local, 40))
			}
			if root, err = d.element(t, t.Name.Space, line, 1); err != nil {
				return nil, err
			}
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return nil, d.errorf(line, "document has text outside its root")
			}
		case xml.ProcInst:
			if t.Target == "xml" && !first {
				return nil, d.errorf(line, "XML declaration is not at the very start") // XML 1.0 §2.8
			}
		}
	}
}

// element reads what follows the start tag t up to its end tag. An element of
// another name space than the root's is none of the contract's, whatever its
// name.
func (d *decoder) element(t xml.StartElement, space string, line, depth int) (*element, error) {
	if d.count++; d.count > maxElements {
		return nil, d.errorf(line, "document has more than %d elements", maxElements)
	}
	if depth > maxDepth {
		return nil, d.errorf(line, "elements are nested more than %d deep", maxDepth)
	}
	e := &element{name: t.Name.Local, line: line}
	if t.Name.Space != space {
		e.name = t.Name.Space + ":" + t.Name.Local
	}
	if err := d.attributes(e, t.Attr); err != nil {
		return nil, err
	}
	for {
		line, _ := d.InputPos()
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			child, err := d.element(t, space, line, depth+1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, node{element: child})
		case xml.EndElement:
			return e, nil
		case xml.CharData:
			e.children = append(e.children, node{text: string(t)})
		case xml.ProcInst:
			if t.Target == "xml" {
				return nil, d.errorf(line, "XML declaration is not at the very start")
			}
		}
	}
}

// attributes keeps those of the contract: declarations of name spaces and
// attributes of other name spaces (xsi:…, xml:…) concern nobody here.
func (d *decoder) attributes(e *element, list []xml.Attr) error {
	seen := make(map[xml.Name]bool, len(list))
	for _, a := range list {
		if seen[a.Name] {
			return d.errorf(e.line, "attribute %s stands twice", show(a.Name.Local)) // XML 1.0 §3.1
		}
		seen[a.Name] = true
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			e.attrs = append(e.attrs, attribute{name: a.Name.Local, value: a.Value})
		}
	}
	return nil
}

func (d *decoder) errorf(line int, format string, args ...any) error {
	return &ParseError{Code: codeParse, Line: line, Message: fmt.Sprintf(format, args...)}
}
