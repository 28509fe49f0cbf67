package token_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/token"
)

const (
	account contract.AccountSID     = "AC00000000000000000000000000000001"
	key     contract.KeySID         = "SK00000000000000000000000000000002"
	old     contract.KeySID         = "SK00000000000000000000000000000003"
	app     contract.ApplicationSID = "AP00000000000000000000000000000004"
	secret                          = "aSecretOfThirtyTwoLettersAndMore"
)

// ring has one key, and an old one whose secret was not kept.
type ring struct{}

var errRing = errors.New("the ring is lost")

func (ring) SigningSecret(_ context.Context, sid contract.KeySID) (string, bool, error) {
	switch sid {
	case key:
		return secret, true, nil
	case old:
		return "", true, nil
	case "SK00000000000000000000000000000009":
		return "", false, errRing
	}
	return "", false, nil
}

var checker = token.Checker{Account: account, Secrets: ring{}}

// parts are a token's, to be changed before it is signed.
type parts struct{ header, claims map[string]any }

func (p parts) signed(t *testing.T, with string) string {
	t.Helper()
	var text [2]string
	for i, m := range []map[string]any{p.header, p.claims} {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		text[i] = base64.RawURLEncoding.EncodeToString(b)
	}
	mac := hmac.New(sha256.New, []byte(with))
	mac.Write([]byte(text[0] + "." + text[1]))
	return text[0] + "." + text[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// usual is a token as Twilio's helper libraries make it.
func usual() parts {
	now := time.Now().Unix()
	return parts{
		map[string]any{"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"},
		map[string]any{"jti": string(key) + "-1", "iss": string(key), "sub": string(account), "iat": now, "exp": now + 3600,
			"grants": map[string]any{"identity": "alice", "voice": map[string]any{
				"incoming": map[string]any{"allow": true},
				"outgoing": map[string]any{"application_sid": string(app), "params": map[string]any{"team": "tea", "desk": 7}},
			}}},
	}
}

// set changes a claim below claims, by its path.
func (p parts) set(value any, path ...string) parts {
	m := p.claims
	for _, name := range path[:len(path)-1] {
		m = m[name].(map[string]any)
	}
	if m[path[len(path)-1]] = value; value == nil {
		delete(m, path[len(path)-1])
	}
	return p
}

func TestATokenOfAHelperLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := checker.Check(t.Context(), usual().signed(t, secret))
		want := token.Token{Key: key, Account: account, ID: string(key) + "-1", Identity: "alice", Incoming: true, Outgoing: true,
			Application: app, Params: map[string]string{"team": "tea", "desk": "7"}, Expires: time.Now().Add(time.Hour)}
		if err != nil || !got.Expires.Equal(want.Expires) {
			t.Fatalf("Check = %+v, %v", got, err)
		}
		got.Expires = want.Expires
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if strings.Contains(got.String(), secret) || !strings.Contains(got.String(), "alice") {
			t.Errorf("String = %s", got)
		}
	})
}

// What Sign writes, Check reads.
func TestSignAndCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, want := range map[string]token.Token{
			"all":           {Key: key, Account: account, Identity: "bob@example.com", Incoming: true, Outgoing: true, Application: app, Params: map[string]string{"a": "b c"}},
			"incoming only": {Key: key, Account: account, Identity: "bob", Incoming: true},
			"a number":      {Key: key, Account: account, Identity: "b-o_b", Outgoing: true, Expires: time.Now().Add(24 * time.Hour)},
		} {
			text, err := want.Sign(secret)
			if err != nil {
				t.Errorf("%s: Sign: %v", name, err)
				continue
			}
			got, err := checker.Check(t.Context(), text)
			if err != nil {
				t.Errorf("%s: Check: %v", name, err)
				continue
			}
			if got.ID == "" || got.Incoming != want.Incoming || got.Outgoing != want.Outgoing || got.Application != want.Application ||
				got.Identity != want.Identity || cmp.Diff(want.Params, got.Params) != "" {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
	})
}

