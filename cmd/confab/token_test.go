package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/token"
)

// What `confab token` prints is what a browser may show.
func TestToken(t *testing.T) {
	dir := t.TempDir()
	out, complaint, code := runs(t, dir, "token", "--identity", "alice")
	if code != exitOK || strings.Count(out, "\n") != 1 {
		t.Fatalf("token: %d, %q", code, complaint)
	}
	records, err := store.OpenShared(t.Context(), filepath.Join(dir, "data"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	account, err := records.Account(store.Account{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := records.AddApplication(t.Context(), contract.ApplicationInfo{FriendlyName: "tea"})
	if err != nil {
		t.Fatal(err)
	}
	checker := token.Checker{Account: account.SID, Secrets: records}
	got, err := checker.Check(t.Context(), strings.TrimSpace(out))
	if err != nil || got.Identity != "alice" || !got.Incoming || !got.Outgoing || got.Application != "" {
		t.Errorf("%+v, %v", got, err)
	}
	out, complaint, code = runs(t, dir, "token", "--identity", "bob", "--app", string(app.SID), "--ttl", "10m", "--no-incoming", "--param", "team=tea", "--json")
	var answer struct {
		Token, Identity string
		Expires         time.Time
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != exitOK {
		t.Fatalf("token --json: %d, %q, %v", code, complaint, err)
	}
	again, err := checker.Check(t.Context(), answer.Token)
	if err != nil || again.Incoming || again.Application != app.SID || again.Params["team"] != "tea" || !again.Expires.Equal(answer.Expires) || again.Key != got.Key {
		t.Errorf("%+v, %v; %+v", again, err, answer)
	}
	for _, args := range [][]string{
		{"--identity", "a b"}, {"--identity", ""}, {}, {"--identity", "a", "--ttl", "25h"}, {"--identity", "a", "--ttl", "0s"},
		{"--identity", "a", "--app", "AP1"},
	} {
		if out, complaint, code := runs(t, dir, append([]string{"token"}, args...)...); code == exitOK || out != "" || complaint == "" {
			t.Errorf("token %v: %d, %q", args, code, complaint)
		}
	}
}
