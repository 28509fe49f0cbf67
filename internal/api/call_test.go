package api_test

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

func TestCall_describesWhatWas(t *testing.T) {
	d := newDesk(t, nil)
	if err := d.store.SetConfigNumbers([]contract.NumberInfo{{Number: "+15550100"}}); err != nil {
		t.Fatal(err)
	}
	number, _, _ := d.store.Number(t.Context(), "+15550100")
	c := callN(1, contract.CallCompleted)
	d.append(t, callEvent(c))
	got := d.get(t, own+"/Calls/"+string(c.SID)+".json")
	uri := own + "/Calls/" + string(c.SID)
	below := map[string]any{}
	for key, name := range map[string]string{"notifications": "Notifications", "recordings": "Recordings", "payments": "Payments",
		"events": "Events", "siprec": "Siprec", "streams": "Streams", "transcriptions": "Transcriptions",
		"user_defined_message_subscriptions": "UserDefinedMessageSubscriptions", "user_defined_messages": "UserDefinedMessages"} {
		below[key] = uri + "/" + name + ".json"
	}
	want := map[string]any{
		"sid": string(c.SID), "account_sid": string(account), "api_version": "2010-04-01",
		"date_created": "Fri, 20 Nov 2026 13:00:00 +0000", "date_updated": "Fri, 20 Nov 2026 13:01:32 +0000",
		"start_time": "Fri, 20 Nov 2026 13:00:00 +0000", "end_time": "Fri, 20 Nov 2026 13:01:32 +0000", "duration": "90",
		"parent_call_sid": nil, "to": "+15550100", "to_formatted": "+15550100", "from": "+14158675310", "from_formatted": "(415) 867-5310",
		"phone_number_sid": string(number.SID), "status": "completed", "direction": "inbound", "price": nil, "price_unit": nil,
		"answered_by": nil, "forwarded_from": "+15550111", "group_sid": nil, "caller_name": "Ann <&>", "queue_time": "0", "trunk_sid": nil,
		"uri": uri + ".json", "subresource_uris": below,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

// Twilio REST API: no extension, or .xml, is XML; what is null is empty there.
func TestCall_inXML(t *testing.T) {
	d := newDesk(t, nil)
	c := callN(1, contract.CallRinging)
	d.append(t, callEvent(c))
	for _, extension := range []string{"", ".xml"} {
		w := d.ask(t, "GET", own+"/Calls/"+string(c.SID)+extension, nil)
		var got struct {
			XMLName xml.Name `xml:"TwilioResponse"`
			Call    struct {
				Sid, DateCreated, CallerName, Uri string
				EndTime                           *string
				SubresourceUris                   struct{ UserDefinedMessages string }
			}
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%d %v in %s", w.Code, err, w.Body)
		}
		uri := own + "/Calls/" + string(c.SID)
		if g := got.Call; g.Sid != string(c.SID) || g.DateCreated != "Fri, 20 Nov 2026 13:00:00 +0000" || g.CallerName != "Ann <&>" ||
			g.Uri != uri || g.EndTime == nil || *g.EndTime != "" || g.SubresourceUris.UserDefinedMessages != uri+"/UserDefinedMessages" {
			t.Errorf("got %+v of %s", g, w.Body)
		}
	}
}

func TestCalls_filters(t *testing.T) {
	d := newDesk(t, nil)
	for n := range 6 { // 12:00 to 17:00; the odd ones have ended
		status := contract.CallRinging
		if n%2 == 1 {
			status = contract.CallCompleted
		}
		c := callN(n, status)
		if n == 4 {
			c.From, c.To, c.Parent = "sip:ann@example.com", "+1 odd&=%#", contract.CallSID(sid("CA", 1))
		}
		d.append(t, callEvent(c))
	}
	at := func(h string) string { return "2026-11-20T" + h + ":00Z" }
	for query, want := range map[string]string{
		"":                 "543210",
		"Status=completed": "531",
		"Status=ringing":   "420",
		"Status=queued":    "",
		"From=" + url.QueryEscape("sip:ann@example.com"):                 "4",
		"To=" + url.QueryEscape("+1 odd&=%#"):                            "4",
		"To=%2B15550100":                                                 "53210",
		"ParentCallSid=" + sid("CA", 1):                                  "4",
		"StartTime=2026-11-20":                                           "543210",
		"StartTime=2026-11-19":                                           "",
		"StartTime=" + at("13:00"):                                       "1",
		"StartTime%3C=" + at("13:00"):                                    "0",  // before
		"StartTime%3E=" + at("16:00"):                                    "54", // on or after
		"StartTime%3C=2026-11-20":                                        "",
		"StartTime%3E=2026-11-20":                                        "543210",
		"StartTime>=2026-11-21":                                          "",
		"StartTime%3E=" + at("13:00") + "&StartTime%3C=" + at("15:00"):   "21",
		"StartTime%3E=" + url.QueryEscape("2026-11-20T14:00:00.5+01:00"): "5432",
		"EndTime%3E=" + at("15:00"):                                      "53",
		"EndTime%3C=" + at("15:00"):                                      "1",
		"Status=completed&EndTime=2026-11-20&To=%2B15550100":             "531",
		"Unknown=parameter":                                              "543210",
	} {
		t.Run(query, func(t *testing.T) {
			if got := numbers(t, d.get(t, own+"/Calls.json?"+query), "calls"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// numbers are the last digits of the SIDs in a list.
func numbers(t testing.TB, list map[string]any, key string) (digits string) {
	t.Helper()
	items, ok := list[key].([]any)
	if !ok {
		t.Fatalf("no %s in %v", key, list)
	}
	for _, item := range items {
		sid := item.(map[string]any)["sid"].(string)
		digits += sid[len(sid)-1:]
	}
	return digits
}

func TestCall_delete(t *testing.T) {
	d := newDesk(t, nil)
	live, ended := callN(1, contract.CallInProgress), callN(2, contract.CallCompleted)
	d.append(t, callEvent(live), callEvent(ended))
	for _, test := range []struct {
		sid    contract.CallSID
		status int
		code   float64
	}{
		{live.SID, 409, 20009},
		{ended.SID, 204, 0},
		{ended.SID, 404, 20404},
		{"CA1", 404, 20404},
	} {
		w := d.ask(t, "DELETE", own+"/Calls/"+string(test.sid)+".json", nil)
		if w.Code != test.status || test.code != 0 && decode(t, w, test.status)["code"] != test.code {
			t.Errorf("%s: got %d %s, want %d %v", test.sid, w.Code, w.Body, test.status, test.code)
		}
	}
	if got := numbers(t, d.get(t, own+"/Calls.json"), "calls"); got != "1" {
		t.Errorf("left: %q", got)
	}
}

// What is wrong is said before anything is done; a call that has ended is not
// redirected.
func TestCall_updateIsRefused(t *testing.T) {
	d := newDesk(t, nil)
	ended := callN(2, contract.CallCompleted)
	d.append(t, callEvent(ended))
	at := own + "/Calls/" + string(ended.SID) + ".json"
	for name, test := range map[string]struct {
		at     string
		form   url.Values
		status int
		code   float64
	}{
		"ended, redirected": {at, url.Values{"Url": {"http://app.test/"}}, 400, 21220},
		"ended, completed":  {at, url.Values{"Status": {"completed"}}, 400, 21220},
		"ended, canceled":   {at, url.Values{"Status": {"canceled"}}, 400, 21220},
		"no such call":      {own + "/Calls/" + sid("CA", 9) + ".json", url.Values{"Status": {"completed"}}, 404, 20404},
		"not a URL":         {at, url.Values{"Url": {"ftp://app.test/"}}, 400, 21205},
		"relative":          {at, url.Values{"Url": {"/voice"}}, 400, 21205},
		"method":            {at, url.Values{"Url": {"http://app.test/"}, "Method": {"PUT"}}, 400, 21209},
		"both":              {at, url.Values{"Url": {"http://app.test/"}, "Twiml": {"<Response/>"}}, 400, 20001},
		"status":            {at, url.Values{"Status": {"ringing"}}, 400, 20001},
		"not TwiML":         {at, url.Values{"Twiml": {"<Response><Say>"}}, 400, 12100},
		"not a Response":    {at, url.Values{"Twiml": {"<html/>"}}, 400, 12102},
		"long TwiML":        {at, url.Values{"Twiml": {"<Response><Say>" + strings.Repeat("é", 4000) + "</Say></Response>"}}, 400, 20001},
		"no time":           {at, url.Values{"TimeLimit": {"0"}}, 400, 20001},
		"too long a time":   {at, url.Values{"TimeLimit": {"14401"}}, 400, 20001},
		"time in words":     {at, url.Values{"TimeLimit": {"1m"}}, 400, 20001},
		"status callback":   {at, url.Values{"StatusCallback": {"mailto:ann@app.test"}}, 400, 21205},
		"its method":        {at, url.Values{"StatusCallbackMethod": {"PUT"}}, 400, 21209},
		"fallback":          {at, url.Values{"FallbackUrl": {"/relative"}}, 400, 21205},
		"its method too":    {at, url.Values{"FallbackMethod": {"HEAD"}}, 400, 21209},
		"twice":             {at, url.Values{"Status": {"completed", "canceled"}}, 400, 20001},
		"outbound":          {own + "/Calls.json", url.Values{"To": {"+15550111"}}, 501, 20001},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decode(t, d.ask(t, "POST", test.at, test.form), test.status); got["code"] != test.code {
				t.Errorf("got %v, want %v", got, test.code)
			}
		})
	}
}

func TestCall_liveDurationIsNull(t *testing.T) {
	d := newDesk(t, nil)
	c := callN(1, contract.CallInProgress)
	d.append(t, callEvent(c))
	got := d.get(t, own+"/Calls/"+string(c.SID)+".json")
	if got["duration"] != nil || got["end_time"] != nil {
		t.Errorf("got %v, %v", got["duration"], got["end_time"])
	}
	unanswered := callN(2, contract.CallCompleted)
	unanswered.Status, unanswered.Answered, unanswered.Ended = contract.CallNoAnswer, time.Time{}, unanswered.Created.Add(time.Minute)
	d.append(t, callEvent(unanswered))
	if got := d.get(t, own+"/Calls/"+string(unanswered.SID)+".json"); got["duration"] != "0" {
		t.Errorf("unanswered: got %v", got["duration"])
	}
}
