package token

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"confab/internal/contract"
)

const (
	// MaxLifetime is how long a token may live (Twilio access tokens: 24 hours).
	MaxLifetime = 24 * time.Hour

	// DefaultLifetime is how long one of Sign lives that says nothing else (Twilio
	// helper libraries, ttl).
	DefaultLifetime = time.Hour

	// maxText is how long a token may be, in bytes, and maxParams how many parameters it
	// may carry.
	maxText   = 8 << 10
	maxParams = 64
)

// Token is what an access token says.
type Token struct {
	Key      contract.KeySID     // whose secret signs it
	Account  contract.AccountSID // whom it is for
	ID       string              // jti; made by Sign if empty
	Identity string              // who shows it: client:Identity in calls

	// What it allows (Twilio access token, voice grant).
	Incoming    bool                    // to be called
	Outgoing    bool                    // to call
	Application contract.ApplicationSID // answers its calls; empty: the number called decides
	Params      map[string]string       // go with each of its calls to the application

	NotBefore time.Time // zero: from when it was made on
	Expires   time.Time // made by Sign if zero: DefaultLifetime from now
}

// String says whose token it is. The text of a token is a secret, this is not.
func (t Token) String() string { return fmt.Sprintf("token %s of %s", t.ID, t.Identity) }

// header is the first part. Twilio access tokens: all three are as they are here.
type header struct {
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
	Content   string `json:"cty,omitempty"`
}

const contentType = "twilio-fpa;v=1"

// claims is the second part. A pointer tells a claim that is missing from one that
// is zero.
type claims struct {
	ID        string   `json:"jti,omitempty"`
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Issued    *float64 `json:"iat,omitempty"` // RFC 7519 §2: NumericDate may have a fraction
	NotBefore *float64 `json:"nbf,omitempty"`
	Expires   *float64 `json:"exp"`
	Grants    grants   `json:"grants"`
}

type grants struct {
	Identity string `json:"identity"`
	Voice    *voice `json:"voice,omitempty"`
}

type voice struct {
	Incoming *incoming `json:"incoming,omitempty"`
	Outgoing *outgoing `json:"outgoing,omitempty"`
}

type incoming struct {
	Allow bool `json:"allow"`
}

type outgoing struct {
	Application string         `json:"application_sid,omitempty"`
	Params      map[string]any `json:"params,omitempty"`
}

// Sign writes t as a token, signed with the secret of its key. What could not be
// checked afterwards is refused here, by the same *Error.
func (t Token) Sign(secret string) (string, error) {
	now := time.Now()
	if t.ID == "" {
		var random [8]byte
		rand.Read(random[:]) // never fails
		t.ID = string(t.Key) + "-" + hex.EncodeToString(random[:])
	}
	if t.Expires.IsZero() {
		t.Expires = now.Add(DefaultLifetime)
	}
	if t.NotBefore.IsZero() {
		t.NotBefore = now
	}
	c := claims{
		ID: t.ID, Issuer: string(t.Key), Subject: string(t.Account),
		Issued: numeric(now), NotBefore: numeric(t.NotBefore), Expires: numeric(t.Expires),
		Grants: grants{Identity: t.Identity, Voice: &voice{}},
	}
	if t.Incoming {
		c.Grants.Voice.Incoming = &incoming{Allow: true}
	}
	if t.Outgoing {
		o := &outgoing{Application: string(t.Application), Params: make(map[string]any)}
		for name, value := range t.Params {
			o.Params[name] = value
		}
		c.Grants.Voice.Outgoing = o
	}
	if _, err := c.token(t.Account, now); err != nil {
		return "", err
	}
	head, err := json.Marshal(header{"JWT", "HS256", contentType})
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	signed := encode(head) + "." + encode(body)
	text := signed + "." + encode(signature(signed, secret))
	if len(text) > maxText {
		return "", invalid(CodeInvalid, "the access token would have %d bytes; at most %d are taken: give it fewer parameters", len(text), maxText)
	}
	return text, nil
}