// Each way in which a token is wrong, with the code that says so.
func TestWrongTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().Unix()
		unsigned := func(alg string) string {
			p := usual()
			p.header["alg"] = alg
			text := p.signed(t, secret)
			return text[:strings.LastIndexByte(text, '.')+1]
		}
		with := func(name string, value any) string {
			p := usual()
			p.header[name] = value
			return p.signed(t, secret)
		}
		good := usual().signed(t, secret)
		tests := []struct {
			name string
			text string
			code contract.Code
		}{
			{"empty", "", token.CodeInvalid},
			{"two parts", "a.b", token.CodeInvalid},
			{"four parts", good + ".x", token.CodeInvalid},
			{"no base64", "!.!.!", token.CodeHeader},
			{"too long", strings.Repeat("x", 9000), token.CodeInvalid},
			{"alg none, no signature", unsigned("none"), token.CodeHeader},
			{"alg NONE, signed", with("alg", "NONE"), token.CodeHeader},
			{"another alg", with("alg", "HS512"), token.CodeHeader},
			{"no signature", unsigned("HS256"), token.CodeSignature},
			{"typ", with("typ", "JWE"), token.CodeHeader},
			{"cty", with("cty", "twilio-fpa;v=2"), token.CodeHeader},
			{"wrong key", usual().signed(t, "another secret"), token.CodeSignature},
			{"a signature with something after it", good + "A", token.CodeSignature},
			{"claims exchanged", strings.Join([]string{strings.Split(good, ".")[0], strings.Split(usual().set("bob", "grants", "identity").signed(t, secret), ".")[1], strings.Split(good, ".")[2]}, "."), token.CodeSignature},
			{"unknown key", usual().set("SK00000000000000000000000000000008", "iss").signed(t, secret), token.CodeInvalid},
			{"old key", usual().set(string(old), "iss").signed(t, secret), token.CodeInvalid},
			{"old key, signed with nothing", usual().set(string(old), "iss").signed(t, ""), token.CodeInvalid},
			{"no key", usual().set(nil, "iss").signed(t, secret), token.CodeIssuer},
			{"account as key", usual().set(string(account), "iss").signed(t, secret), token.CodeIssuer},
			{"other account", usual().set("AC00000000000000000000000000000008", "sub").signed(t, secret), token.CodeIssuer},
			{"expired", usual().set(now, "exp").signed(t, secret), token.CodeExpired},
			{"no exp", usual().set(nil, "exp").signed(t, secret), token.CodeExpired},
			{"exp before all times", usual().set(-1e300, "exp").signed(t, secret), token.CodeExpired},
			{"exp for ever", usual().set(1e300, "exp").signed(t, secret), token.CodeLifetime},
			{"not yet", usual().set(now+31, "nbf").signed(t, secret), token.CodeNotYet},
			{"more than a day", usual().set(now+86401, "exp").signed(t, secret), token.CodeLifetime},
			{"more than a day, most of it gone", usual().set(now-80000, "iat").set(now+6401, "exp").signed(t, secret), token.CodeLifetime},
			{"exp is text", usual().set("soon", "exp").signed(t, secret), token.CodeInvalid},
			{"no grants", usual().set(nil, "grants").signed(t, secret), token.CodeGrants},
			{"no voice grant", usual().set(nil, "grants", "voice").signed(t, secret), token.CodeGrants},
			{"no identity", usual().set("", "grants", "identity").signed(t, secret), token.CodeGrants},
			{"identity with a space", usual().set("a b", "grants", "identity").signed(t, secret), token.CodeGrants},
			{"identity with ?", usual().set("a?b=c", "grants", "identity").signed(t, secret), token.CodeGrants},
			{"identity too long", usual().set(strings.Repeat("a", 122), "grants", "identity").signed(t, secret), token.CodeGrants},
			{"application", usual().set("AP1", "grants", "voice", "outgoing", "application_sid").signed(t, secret), token.CodeGrants},
			{"params of another kind", usual().set(map[string]any{"a": []int{1}}, "grants", "voice", "outgoing", "params").signed(t, secret), token.CodeGrants},
		}
		for _, test := range tests {
			_, err := checker.Check(t.Context(), test.text)
			var wrong *token.Error
			if !errors.As(err, &wrong) || wrong.Code != test.code {
				t.Errorf("%s: %v, want code %d", test.name, err, test.code)
				continue
			}
			if strings.Contains(wrong.Message, secret) || len(test.text) > 100 && strings.Contains(wrong.Message, test.text[len(test.text)-20:]) {
				t.Errorf("%s: the error tells a secret: %v", test.name, err)
			}
		}
		if _, err := checker.Check(t.Context(), usual().set("SK00000000000000000000000000000009", "iss").signed(t, secret)); !errors.Is(err, errRing) {
			t.Errorf("keys that cannot be read: %v", err)
		}
		for name, p := range map[string]parts{
			"a day":                      usual().set(now+86400, "exp"),
			"a clock that is a bit fast": usual().set(now+29, "nbf"),
			"121 letters":                usual().set(strings.Repeat("a", 121), "grants", "identity"),
			"no content type":            {map[string]any{"alg": "HS256", "typ": "JWT"}, usual().claims},
		} {
			if _, err := checker.Check(t.Context(), p.signed(t, secret)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Sign refuses what Check would.
func TestSignRefuses(t *testing.T) {
	for name, wrong := range map[string]token.Token{
		"identity": {Key: key, Account: account, Identity: "a b"},
		"lifetime": {Key: key, Account: account, Identity: "a", Expires: time.Now().Add(25 * time.Hour)},
		"expired":  {Key: key, Account: account, Identity: "a", Expires: time.Now().Add(-time.Second)},
		"key":      {Key: "SK1", Account: account, Identity: "a"},
		"size":     {Key: key, Account: account, Identity: "a", Outgoing: true, Params: map[string]string{"a": strings.Repeat("x", 8<<10)}},
	} {
		if _, err := wrong.Sign(secret); !errors.As(err, new(*token.Error)) {
			t.Errorf("%s: Sign = %v, want an *Error", name, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	good, err := token.Token{Key: key, Account: account, Identity: "alice", Outgoing: true, Expires: time.Now().Add(time.Hour)}.Sign(secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := checker.Check(context.Background(), text)
		if err == nil && (got.Account != account || token.CheckIdentity(got.Identity) != nil) {
			t.Errorf("Check(%q) = %+v", text, got)
		}
	})
}
