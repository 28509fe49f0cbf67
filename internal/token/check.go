package token

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"confab/internal/contract"
)

// Secrets finds the secrets of API keys; store.Records is one.
type Secrets interface {
	// SigningSecret returns the secret of a key; it is empty where only the digest was
	// kept, as older releases did. ok is false when there is no such key.
	SigningSecret(ctx context.Context, key contract.KeySID) (secret string, ok bool, err error)
}

// Checker checks the tokens of one account.
type Checker struct {
	Account contract.AccountSID
	Secrets Secrets
}

// Check returns what a token says, once its signature, its times and its grants are
// found right. What is wrong with it is an *Error; any other error is ours.
func (c Checker) Check(ctx context.Context, text string) (Token, error) {
	if len(text) > maxText {
		return Token{}, invalid(CodeInvalid, "the access token has %d bytes; at most %d are taken", len(text), maxText)
	}
	// RFC 7515 §3.1: three parts.
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Token{}, invalid(CodeInvalid, "not an access token: it has %d parts between dots, not 3", len(parts))
	}
	var h header
	if err := decode(parts[0], &h); err != nil {
		return Token{}, invalid(CodeHeader, "the header of the access token is not JSON in base64url")
	}
	// RFC 8725 §3.1: the one algorithm that is ours, whatever the token says.
	if h.Algorithm != "HS256" {
		return Token{}, invalid(CodeHeader, "alg of the access token is %.16q, not HS256", h.Algorithm)
	}
	// Tokens of old helper libraries say nothing of their content.
	if h.Type != "JWT" || h.Content != "" && h.Content != contentType {
		return Token{}, invalid(CodeHeader, "the access token is of type %.16q and %.32q, not JWT and %s", h.Type, h.Content, contentType)
	}
	var body claims
	if err := decode(parts[1], &body); err != nil {
		return Token{}, invalid(CodeInvalid, "the claims of the access token are not the JSON that belongs there, in base64url")
	}
	key := contract.KeySID(body.Issuer)
	if !key.Valid() {
		return Token{}, invalid(CodeIssuer, "iss of the access token is %.64q, not the SID of an API key (SK…)", body.Issuer)
	}
	if err := c.signed(ctx, key, parts); err != nil {
		return Token{}, err
	}
	return body.token(c.Account, time.Now())
}

// Exists reports whether there is still an API key of that SID: what was signed with
// one that was removed is worth nothing any more.
func (c Checker) Exists(ctx context.Context, key contract.KeySID) (bool, error) {
	_, ok, err := c.Secrets.SigningSecret(ctx, key)
	if err != nil {
		return false, fmt.Errorf("find API key: %w", err)
	}
	return ok, nil
}

// signed checks the signature.
func (c Checker) signed(ctx context.Context, key contract.KeySID, parts []string) error {
	secret, ok, err := c.Secrets.SigningSecret(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("find API key: %w", err)
	case !ok:
		return invalid(CodeInvalid, "there is no API key %s", key)
	case secret == "":
		return invalid(CodeInvalid, "API key %s was made before this server kept what tokens are signed with: make a new key, and sign with it", key)
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(given, signature(parts[0]+"."+parts[1], secret)) {
		return invalid(CodeSignature, "the access token is not signed with the secret of API key %s", key)
	}
	return nil
}

// decode reads a part of a token.
func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}