// numeric is a NumericDate in whole seconds (RFC 7519 §2).
func numeric(t time.Time) *float64 { return new(float64(t.Unix())) }

// moment is the time of a NumericDate.
func moment(seconds float64) time.Time {
	const farthest = 1 << 40 // beyond it a Duration overflows; as good as for ever
	return time.Unix(int64(min(max(seconds, 0), farthest)), 0)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signature is that of a token (RFC 7518 §3.2, HS256).
func signature(signed, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed)) // never fails
	return mac.Sum(nil)
}

// token returns what claims say, if it is right now and for that account.
func (c claims) token(account contract.AccountSID, now time.Time) (Token, error) {
	t := Token{Key: contract.KeySID(c.Issuer), Account: contract.AccountSID(c.Subject), ID: c.ID, Identity: c.Grants.Identity}
	switch {
	case !t.Key.Valid():
		return Token{}, invalid(CodeIssuer, "iss of the access token is %.64q, not the SID of an API key (SK…)", c.Issuer)
	case t.Account != account:
		return Token{}, invalid(CodeIssuer, "sub of the access token is %.64q, not the account of this server", c.Subject)
	}
	if err := c.times(&t, now); err != nil {
		return Token{}, err
	}
	if err := CheckIdentity(t.Identity); err != nil {
		return Token{}, err
	}
	v := c.Grants.Voice
	if v == nil {
		return Token{}, invalid(CodeGrants, "the access token has no voice grant (grants.voice)")
	}
	t.Incoming = v.Incoming != nil && v.Incoming.Allow
	if v.Outgoing == nil {
		return t, nil
	}
	t.Outgoing, t.Application = true, contract.ApplicationSID(v.Outgoing.Application)
	// Deviation (Twilio access token, outgoing.application_sid): it may be left out;
	// the number called then says which application is asked, as it does for a phone.
	if t.Application != "" && !t.Application.Valid() {
		return Token{}, invalid(CodeGrants, "outgoing.application_sid of the access token is %.64q, not AP and 32 lower-case hexadecimal digits", v.Outgoing.Application)
	}
	var err error
	t.Params, err = texts(v.Outgoing.Params)
	return t, err
}

// times reads the claims about time.
func (c claims) times(t *Token, now time.Time) error {
	if c.Expires == nil {
		return invalid(CodeExpired, "the access token has no exp")
	}
	t.Expires = moment(*c.Expires)
	from := now
	if issued := cmp.Or(c.NotBefore, c.Issued); issued != nil {
		from = moment(*issued)
	}
	if c.NotBefore != nil {
		t.NotBefore = moment(*c.NotBefore)
	}
	switch {
	case !now.Before(t.Expires):
		return invalid(CodeExpired, "the access token expired at %s", t.Expires.UTC().Format(time.RFC3339))
	case now.Add(leeway).Before(t.NotBefore):
		return invalid(CodeNotYet, "the access token is not valid before %s; is a clock wrong?", t.NotBefore.UTC().Format(time.RFC3339))
	case t.Expires.Sub(from) > MaxLifetime || t.Expires.Sub(now) > MaxLifetime+leeway:
		return invalid(CodeLifetime, "the access token lives for longer than %v", MaxLifetime)
	}
	return nil
}

// leeway is by how much the clock of who makes tokens may be fast (RFC 7519 §4.1.5).
const leeway = 30 * time.Second

// texts are the parameters of a token: strings, or what can be written as one.
func texts(params map[string]any) (map[string]string, error) {
	if len(params) > maxParams {
		return nil, invalid(CodeGrants, "outgoing.params of the access token has %d parameters; at most %d are taken", len(params), maxParams)
	}
	var m map[string]string
	for name, value := range params {
		switch value.(type) {
		case string, float64, bool:
		default:
			return nil, invalid(CodeGrants, "outgoing.params of the access token: %.64q is neither text nor a number", name)
		}
		if m == nil {
			m = make(map[string]string, len(params))
		}
		m[name] = fmt.Sprint(value)
	}
	return m, nil
}
