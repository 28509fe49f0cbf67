package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"confab/internal/contract"
)

// problem is a refusal in the contract's form.
type problem struct {
	status  int
	code    contract.Code
	message string
	allow   []string // with 405: the methods that would do
}

// Error returns the message.
func (p *problem) Error() string { return p.message }

// errNotFound: the path names nothing of the account.
var errNotFound = errors.New("not found")

func badRequest(format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, code: contract.CodeParameterREST, message: fmt.Sprintf(format, args...)}
}

func notServed(format string, args ...any) *problem {
	return &problem{status: http.StatusNotImplemented, code: contract.CodeNotServedREST, message: fmt.Sprintf(format, args...)}
}

func methodNotAllowed(allowed []string) *problem {
	return &problem{status: http.StatusMethodNotAllowed, code: contract.CodeMethodREST, allow: allowed,
		message: "Method not allowed: " + strings.Join(allowed, ", ") + " would be"}
}

// problem makes a refusal of any error: those of ours say nothing of themselves.
func (a *API) problem(q *request, err error) *problem {
	var p *problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errNotFound):
		return &problem{status: http.StatusNotFound, code: contract.CodeNotFoundREST,
			message: fmt.Sprintf("The requested resource %s was not found", q.URL.Path)}
	case errors.Is(err, context.Canceled):
		a.log.Debug("API request was given up", "path", q.URL.Path)
	default:
		a.log.Error("API request", "method", q.Method, "path", q.URL.Path, "err", err)
	}
	return internal()
}

func internal() *problem {
	return &problem{status: http.StatusInternalServerError, code: contract.CodeInternalREST, message: "An internal server error occurred"}
}

// refuse answers with a problem. twilio-go takes no error body but JSON, which
// it asks for by the path like any other.
func (q *request) refuse(w http.ResponseWriter, p *problem) {
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(q.Request))
	}
	if p.allow != nil {
		// RFC 9110 §15.5.6: a 405 lists what is allowed.
		w.Header().Set("Allow", strings.Join(p.allow, ", "))
	}
	q.write(w, p.status, resource{"RestException", object{
		{"code", int(p.code)},
		{"message", p.message},
		{"more_info", moreInfo(p.code)},
		{"status", p.status},
	}})
}

// moreInfo is where the contract explains a code.
func moreInfo(code contract.Code) string {
	return fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code)
}

// InternalError answers a request that an error of ours ended, in the form of
// the API. It says nothing of the error.
func InternalError(w http.ResponseWriter, r *http.Request) {
	q := newRequest(w, r, "")
	q.refuse(w, internal())
}
