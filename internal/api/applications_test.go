package api_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

func TestApplication(t *testing.T) {
	d := withBlocks(t)
	list := own + "/Applications.json"
	got := decode(t, d.ask(t, "POST", list, url.Values{"FriendlyName": {"Tea"}, "VoiceUrl": {"https://example.com/voice"}, "VoiceMethod": {"GET"},
		"VoiceFallbackUrl": {"https://example.com/fallback"}, "VoiceFallbackMethod": {"GET"},
		"StatusCallback": {"https://example.com/status"}, "StatusCallbackMethod": {"GET"}, "ApiVersion": {"2010-04-01"}, "SmsMethod": {"POST"}}), 201)
	ap, _ := got["sid"].(string)
	if !contract.ApplicationSID(ap).Valid() || got["date_created"] == nil {
		t.Errorf("sid %v, date_created %v", ap, got["date_created"])
	}
	uri := own + "/Applications/" + ap + ".json"
	want := map[string]any{
		"account_sid": string(account), "api_version": "2010-04-01", "date_created": got["date_created"], "date_updated": got["date_created"],
		"friendly_name": "Tea", "message_status_callback": nil, "sid": ap, "sms_fallback_method": "POST", "sms_fallback_url": nil, "sms_method": "POST",
		"sms_status_callback": nil, "sms_url": nil, "status_callback": "https://example.com/status", "status_callback_method": "GET", "uri": uri,
		"voice_caller_id_lookup": false, "voice_fallback_method": "GET", "voice_fallback_url": "https://example.com/fallback",
		"voice_method": "GET", "voice_url": "https://example.com/voice", "public_application_connect_enabled": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("made: want (-), got (+):\n%s", diff)
	}
	if diff := cmp.Diff(want, d.get(t, uri)); diff != "" {
		t.Errorf("fetched: want (-), got (+):\n%s", diff)
	}
	got = decode(t, d.ask(t, "POST", uri, url.Values{"VoiceUrl": {"https://example.com/new"}, "VoiceFallbackUrl": {""}, "FriendlyName": {""}}), 200)
	want["voice_url"], want["voice_fallback_url"], want["friendly_name"], want["date_updated"] = "https://example.com/new", nil, nil, got["date_updated"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changed: want (-), got (+):\n%s", diff)
	}
	cake := decode(t, d.ask(t, "POST", list, url.Values{"FriendlyName": {"Cake"}}), 201)["sid"].(string)
	for query, want := range map[string][]string{"": {cake, ap}, "?FriendlyName=Cake": {cake}, "?FriendlyName=cake": nil, "?PageSize=1&Page=1": {ap}} {
		if got := column(t, d.get(t, list+query), "applications", "sid"); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
	if w := d.ask(t, "DELETE", uri, nil); w.Code != 204 {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if w := d.ask(t, method, uri, nil); w.Code != 404 {
			t.Errorf("%s of what is gone: %d", method, w.Code)
		}
	}
}

func TestApplication_refusals(t *testing.T) {
	d := withBlocks(t)
	ap := decode(t, d.ask(t, "POST", own+"/Applications.json", nil), 201)["sid"].(string)
	for form, want := range map[string]struct {
		status int
		code   float64
	}{
		"FriendlyName=" + strings.Repeat("x", 65): {400, 20002},
		"VoiceUrl=example.com":                    {400, 21205},
		"VoiceFallbackUrl=file:///etc/passwd":     {400, 21205},
		"StatusCallbackMethod=PUT":                {400, 21209},
		"SmsUrl=https://example.com":              {501, 20001},
		"SmsStatusCallback=https://example.com":   {501, 20001},
		"MessageStatusCallback=https://e.com":     {501, 20001},
		"PublicApplicationConnectEnabled=true":    {501, 20001},
		"VoiceCallerIdLookup=true":                {501, 20001},
		"ApiVersion=2008-08-01":                   {501, 20001},
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"", "/" + ap} {
			if got := decode(t, d.ask(t, "POST", own+"/Applications"+path+".json", values), want.status); got["code"] != want.code {
				t.Errorf("%s: got %v", form, got)
			}
		}
	}
	if got := column(t, d.get(t, own+"/Applications.json"), "applications", "voice_url"); len(got) != 1 || got[0] != "<nil>" {
		t.Errorf("after refusals: %v", got)
	}
}

// Twilio IncomingPhoneNumber resource, VoiceApplicationSid: a call to a number
// is the application's; once that is removed, it is the number's own.
func TestNumber_isGivenAnApplication(t *testing.T) {
	d := withBlocks(t)
	ap := decode(t, d.ask(t, "POST", own+"/Applications.json", url.Values{"VoiceUrl": {"https://example.com/app"}}), 201)["sid"].(string)
	n := d.buy(t, "+15550200", url.Values{"VoiceUrl": {"https://example.com/own"}, "VoiceApplicationSid": {ap}})
	uri := n["uri"].(string)
	called := func(want string) {
		t.Helper()
		if got, ok, err := d.store.Number(t.Context(), "+15550200"); err != nil || !ok || got.VoiceURL != want {
			t.Errorf("a call asks %q, %v, %v; want %q", got.VoiceURL, ok, err, want)
		}
	}
	if n["voice_application_sid"] != ap || n["voice_url"] != "https://example.com/own" {
		t.Errorf("bought: %v", n)
	}
	called("https://example.com/app")
	decode(t, d.ask(t, "POST", own+"/Applications/"+ap+".json", url.Values{"VoiceUrl": {"https://example.com/app2"}}), 200)
	called("https://example.com/app2")
	if got := decode(t, d.ask(t, "POST", uri, url.Values{"VoiceApplicationSid": {""}}), 200); got["voice_application_sid"] != nil {
		t.Errorf("taken away: %v", got)
	}
	called("https://example.com/own")
	decode(t, d.ask(t, "POST", uri, url.Values{"VoiceApplicationSid": {ap}}), 200)
	called("https://example.com/app2")
	if w := d.ask(t, "DELETE", own+"/Applications/"+ap+".json", nil); w.Code != 204 {
		t.Fatal(w.Code)
	}
	if got := d.get(t, uri); got["voice_application_sid"] != nil || got["voice_url"] != "https://example.com/own" {
		t.Errorf("after the removal: %v", got)
	}
	called("https://example.com/own")
}
