// Package signature makes and checks X-Twilio-Signature, the header by which
// an application knows that a webhook comes from its own account.
//
// The signature is the base64 of HMAC-SHA1, keyed with the account's AuthToken,
// over the address exactly as requested followed by the form parameters of a
// POST, sorted by name (Twilio "Webhooks security", Validating signatures). The
// package knows strings only: no request, no header, no clock.
package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// Header is the name of the header that carries the signature.
const Header = "X-Twilio-Signature"

// bodyParam is the query parameter that binds a body which is not a form to
// the signed address.
const bodyParam = "bodySHA256"

// Sign returns the signature of a request to rawURL: the bytes of the address
// as they are sent, its query included. params are the parameters of a POSTed
// form; for a GET, whose parameters stand in the address, params is nil.
//
// The fragment and any user:password@ are not signed, nor is the port of an
// https address. Of a repeated name the distinct values are signed in order.
func Sign(token, rawURL string, params url.Values) string {
	a := split(rawURL)
	if a.scheme == "https" {
		a.port = "" // Twilio voice over HTTPS signs the address without its port
	}
	return sign(token, a.String(), params)
}

// SignBody returns the address with the hash of body added to its query, which
// is where the request must be sent, and the signature of it. It is for bodies
// that are not forms (Twilio: JSON bodies, bodySHA256).
func SignBody(token, rawURL string, body []byte) (signedURL, signature string) {
	rawURL, fragment, found := strings.Cut(rawURL, "#")
	mark := "?"
	if strings.Contains(rawURL, "?") {
		mark = "&"
	}
	signedURL = rawURL + mark + bodyParam + "=" + hash(body)
	signature = Sign(token, signedURL, nil)
	if found {
		signedURL += "#" + fragment
	}
	return signedURL, signature
}

// Valid reports whether signature is that of a request to rawURL with params,
// made with token. It takes the same time for every wrong signature. Senders
// disagree about the port, so the address counts with its port, without it, and
// with the scheme's own port, as in Twilio's own libraries.
//
// An empty token is never valid.
func Valid(token, signature, rawURL string, params url.Values) bool {
	if token == "" {
		return false
	}
	a := split(rawURL)
	variants := [3]address{a, a, a}
	variants[1].port = ""
	if a.port == "" {
		variants[2].port = standardPort(a.scheme)
	}
	ok := 0
	for _, v := range variants {
		ok |= subtle.ConstantTimeCompare([]byte(sign(token, v.String(), params)), []byte(signature))
	}
	return ok == 1
}

// ValidBody reports whether signature is that of a request to rawURL, and body
// is the one that the address names in bodySHA256.
func ValidBody(token, signature, rawURL string, body []byte) bool {
	_, query, _ := strings.Cut(split(rawURL).rest, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	named := ""
	if values := params[bodyParam]; len(values) > 0 {
		named = strings.ToLower(values[len(values)-1]) // the sender appends its own
	}
	same := subtle.ConstantTimeCompare([]byte(named), []byte(hash(body)))
	return Valid(token, signature, rawURL, nil) && same == 1
}

func sign(token, address string, params url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range distinct(params[name]) {
			mac.Write([]byte(name))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// distinct returns the values sorted and each once, leaving its argument as it
// was: what Twilio's own libraries sign of a repeated name.
func distinct(values []string) []string {
	if len(values) < 2 {
		return values
	}
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
