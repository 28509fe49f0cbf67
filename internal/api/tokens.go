package api

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"confab/internal/contract"
	access "confab/internal/token"
)

// maxTokenRequest bounds the body of a request for a token, in bytes.
const maxTokenRequest = 16 << 10

// tokenRequest says what an access token shall allow.
type tokenRequest struct {
	Identity    string                  `json:"identity"`    // empty: one is made
	Application contract.ApplicationSID `json:"application"` // empty: the number called decides
	TTL         int                     `json:"ttl"`         // seconds; 0: access.DefaultLifetime
	Incoming    *bool                   `json:"incoming"`    // nil: true
	Outgoing    *bool                   `json:"outgoing"`    // nil: true
	Params      map[string]string       `json:"params"`
}

// token makes an access token. It is signed with the API key that is asked with, so
// that removing the key ends it too; for the account itself, and for keys that cannot
// sign, with the server's own.
func (e *Events) token(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	if err := q.done(); err != nil {
		return err
	}
	asked, err := readTokenRequest(w, r)
	if err != nil {
		return err
	}
	t := access.Token{
		Account: e.cfg.API.cfg.Account, Identity: asked.Identity, Application: asked.Application, Params: asked.Params,
		Incoming: asked.Incoming == nil || *asked.Incoming, Outgoing: asked.Outgoing == nil || *asked.Outgoing,
		Expires: time.Now().Add(access.DefaultLifetime).Truncate(time.Second),
	}
	if t.Identity == "" {
		t.Identity = newIdentity()
	}
	if asked.TTL != 0 {
		t.Expires = time.Now().Add(time.Duration(asked.TTL) * time.Second).Truncate(time.Second)
	}
	if t.Application != "" {
		_, ok, err := e.cfg.Store.Application(r.Context(), t.Application)
		switch {
		case err != nil:
			return err
		case !ok:
			return badRequest("application: there is no %.64q", t.Application)
		}
	}
	var secret string
	if t.Key, secret, err = e.signer(r); err != nil {
		return err
	}
	text, err := t.Sign(secret)
	if wrong := new(access.Error); errors.As(err, &wrong) {
		return badRequest("%s", wrong.Message)
	} else if err != nil {
		return err
	}
	send(w, http.StatusCreated, map[string]any{"token": text, "identity": t.Identity, "expires": t.Expires.UTC()})
	return nil
}

// signer is the key that signs for who asks, and its secret.
func (e *Events) signer(r *http.Request) (key contract.KeySID, secret string, err error) {
	g, err := e.cfg.API.grant(r)
	if err != nil {
		return "", "", err
	}
	if g.Key != "" {
		secret, _, err = e.cfg.Store.SigningSecret(r.Context(), g.Key)
		if err != nil || secret != "" {
			return g.Key, secret, err
		}
	}
	return e.cfg.Store.TokenKey(r.Context())
}

// readTokenRequest reads the body, which may be left out.
func readTokenRequest(w http.ResponseWriter, r *http.Request) (asked tokenRequest, err error) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTokenRequest))
	d.DisallowUnknownFields()
	switch err := d.Decode(&asked); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return asked, badRequest(`the body is not JSON such as {"identity": "alice", "application": "AP…", "ttl": 3600, "incoming": true, "outgoing": true, "params": {"team": "tea"}}`)
	case d.More():
		return asked, badRequest("the body is more than one JSON value")
	case asked.TTL < 0 || asked.TTL > int(access.MaxLifetime/time.Second):
		return asked, badRequest("ttl: %d is not a number of seconds up to %d", asked.TTL, int(access.MaxLifetime/time.Second))
	}
	return asked, nil
}

// newIdentity makes an identity that nobody else has.
func newIdentity() string {
	var random [6]byte
	rand.Read(random[:]) // never fails
	return "user-" + hex.EncodeToString(random[:])
}
