package api_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"confab/internal/api"
	"confab/internal/contract"
)

// A key opens what standard keys open from its making to its removal, and its
// secret is shown once.
func TestKey_opensUntilItIsRemoved(t *testing.T) {
	for path, list := range map[string]string{"/Keys": "keys", "/SigningKeys": "signing_keys"} {
		var log bytes.Buffer
		d := newDesk(t, func(c *api.Config) {
			c.Keys = c.Store
			c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		made := decode(t, d.ask(t, "POST", own+path+".json", url.Values{"FriendlyName": {"Tea"}}), 201)
		sk, secret := made["sid"].(string), made["secret"].(string)
		if !contract.KeySID(sk).Valid() || len(secret) != 32 || made["friendly_name"] != "Tea" || made["date_created"] == nil || made["role"] != "administer" || len(made) != 6 {
			t.Errorf("made: %v", made)
		}
		uri := own + path + "/" + sk + ".json"
		ask := func(password, path string, want int) {
			t.Helper()
			if w := d.askAs(t, sk, password, "GET", path, nil); w.Code != want || strings.Contains(w.Body.String(), secret) {
				t.Errorf("GET %s: got %d, want %d", path, w.Code, want)
			}
		}
		ask(secret, own+"/Calls.json", 200)
		ask(secret, own+"/Applications.json", 200)
		ask(secret, own+".json", 401)
		ask(secret, own+"/Keys.json", 401)
		ask(secret, own+"/SigningKeys.json", 401)
		ask(secret, uri, 401)
		ask(secret, api.Root+"Accounts.json", 401)
		ask(secret, api.Root+"Accounts/"+other+"/Calls.json", 404)
		ask(secret[:31], own+"/Calls.json", 401)
		ask(strings.ToLower(secret)+"x", own+"/Calls.json", 401)
		ask("", own+"/Calls.json", 401)
		ask(token, own+"/Calls.json", 401)
		for _, method := range []string{"POST", "DELETE"} { // a key makes no keys, and removes none
			for _, target := range []string{own + path + ".json", uri} {
				if w := d.askAs(t, sk, secret, method, target, nil); w.Code != 401 {
					t.Errorf("%s %s with a key: %d", method, target, w.Code)
				}
			}
		}
		// Nobody is told the secret again.
		for _, target := range []string{uri, own + path + ".json", own + path} {
			if w := d.ask(t, "GET", target, nil); w.Code != 200 || strings.Contains(strings.ToLower(w.Body.String()), "secret") || strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
		if got := decode(t, d.ask(t, "POST", uri, url.Values{"FriendlyName": {"Cake"}}), 200); got["friendly_name"] != "Cake" || len(got) != 5 {
			t.Errorf("named: %v", got)
		}
		if got := decode(t, d.ask(t, "POST", uri, nil), 200); got["friendly_name"] != "Cake" {
			t.Errorf("named by nothing: %v", got)
		}
		if got := decode(t, d.ask(t, "POST", uri, url.Values{"FriendlyName": {strings.Repeat("x", 65)}}), 400); got["code"] != 20002. {
			t.Errorf("named too long: %v", got)
		}
		second := decode(t, d.ask(t, "POST", own+path+".json", nil), 201)["sid"].(string)
		if got := column(t, d.get(t, own+path+".json"), list, "sid"); !slices.Equal(got, []string{second, sk}) {
			t.Errorf("list: %v", got)
		}
		ask(secret, own+"/Calls.json", 200)
		if w := d.ask(t, "DELETE", uri, nil); w.Code != 204 {
			t.Errorf("DELETE: %d %s", w.Code, w.Body)
		}
		ask(secret, own+"/Calls.json", 401)
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if w := d.ask(t, method, uri, nil); w.Code != 404 {
				t.Errorf("%s of what is gone: %d", method, w.Code)
			}
		}
		if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), sk) {
			t.Errorf("the log has the secret, or not the key:\n%s", &log)
		}
	}
}
