package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"confab/internal/contract"
)

// Why an attempt was cut off by us.
var (
	errConnectTime = errors.New("the connection took too long")
	errReadTime    = errors.New("the answer did not come in time")
	errTotalTime   = errors.New("the request took too long in all")
	errTooLarge    = errors.New("the body is too large")
)

// attemptError says how far an attempt came before it failed.
type attemptError struct {
	connected bool // a connection stood
	partial   bool // some of the answer had come
	err       error
}

func (e *attemptError) Error() string { return e.err.Error() }

func (e *attemptError) Unwrap() error { return e.err }

// statusError is an answer with a status other than 2xx.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("it answered %d", int(e)) }

// failure returns what err means to the customer who owns the URL. The message
// has no more of the URL than logs may show; err itself stays inside.
func failure(at address, err error) *contract.Error {
	if e := new(contract.Error); errors.As(err, &e) {
		return e
	}
	code, why := diagnose(err)
	return &contract.Error{Code: code, Message: redact(at.url) + ": " + why, Err: err}
}

// diagnose finds the documented code for a failed exchange, and words for it.
func diagnose(err error) (contract.Code, string) {
	var (
		attempt   *attemptError
		status    statusError
		name      *nameError
		refused   *RefusedError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		dns       *net.DNSError
	)
	connected := errors.As(err, &attempt) && attempt.connected
	switch {
	case errors.As(err, &status):
		return contract.CodeRetrieval, status.Error()
	case errors.Is(err, errTooLarge):
		return contract.CodeBodyTooLarge, errTooLarge.Error()
	case errors.As(err, &refused):
		return contract.CodeConnect, fmt.Sprintf("its address is not allowed (%s)", refused.Why)
	case errors.As(err, &name), errors.As(err, &dns):
		return contract.CodeHostName, "its host name cannot be resolved"
	case errors.As(err, &hostname):
		return contract.CodeCertificateName, "its certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return contract.CodeCertificateTime, "its certificate has expired or is not valid yet"
	case errors.As(err, &authority), errors.As(err, &invalid), errors.As(err, &verify):
		return contract.CodeCertificateChain, "its certificate is not trusted"
	case errors.As(err, &record), errors.As(err, &alert), tlsTimeout(err):
		return contract.CodeTLS, "the TLS handshake failed"
	case errors.Is(err, errConnectTime):
		return contract.CodeConnect, errConnectTime.Error()
	case errors.Is(err, errReadTime), errors.Is(err, errTotalTime):
		return contract.CodeRetrieval, "it did not answer in time"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contract.CodeRetrieval, "the request was given up"
	case !connected:
		return contract.CodeConnect, "no connection"
	case strings.Contains(err.Error(), "malformed"):
		return contract.CodeProtocol, "its answer is not HTTP" // net/http has no error values for these
	}
	return contract.CodeRetrieval, "the connection broke off"
}

// transient reports whether what failed may well succeed when it is tried again:
// no connection, a time-out, a connection that broke, an error of the server's.
// What the application refuses, and what we refuse, it will refuse again.
func transient(err error) bool {
	var (
		status  statusError
		attempt *attemptError
		refused *RefusedError
	)
	switch {
	case errors.As(err, &refused):
		return false
	case errors.As(err, &status):
		return status/100 == 5 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
	}
	return errors.As(err, &attempt) || errors.Is(err, errTotalTime)
}

// tlsTimeout recognises net/http's own, which is not exported.
func tlsTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && strings.Contains(timeout.Error(), "TLS handshake")
}
