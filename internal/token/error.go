package token

import (
	"fmt"

	"confab/internal/contract"
)

// What may be wrong with a token (Twilio error dictionary).
const (
	CodeInvalid   contract.Code = 20101 // not a token, or of a key that does not exist
	CodeHeader    contract.Code = 20102
	CodeIssuer    contract.Code = 20103 // issuer or subject
	CodeExpired   contract.Code = 20104
	CodeNotYet    contract.Code = 20105
	CodeGrants    contract.Code = 20106
	CodeSignature contract.Code = 20107
	CodeLifetime  contract.Code = 20157 // lives for too long
)

// Error says what is wrong with a token, without a word of its signature.
type Error struct {
	Code    contract.Code
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

func invalid(code contract.Code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}
