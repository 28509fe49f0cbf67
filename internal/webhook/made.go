package webhook

import (
	"net/http"
	"net/url"
	"time"

	"confab/internal/contract"
)

// Made is a request that was made, for who keeps what happened: as it was, with
// whatever it may hold that is nobody's business.
type Made struct {
	At       time.Time
	Took     time.Duration // over all attempts
	Method   string
	URL      string     // as it was given
	Params   url.Values // shared, not to be changed
	Status   int        // of the last answer; 0: there was none
	Header   http.Header
	Body     []byte // shared, not to be changed
	Err      *contract.Error
	Attempts []Attempt // at most maxAttempts
}

// Attempt is one request over HTTP: redirects and retries are others.
type Attempt struct {
	At     time.Time
	Took   time.Duration
	Method string
	URL    string // with the parameters of a GET
	Status int    // 0: nothing was answered
	Err    string // why, in words for the customer
}

// maxAttempts is how many attempts of one exchange are told of.
const maxAttempts = 30

// attempted notes an attempt.
func (x *exchange) attempted(start time.Time, answer *reply, err error) {
	if x.told == nil || len(x.attempts) == maxAttempts {
		return
	}
	a := Attempt{At: start, Took: time.Since(start), Method: x.method, URL: x.target().String()}
	if answer != nil {
		a.Status = answer.status
	}
	if err != nil {
		a.Err = failure(x.at, err).Message
	}
	x.attempts = append(x.attempts, a)
}

// tell tells of the whole exchange, which has just ended.
func (x *exchange) tell(m Made, answer *reply, failed *contract.Error) {
	if x.told == nil {
		return
	}
	if answer == nil {
		answer = x.heard
	}
	m.Took, m.Err, m.Attempts = time.Since(m.At), failed, x.attempts
	if answer != nil {
		m.Status, m.Header, m.Body = answer.status, answer.header, answer.body
	}
	x.told(m)
}

// begun is what is known of an exchange that begins.
func (x *exchange) begun() Made {
	if x.told == nil {
		return Made{}
	}
	return Made{At: time.Now(), Method: x.method, URL: x.at.url.String(), Params: x.params}
}
