package contract

import (
	"crypto/rand"
	"encoding/hex"
)

// A SID names one resource: two letters for its kind and 32 lower-case
// hexadecimal digits. Each kind is a type of its own, so that a conference
// cannot be passed where a call is meant.
type (
	AccountSID    string // AC…
	CallSID       string // CA…
	ConferenceSID string // CF…
	NumberSID     string // PN…

	NotificationSID string // NO…
	ApplicationSID  string // AP…
	KeySID          string // SK…
)

// NewAccountSID makes an account SID from crypto/rand.
func NewAccountSID() AccountSID { return AccountSID(newSID("AC")) }

// NewCallSID makes a call SID from crypto/rand.
func NewCallSID() CallSID { return CallSID(newSID("CA")) }

// NewConferenceSID makes a conference SID from crypto/rand.
func NewConferenceSID() ConferenceSID { return ConferenceSID(newSID("CF")) }

// NewNumberSID makes an incoming-number SID from crypto/rand.
func NewNumberSID() NumberSID { return NumberSID(newSID("PN")) }

// NewApplicationSID makes an application SID from crypto/rand.
func NewApplicationSID() ApplicationSID { return ApplicationSID(newSID("AP")) }

// NewKeySID makes an API key's SID from crypto/rand.
func NewKeySID() KeySID { return KeySID(newSID("SK")) }

// Valid reports whether s has the form of an account SID.
func (s AccountSID) Valid() bool { return validSID(string(s), "AC") }

// Valid reports whether s has the form of a call SID.
func (s CallSID) Valid() bool { return validSID(string(s), "CA") }

// Valid reports whether s has the form of a conference SID.
func (s ConferenceSID) Valid() bool { return validSID(string(s), "CF") }

// Valid reports whether s has the form of an incoming-number SID.
func (s NumberSID) Valid() bool { return validSID(string(s), "PN") }

// Valid reports whether s has the form of a notification SID.
func (s NotificationSID) Valid() bool { return validSID(string(s), "NO") }

// Valid reports whether s has the form of an application SID.
func (s ApplicationSID) Valid() bool { return validSID(string(s), "AP") }

// Valid reports whether s has the form of an API key's SID.
func (s KeySID) Valid() bool { return validSID(string(s), "SK") }

func newSID(kind string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand: it crashes the program instead)
	return kind + hex.EncodeToString(b[:])
}

func validSID(s, kind string) bool {
	if len(s) != 34 || s[:2] != kind {
		return false
	}
	for _, c := range []byte(s[2:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
