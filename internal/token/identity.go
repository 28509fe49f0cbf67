package token

import "strings"

// MaxIdentity is how long an identity may be, in characters (Twilio <Client>).
const MaxIdentity = 121

const identityCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@+"

// CheckIdentity says what is wrong with the name of a client; nil: nothing. The
// error is an *Error.
//
// Deviation (Twilio access tokens, identity): "-", ".", "@" and "+" are allowed too,
// since mail addresses are what many applications know their users by.
func CheckIdentity(identity string) error {
	switch {
	case identity == "":
		return invalid(CodeGrants, "the access token has no identity")
	case len(identity) > MaxIdentity:
		return invalid(CodeGrants, "the identity has %d characters; at most %d are taken", len(identity), MaxIdentity)
	case strings.Trim(identity, identityCharacters) != "":
		return invalid(CodeGrants, "identity %q has something in it that is neither a letter (a-z), a digit, nor one of _ - . @ +", identity)
	}
	return nil
}
