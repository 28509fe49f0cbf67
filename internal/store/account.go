package store

import (
	"log/slog"

	"confab/internal/contract"
)

// Account is who the switch works for: the user name and the secret of the
// REST API, and the key that signs webhooks.
type Account struct {
	SID       contract.AccountSID
	AuthToken string // letters and digits
}

// String returns the SID alone: the token is a secret.
func (a Account) String() string { return string(a.SID) }

// LogValue keeps the token out of logs.
func (a Account) LogValue() slog.Value { return slog.StringValue(string(a.SID)) }

// Account returns the account of the data directory, making one (a token of 32
// letters and digits from crypto/rand) and keeping it in AccountFile with mode
// 0600 if there is none. What given holds counts instead and is not kept.
func (r *Records) Account(given Account) (Account, error) { panic("unwritten") }

// AccountFile returns the path of the file in which the account is kept.
func (r *Records) AccountFile() string { panic("unwritten") }
