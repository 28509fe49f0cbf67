package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"confab/internal/api"
	"confab/internal/contract"
	access "confab/internal/token"
)

// What is made over the API is what a browser may show.
func TestTokens(t *testing.T) {
	d := newDesk(t, func(c *api.Config) { c.Keys = c.Store })
	door := api.NewEvents(api.EventsConfig{API: d.API, Store: d.store, Params: func(contract.Event) url.Values { return nil },
		Token: func(contract.Event) string { return "" }, Stopping: make(chan struct{})})
	app, err := d.store.AddApplication(t.Context(), contract.ApplicationInfo{VoiceURL: "http://app.test/voice"})
	if err != nil {
		t.Fatal(err)
	}
	askAs := func(user, password, target, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", target, strings.NewReader(body))
		r.SetBasicAuth(user, password)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	ask := func(password, target, body string) *httptest.ResponseRecorder {
		return askAs(string(account), password, target, body)
	}
	checker := access.Checker{Account: account, Secrets: d.store}
	for body, want := range map[string]access.Token{
		"": {Incoming: true, Outgoing: true},
		`{"identity":"alice","application":"` + string(app.SID) + `","ttl":60,"incoming":false,"params":{"team":"tea"}}`: {
			Identity: "alice", Outgoing: true, Application: app.SID, Params: map[string]string{"team": "tea"}},
		`{"identity":"bob","outgoing":false}`: {Identity: "bob", Incoming: true},
	} {
		w := ask(token, "/v1/tokens", body)
		var answer struct{ Token, Identity string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusCreated || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", body, w.Code, err)
			continue
		}
		got, err := checker.Check(t.Context(), answer.Token)
		if err != nil || got.Identity != answer.Identity || want.Identity != "" && got.Identity != want.Identity || got.Incoming != want.Incoming ||
			got.Outgoing != want.Outgoing || got.Application != want.Application || got.Params["team"] != want.Params["team"] {
			t.Errorf("%s: %+v, %v; want %+v", body, got, err, want)
		}
	}
	for _, body := range []string{
		"x", "[]", `{"identity":"a b"}`, `{"ttl":86401}`, `{"ttl":-1}`, `{"application":"AP1"}`, `{"application":"` + string(contract.NewApplicationSID()) + `"}`,
		`{"idenity":"alice"}`, `{} {}`, `{"params":{"a":"` + strings.Repeat("x", 20000) + `"}}`,
	} {
		if w := ask(token, "/v1/tokens", body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"message"`) {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := ask(token, "/v1/tokens?identity=alice", ""); w.Code != http.StatusBadRequest {
		t.Errorf("a parameter in the query: %d", w.Code)
	}
	// What a key asks for ends with the key.
	key, secret, err := d.store.AddKey(t.Context(), "an application", contract.RoleModerate)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Token string }
	if w := askAs(string(key.SID), secret, "/v1/tokens", ""); json.Unmarshal(w.Body.Bytes(), &answer) != nil {
		t.Fatalf("asked with a key: %d", w.Code)
	}
	if got, err := checker.Check(t.Context(), answer.Token); err != nil || got.Key != key.SID {
		t.Errorf("asked with key %s, signed with %s: %v", key.SID, got.Key, err)
	}
	if there, err := checker.Exists(t.Context(), key.SID); !there || err != nil {
		t.Errorf("key is there: %v, %v", there, err)
	}
	if _, err := d.store.RemoveKey(t.Context(), key.SID); err != nil {
		t.Fatal(err)
	}
	if _, err := checker.Check(t.Context(), answer.Token); err == nil {
		t.Error("the token of a removed key is taken")
	}
	if there, err := checker.Exists(t.Context(), key.SID); there || err != nil {
		t.Errorf("a removed key is there: %v, %v", there, err)
	}
	if w := ask("wrong", "/v1/tokens", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", w.Code)
	}
}
