package api_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

func TestConference_describesWhatWas(t *testing.T) {
	d := newDesk(t, nil)
	c := conferenceN(1)
	d.append(t, conferenceEvent(c))
	uri := own + "/Conferences/" + string(c.SID)
	want := map[string]any{
		"sid": string(c.SID), "account_sid": string(account), "api_version": "2010-04-01", "friendly_name": "Tea & Cake",
		"status": "completed", "region": "unknown", "date_created": "Sat, 21 Nov 2026 12:00:00 +0000", "date_updated": "Sat, 21 Nov 2026 13:00:00 +0000",
		"reason_conference_ended": "participant-with-end-conference-on-exit-left", "call_sid_ending_conference": sid("CA", 1),
		"uri": uri + ".json", "subresource_uris": map[string]any{"participants": uri + "/Participants.json", "recordings": uri + "/Recordings.json"},
	}
	if d := cmp.Diff(want, d.get(t, uri+".json")); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
	if got := d.get(t, uri+"/Participants.json"); len(got["participants"].([]any)) != 0 {
		t.Errorf("who is in it: %v", got)
	}
}

func TestConferences_filters(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 4 { // the 20th to the 23rd, at noon
		c := conferenceN(n)
		switch n {
		case 1:
			c.FriendlyName = "50% off+1"
		case 3:
			c.Status = contract.ConferenceInit
		}
		d.append(t, conferenceEvent(c))
	}
	for query, want := range map[string]string{
		"":                             "3210",
		"Status=init":                  "3",
		"Status=completed":             "210",
		"Status=in-progress":           "",
		"FriendlyName=Tea":             "",
		"FriendlyName=Tea+%26+Cake":    "320",
		"FriendlyName=50%25%20off%2B1": "1",
		"DateCreated=2026-11-21":       "1",
		"DateCreated%3C=2026-11-21":    "10",
		"DateCreated%3E=2026-11-22":    "32",
		"DateCreated<=2026-11-21":      "10",
		"DateUpdated=2026-11-22":       "2",
		"DateUpdated%3E=2026-11-24":    "",
		"DateCreated%3E=2026-11-21&DateCreated%3C=2026-11-22":                  "21",
		"DateCreated=2026-11-21&DateCreated%3C=2026-11-20":                     "",
		"DateCreated%3E=2026-11-21&Status=completed&FriendlyName=Tea+%26+Cake": "2",
	} {
		t.Run(query, func(t *testing.T) {
			if got := numbers(t, d.get(t, own+"/Conferences.json?"+query), "conferences"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	// Twilio Conference resource, DateCreated: a date, and no time of day.
	for _, query := range []string{"DateCreated=2026-11-21T00:00:00Z", "DateCreated%3E=2026-11-21T12:00:00Z", "DateUpdated%3C=20261121", "Status=done"} {
		if got := decode(t, d.ask(t, "GET", own+"/Conferences.json?"+query, nil), 400); got["code"] != 20001. {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestConference_updateIsRefused(t *testing.T) {
	d := newDesk(t, nil)
	d.append(t, conferenceEvent(conferenceN(1)))
	at := own + "/Conferences/" + sid("CF", 1) + ".json"
	for name, test := range map[string]struct {
		at     string
		form   url.Values
		status int
		code   float64
	}{
		"ended":        {at, url.Values{"Status": {"completed"}}, 400, 16022},
		"announced to": {at, url.Values{"AnnounceUrl": {"http://app.test/"}}, 400, 16022},
		"status":       {at, url.Values{"Status": {"in-progress"}}, 400, 20001},
		"not a URL":    {at, url.Values{"AnnounceUrl": {"app.test"}}, 400, 21205},
		"no such":      {own + "/Conferences/" + sid("CF", 2) + ".json", url.Values{"Status": {"completed"}}, 404, 20404},
		"by name":      {own + "/Conferences/Tea%20&%20Cake.json", url.Values{"Status": {"completed"}}, 404, 20404},
		"outbound":     {own + "/Conferences/tea/Participants.json", url.Values{"To": {"+15550111"}}, 501, 20001},
		"participant":  {own + "/Conferences/" + sid("CF", 1) + "/Participants/ann.json", url.Values{"Muted": {"true"}}, 404, 20404},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decode(t, d.ask(t, "POST", test.at, test.form), test.status); got["code"] != test.code {
				t.Errorf("got %v, want %v", got, test.code)
			}
		})
	}
}
