package story

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
)

// Part is a piece of a story: what came up since the piece before it. That of a
// call has everything but Spurts; that of a conference has nothing else.
type Part struct {
	SIP       []Message  `json:"sip,omitempty"`
	Documents []Document `json:"documents,omitempty"`
	Verbs     []Verb     `json:"verbs,omitempty"`
	Digits    []Digits   `json:"digits,omitempty"`
	Quality   []Sample   `json:"quality,omitempty"`
	Spurts    []Spurt    `json:"spurts,omitempty"`
	LeftOut   LeftOut    `json:"left_out,omitzero"`
}

// LeftOut counts what is not kept, for there was more than the bounds allow or
// than the disk could take.
type LeftOut struct {
	SIP       int `json:"sip"`
	Documents int `json:"documents"`
	Verbs     int `json:"verbs"`
	Digits    int `json:"digits"`
	Spurts    int `json:"spurts"`
}

// Add adds another part to p, behind it.
func (p *Part) Add(q Part) {
	p.SIP = append(p.SIP, q.SIP...)
	p.Documents = append(p.Documents, q.Documents...)
	p.Verbs = append(p.Verbs, q.Verbs...)
	p.Digits = append(p.Digits, q.Digits...)
	p.Quality = append(p.Quality, q.Quality...)
	p.Spurts = append(p.Spurts, q.Spurts...)
	p.LeftOut.SIP += q.LeftOut.SIP
	p.LeftOut.Documents += q.LeftOut.Documents
	p.LeftOut.Verbs += q.LeftOut.Verbs
	p.LeftOut.Digits += q.LeftOut.Digits
	p.LeftOut.Spurts += q.LeftOut.Spurts
}

// encoder writes parts as they are kept. It is used by one goroutine: a
// compressor of its own for each part would cost more than the part.
type encoder struct {
	deflate *flate.Writer
	to      bytes.Buffer
}

func newEncoder() *encoder {
	e := new(encoder)
	e.deflate, _ = flate.NewWriter(&e.to, flate.BestSpeed) // its error is about the level
	return e
}

// encode returns value in JSON, deflated.
func (e *encoder) encode(value any) ([]byte, error) {
	e.to.Reset()
	e.deflate.Reset(&e.to)
	if err := json.NewEncoder(e.deflate).Encode(value); err != nil {
		return nil, fmt.Errorf("encode story: %w", err)
	}
	if err := e.deflate.Close(); err != nil {
		return nil, fmt.Errorf("encode story: %w", err)
	}
	return bytes.Clone(e.to.Bytes()), nil
}

// maxPart is how large a part may be that is read, in bytes: more than the
// bounds of one call let it become.
const maxPart = 16 << 20

// Decode reads a part that was kept.
func Decode(body []byte) (p Part, err error) {
	from := flate.NewReader(bytes.NewReader(body))
	if err := json.NewDecoder(io.LimitReader(from, maxPart)).Decode(&p); err != nil {
		return Part{}, fmt.Errorf("read story: %w", err)
	}
	return p, nil
}
