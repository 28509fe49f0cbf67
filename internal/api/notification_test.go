package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
)

// warn appends three notices on call 1, a day apart, and one on call 2.
func (d desk) warn(t testing.TB) {
	t.Helper()
	for n, w := range []contract.Warning{
		{Code: contract.CodeSchema, Message: "what is <Sing>?", URL: "http://user:hush@app.test/voice?a=1"},
		{Code: contract.CodeParse, Message: "line 3"},
		{Code: contract.CodeSayLoop, Message: "loop"},
		{Code: contract.CodeRetrieval, Message: "404"},
	} {
		c := callN(1+n/3, contract.CallRinging)
		d.append(t, callEvent(c), contract.Event{Type: contract.EventCallWarning, Time: noon.Add(time.Duration(n) * 24 * time.Hour), Call: &c, Warning: &w})
	}
}

func TestNotifications(t *testing.T) {
	d := newDesk(t, nil)
	d.warn(t)
	one, two := own+"/Calls/"+sid("CA", 1)+"/Notifications", own+"/Calls/"+sid("CA", 2)+"/Notifications"
	for target, want := range map[string]string{
		own + "/Notifications.json":                                 "11200 13510 12100 12200",
		own + "/Notifications.json?Log=0":                           "11200 12100",
		own + "/Notifications.json?Log=1":                           "13510 12200",
		own + "/Notifications.json?MessageDate=2026-11-21":          "12100",
		own + "/Notifications.json?MessageDate%3C=2026-11-21":       "12100 12200",
		own + "/Notifications.json?MessageDate%3E=2026-11-22&Log=0": "11200",
		own + "/Notifications.json?PageSize=1&Page=1":               "13510",
		one + ".json":       "13510 12100 12200",
		one + ".json?Log=0": "12100",
		two + ".json":       "11200",
		own + "/Notifications.json?Log=1&Unknown=1&PageSize=1000&Page=0": "13510 12200",
	} {
		var codes []string
		for _, n := range d.get(t, target)["notifications"].([]any) {
			codes = append(codes, n.(map[string]any)["error_code"].(string))
		}
		if got := strings.Join(codes, " "); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
	for _, query := range []string{"Log=2", "Log=error", "MessageDate=2026-11-21T00:00:00Z"} {
		if got := decode(t, d.ask(t, "GET", own+"/Notifications.json?"+query, nil), 400); got["code"] != 20001. {
			t.Errorf("%s: %v", query, got)
		}
	}
	list := d.get(t, one+".json?Log=1&PageSize=1&Page=1")["notifications"].([]any)
	of := list[0].(map[string]any)["sid"].(string)
	want := map[string]any{
		"account_sid": string(account), "api_version": "2010-04-01", "call_sid": sid("CA", 1), "sid": of,
		"date_created": "Fri, 20 Nov 2026 12:00:00 +0000", "date_updated": "Fri, 20 Nov 2026 12:00:00 +0000", "message_date": "Fri, 20 Nov 2026 12:00:00 +0000",
		"error_code": "12200", "log": "1", "message_text": "what is <Sing>?", "more_info": "https://www.twilio.com/docs/errors/12200",
		"request_method": nil, "request_url": "http://app.test/voice?a=1", "request_variables": nil, "response_body": nil, "response_headers": nil,
		"uri": own + "/Notifications/" + of + ".json",
	}
	for _, at := range []string{one + "/" + of + ".json", own + "/Notifications/" + of + ".json"} {
		if d := cmp.Diff(want, d.get(t, at)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", at, d)
		}
	}
	for _, at := range []string{two + "/" + of, one + "/" + sid("NO", 7), own + "/Notifications/NO1", own + "/Calls/" + sid("CA", 9) + "/Notifications"} {
		decode(t, d.ask(t, "GET", at+".json", nil), 404)
	}
}
