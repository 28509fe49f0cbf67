package story

// Delivery is one attempt at telling an application of an event, and what came
// of it.
type Delivery struct {
	Attempt
	Headers map[string]string `json:"headers,omitempty"` // of the answer
	Body    string            `json:"body,omitempty"`    // its beginning, masked
	Code    int               `json:"code,omitempty"`    // of a failure, as its notice has it
	Again   bool              `json:"again"`             // it is told again after this
}
