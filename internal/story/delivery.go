package story

import (
	"encoding/json"
	"net/http"

	"confab/internal/contract"
)

// Delivery is one attempt at telling an application of an event, and what came
// of it.
type Delivery struct {
	Attempt
	Headers map[string]string `json:"headers,omitempty"` // of an answer that was not the right one
	Body    string            `json:"body,omitempty"`    // its beginning, masked
	Code    int               `json:"code,omitempty"`    // of a failure, as its notice has it
	Again   bool              `json:"again"`             // it is told again after this
}

// Told is an attempt at telling an application of an event, as it was.
type Told struct {
	Tried
	Code   int // of the failure; 0: it was taken
	Header http.Header
	Body   []byte
	Again  bool
}

// maxTries is how many attempts at one event are kept; the last one of more stands
// for all that came after.
const maxTries = 50

// keptAnswer is how much of an answer is kept that was not the right one, in bytes.
const keptAnswer = 2 << 10

// Tried takes the attempt of that number at telling of an event.
func (b *Book) Tried(pos contract.Pos, attempt int, t Told) {
	if b == nil {
		return
	}
	d := Delivery{Attempt: t.shown(), Code: t.Code, Again: t.Again}
	if t.Code != 0 {
		d.Headers = headers(t.Header, nil)
		d.Body = body(t.Body, keptAnswer)
	}
	text, err := json.Marshal(d)
	if err == nil && b.store.KeepDelivery(pos, min(attempt, maxTries), text) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leftOut["attempt"]++
}
