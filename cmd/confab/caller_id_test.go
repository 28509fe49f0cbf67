package main

import (
	"encoding/json"
	"strings"
	"testing"

	"confab/internal/contract"
)

func TestCallerIDs_areAddedListedAndRemoved(t *testing.T) {
	t.Chdir(t.TempDir())
	must := func(code int, args ...string) (string, string) {
		t.Helper()
		var out, errs strings.Builder
		if got := run(append([]string{"caller-id"}, args...), terminal{&out, &errs}); got != code {
			t.Fatalf("%v: exit %d, want %d: %s%s", args, got, code, &out, &errs)
		}
		return out.String(), errs.String()
	}
	if _, none := must(exitOK, "list"); !strings.Contains(none, "`confab caller-id add NUMBER`") {
		t.Errorf("none: %q", none)
	}
	if added, _ := must(exitOK, "add", "+15550301", "--friendly-name", "Desk"); !strings.Contains(added, "+15550301") || !strings.Contains(added, "Desk") {
		t.Errorf("added: %q", added)
	}
	if _, again := must(exitFailed, "add", "+15550301"); !strings.Contains(again, "already") {
		t.Errorf("again: %q", again)
	}
	if _, bad := must(exitFailed, "add", "reception"); !strings.Contains(bad, "E.164") {
		t.Errorf("bad: %q", bad)
	}
	listed, _ := must(exitOK, "list", "--json")
	var c contract.CallerIDInfo
	if err := json.Unmarshal([]byte(listed), &c); err != nil || c.Number != "+15550301" || !c.SID.Valid() {
		t.Errorf("listed: %q, %v", listed, err)
	}
	must(exitOK, "remove", string(c.SID))
	if _, gone := must(exitFailed, "remove", "+15550301"); !strings.Contains(gone, "`confab caller-id list`") {
		t.Errorf("gone: %q", gone)
	}
}
