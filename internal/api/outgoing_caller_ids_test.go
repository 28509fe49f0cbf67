package api_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

func TestCallerID(t *testing.T) {
	d := newDesk(t, nil)
	c, err := d.store.AddCallerID(t.Context(), contract.CallerIDInfo{Number: "+14155550142"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.AddCallerID(t.Context(), contract.CallerIDInfo{Number: "+15550301", FriendlyName: "Door"}); err != nil {
		t.Fatal(err)
	}
	list, uri := own+"/OutgoingCallerIds.json", own+"/OutgoingCallerIds/"+string(c.SID)+".json"
	got := d.get(t, uri)
	want := map[string]any{"sid": string(c.SID), "date_created": got["date_created"], "date_updated": got["date_created"],
		"friendly_name": "(415) 555-0142", "account_sid": string(account), "phone_number": "+14155550142", "uri": uri}
	if diff := cmp.Diff(want, got); diff != "" || got["date_created"] == nil {
		t.Errorf("fetched: want (-), got (+):\n%s", diff)
	}
	for query, want := range map[string]int{"": 2, "?PhoneNumber=%2B14155550142": 1, "?PhoneNumber=%2B14155550143": 0, "?FriendlyName=Door": 1, "?FriendlyName=door": 0} {
		if n := len(column(t, d.get(t, list+query), "outgoing_caller_ids", "sid")); n != want {
			t.Errorf("%q: %d, want %d", query, n, want)
		}
	}
	if got := decode(t, d.ask(t, "POST", uri, url.Values{"FriendlyName": {"Desk"}}), 200); got["friendly_name"] != "Desk" {
		t.Errorf("named: %v", got)
	}
	for form, want := range map[string]int{"PhoneNumber=%2B15550302": 501, "FriendlyName=x": 400} {
		values, _ := url.ParseQuery(form)
		if got := decode(t, d.ask(t, "POST", list, values), want); got["code"] != 20001. {
			t.Errorf("%s: %v", form, got)
		}
	}
	if w := d.ask(t, "DELETE", uri, nil); w.Code != 204 {
		t.Errorf("DELETE: %d", w.Code)
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if w := d.ask(t, method, uri, nil); w.Code != 404 {
			t.Errorf("%s of what is gone: %d", method, w.Code)
		}
		if w := d.ask(t, method, own+"/OutgoingCallerIds/+15550301.json", nil); w.Code != 404 {
			t.Errorf("%s by number: %d", method, w.Code)
		}
	}
}
