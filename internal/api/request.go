package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"confab/internal/contract"
)

// request is one request, taken apart.
type request struct {
	*http.Request
	account contract.AccountSID // of the switch
	place   place
	names   []string // what stands for the {} of its route
}

func newRequest(w http.ResponseWriter, r *http.Request, account contract.AccountSID) *request {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return &request{Request: r, account: account, place: parsePlace(r.URL.EscapedPath())}
}

// query returns the parameters of a list.
func (q *request) query() (*params, error) {
	values, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query is not form-encoded")
	}
	return newParams(values)
}

// form returns the parameters of a change. They are in the body alone: what a
// query says is not one.
func (q *request) form() (*params, error) {
	body, err := io.ReadAll(q.Body)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, code: contract.CodeParameterREST,
			message: "The request is larger than this server takes"}
	}
	if err != nil {
		return nil, badRequest("the body could not be read")
	}
	if len(body) == 0 {
		return newParams(nil)
	}
	kind, options, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	charset := options["charset"]
	if err != nil || kind != "application/x-www-form-urlencoded" || charset != "" && !strings.EqualFold(charset, "utf-8") ||
		q.Header.Get("Content-Encoding") != "" {
		return nil, &problem{status: http.StatusUnsupportedMediaType, code: contract.CodeParameterREST,
			message: "Parameters are sent as application/x-www-form-urlencoded, in UTF-8, not compressed"}
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, badRequest("the body is not form-encoded")
	}
	return newParams(values)
}
