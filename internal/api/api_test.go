package api_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/contract"

	"github.com/google/go-cmp/cmp"
)

const (
	sid   = contract.AccountSID("AC00112233445566778899aabbccddeeff")
	other = "ACffffffffffffffffffffffffffffffff"
	token = "0123456789abcdef0123456789abcdef"
	own   = api.Root + "Accounts/" + string(sid)
)

func ask(t *testing.T, method, path, user, password string) *httptest.ResponseRecorder {
	t.Helper()
	a := api.New(api.Config{Account: sid, Token: token,
		Created: time.Date(2026, 11, 2, 9, 5, 6, 0, time.FixedZone("CET", 3600))})
	r := httptest.NewRequest(method, path, nil)
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if id := w.Header().Get("Twilio-Request-Id"); len(id) != 34 || id[:2] != "RQ" {
		t.Errorf("Twilio-Request-Id: got %q", id)
	}
	return w
}

func TestAccount_JSON(t *testing.T) {
	w := ask(t, "GET", own+".json", string(sid), token)
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Fatalf("got %d, %s: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	// Every property of the contract's account, with its type.
	want := map[string]any{
		"sid": string(sid), "owner_account_sid": string(sid), "friendly_name": "Confab", "status": "active", "type": "Full",
		"auth_token": token, "date_created": "Mon, 02 Nov 2026 08:05:06 +0000", "date_updated": "Mon, 02 Nov 2026 08:05:06 +0000",
		"uri": own + ".json", "subresource_uris": map[string]any{},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

// Twilio REST API: no extension, or .xml, is XML.
func TestAccount_XML(t *testing.T) {
	for _, path := range []string{own, own + ".xml"} {
		w := ask(t, "GET", path, string(sid), token)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/xml") {
			t.Fatalf("%s: got %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		var got struct {
			XMLName xml.Name `xml:"TwilioResponse"`
			Account struct {
				Sid, Status, AuthToken, DateCreated string
			}
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}
		if a := got.Account; a.Sid != string(sid) || a.Status != "active" || a.AuthToken != token || a.DateCreated != "Mon, 02 Nov 2026 08:05:06 +0000" {
			t.Errorf("%s: got %+v", path, a)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		method, path, user, password string
		status                       int
		code                         contract.Code
	}{
		"nobody":            {"GET", own + ".json", "", "", 401, 20003},
		"wrong token":       {"GET", own + ".json", string(sid), "wrong", 401, 20003},
		"half a token":      {"GET", own + ".json", string(sid), token[:16], 401, 20003},
		"wrong account":     {"GET", own + ".json", other, token, 401, 20003},
		"no password":       {"GET", own + ".json", string(sid), "", 401, 20003},
		"nobody, nothing":   {"GET", api.Root + "Nothing.json", "", "", 401, 20003},
		"another's account": {"GET", api.Root + "Accounts/" + other + ".json", string(sid), token, 404, 20404},
		"below another's":   {"GET", api.Root + "Accounts/" + other + "/Calls.json", string(sid), token, 404, 20404},
		"nothing":           {"GET", api.Root + "Nothing.json", string(sid), token, 404, 20404},
		"case matters":      {"GET", api.Root + "accounts/" + string(sid) + ".json", string(sid), token, 404, 20404},
		"below nothing":     {"GET", own + "/Nothing.json", string(sid), token, 404, 20404},
		"root":              {"GET", api.Root + ".json", string(sid), token, 404, 20404},
		"delete":            {"DELETE", own + ".json", string(sid), token, 405, 20004},
		"put":               {"PUT", own + ".json", string(sid), token, 405, 20004},
		"not yet: accounts": {"GET", api.Root + "Accounts.json", string(sid), token, 501, contract.CodeNotServedREST},
		"not yet: update":   {"POST", own + ".json", string(sid), token, 501, contract.CodeNotServedREST},
		"not yet: calls":    {"POST", own + "/Calls.json", string(sid), token, 501, contract.CodeNotServedREST},
		"not yet: one call": {"GET", own + "/Calls/CA0.json", string(sid), token, 501, contract.CodeNotServedREST},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(t, test.method, test.path, test.user, test.password)
			var got struct {
				Code     contract.Code
				Message  string
				MoreInfo string `json:"more_info"`
				Status   int
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v in %q", err, w.Body)
			}
			if w.Code != test.status || got.Status != test.status || got.Code != test.code || got.Message == "" {
				t.Errorf("got %d %+v, want %d %d", w.Code, got, test.status, test.code)
			}
			if !strings.HasSuffix(got.MoreInfo, "/"+jsonNumber(test.code)) {
				t.Errorf("more_info: got %q", got.MoreInfo)
			}
			if got := w.Header().Get("WWW-Authenticate"); (got != "") != (test.status == 401) {
				t.Errorf("WWW-Authenticate: got %q", got)
			}
			if got := w.Header().Get("Allow"); (got != "") != (test.status == 405) {
				t.Errorf("Allow: got %q", got)
			}
			if strings.Contains(w.Body.String(), token) {
				t.Error("the token is in the answer")
			}
		})
	}
}

func jsonNumber(c contract.Code) string { b, _ := json.Marshal(c); return string(b) }

func TestRefusal_XML(t *testing.T) {
	w := ask(t, "GET", own+"/Nothing", string(sid), token)
	var got struct {
		XMLName       xml.Name `xml:"TwilioResponse"`
		RestException struct {
			Code, Status      int
			Message, MoreInfo string
		}
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if e := got.RestException; w.Code != 404 || e.Code != 20404 || e.Status != 404 || !strings.Contains(e.Message, own+"/Nothing") {
		t.Errorf("got %d %+v", w.Code, e)
	}
}

func TestHEAD_hasNoBody(t *testing.T) {
	w := ask(t, http.MethodHead, own+".json", string(sid), token)
	if w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("got %d, %d bytes", w.Code, w.Body.Len())
	}
}

// An API that was given no token opens to nobody.
func TestNoToken_opensToNobody(t *testing.T) {
	r := httptest.NewRequest("GET", own+".json", nil)
	r.SetBasicAuth(string(sid), "")
	w := httptest.NewRecorder()
	api.New(api.Config{Account: sid}).ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("got %d", w.Code)
	}
}
