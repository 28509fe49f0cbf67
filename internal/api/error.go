package api

import (
	"fmt"
	"net/http"
	"strings"

	"confab/internal/contract"
)

// codeInternal is the contract's code for an error of ours.
const codeInternal contract.Code = 20500

// exception is the contract's form of a refusal.
type exception struct {
	Code     contract.Code `json:"code" xml:"Code"`
	Message  string        `json:"message" xml:"Message"`
	MoreInfo string        `json:"more_info" xml:"MoreInfo"`
	Status   int           `json:"status" xml:"Status"`
}

// refuse answers with an error. twilio-go takes no error body but JSON, which
// it asks for by the path like any other.
func refuse(w http.ResponseWriter, r *http.Request, status int, code contract.Code, message string) {
	reply(w, r, status, "RestException", exception{
		Code: code, Message: message, Status: status,
		MoreInfo: fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusNotFound, contract.CodeNotFoundREST,
		fmt.Sprintf("The requested resource %s was not found", r.URL.Path))
}

// notServed answers for a resource that the contract has and we do not yet.
func notServed(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusNotImplemented, contract.CodeNotServedREST,
		fmt.Sprintf("The resource %s is not served by this version of Confab", r.URL.Path))
}

// methodNotAllowed answers for a resource that is there but not to be used so.
func methodNotAllowed(w http.ResponseWriter, r *http.Request, allowed ...string) {
	// RFC 9110 §15.5.6: a 405 lists what is allowed.
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, r, http.StatusMethodNotAllowed, contract.CodeMethodREST,
		fmt.Sprintf("Method %s is not allowed on %s", r.Method, r.URL.Path))
}

// InternalError answers a request that an error of ours ended, in the form of
// the API. It says nothing of the error.
func InternalError(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusInternalServerError, codeInternal, "An internal server error occurred")
}
