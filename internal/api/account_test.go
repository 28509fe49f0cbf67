package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAccount(t *testing.T) {
	d := newDesk(t, nil)
	got := d.get(t, own+".json")
	created, _ := got["date_created"].(string)
	if at, err := time.Parse(time.RFC1123Z, created); err != nil || time.Since(at) > time.Minute {
		t.Errorf("date_created: %q, %v", created, err)
	}
	below := map[string]any{}
	for key, name := range map[string]string{"applications": "Applications", "available_phone_numbers": "AvailablePhoneNumbers", "calls": "Calls",
		"conferences": "Conferences", "incoming_phone_numbers": "IncomingPhoneNumbers", "keys": "Keys", "notifications": "Notifications",
		"outgoing_caller_ids": "OutgoingCallerIds", "signing_keys": "SigningKeys"} {
		below[key] = own + "/" + name + ".json"
	}
	want := map[string]any{
		"sid": string(account), "owner_account_sid": string(account), "friendly_name": "Confab", "status": "active", "type": "Full",
		"auth_token": token, "date_created": created, "date_updated": created, "uri": own + ".json",
		"subresource_uris": below,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func TestAccount_isNamed(t *testing.T) {
	d := newDesk(t, nil)
	for _, form := range []url.Values{{"FriendlyName": {"Tea & Söhne"}}, {"Status": {"active"}}, {"Unknown": {"x"}}, {}} {
		if got := decode(t, d.ask(t, "POST", own+".json", form), 200); got["friendly_name"] != "Tea & Söhne" {
			t.Errorf("%v: got %v", form, got)
		}
	}
	if got := d.get(t, own+".json"); got["friendly_name"] != "Tea & Söhne" {
		t.Errorf("got %v", got)
	}
	for _, test := range []struct {
		form   url.Values
		status int
		code   float64
	}{
		{url.Values{"FriendlyName": {strings.Repeat("x", 65)}}, 400, 20002},
		{url.Values{"Status": {"closed"}}, 501, 20001},
		{url.Values{"Status": {"odd"}}, 400, 20001},
	} {
		if got := decode(t, d.ask(t, "POST", own+".json", test.form), test.status); got["code"] != test.code {
			t.Errorf("%v: got %v", test.form, got)
		}
	}
}

func TestAccounts_listsTheOne(t *testing.T) {
	d := newDesk(t, nil)
	for query, want := range map[string]int{"": 1, "FriendlyName=Confab": 1, "FriendlyName=conf": 0, "Status=active": 1, "Status=closed": 0} {
		got := d.get(t, "/2010-04-01/Accounts.json?"+query)
		if n := len(got["accounts"].([]any)); n != want || got["next_page_uri"] != nil || !strings.HasPrefix(got["uri"].(string), "/2010-04-01/Accounts.json?") {
			t.Errorf("%q: got %v", query, got)
		}
	}
}
