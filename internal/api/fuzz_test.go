package api_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"confab/internal/api"
	"confab/internal/contract"
)

// Whatever is asked for is answered in the form that was asked for, with a
// status of the contract, and with no secret in it but the account's own token
// on the account.
func FuzzRequest(f *testing.F) {
	d := newDesk(f, nil)
	d.warn(f)
	odd := callN(7, contract.CallCompleted)
	odd.From, odd.To, odd.Caller = "\x00\x01]]>\"'\xff<a>", "sip:a\u2028b@[::1]", "\ufffe&amp;\r\n"
	odd.Number = odd.From
	named := conferenceN(1)
	named.FriendlyName = "\x0b</FriendlyName>\xc3\x28"
	d.append(f, callEvent(odd), conferenceEvent(named))

	for _, path := range []string{
		".json", "/Calls", "/Calls.json", "/Calls/" + sid("CA", 7) + ".xml", "/Calls/" + sid("CA", 7) + "/Notifications.json", "/Calls.csv",
		"/Conferences.json", "/Conferences/" + sid("CF", 1), "/Conferences/" + sid("CF", 1) + "/Participants/a%20b%2F.json", "/Notifications",
		"/Notifications/" + sid("NO", 1) + ".json", "/%43alls%2Ejson", "/Nothing%00.json", "//", "/Calls/%ff", "/Keys.json",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "PUT"} {
			f.Add(method, path, "Status=completed&StartTime%3E=2026-01-01", "Twiml=<Response/>&Muted=True")
		}
	}
	f.Add("GET", "/Calls.json", "PageSize=2&Page=1&PageToken=PA0000000000000001CA", "")
	f.Add("GET", "/Calls", "PageSize=2&Page=1&PageToken=PB7fffffffffffffff'\"<&", "")
	f.Add("GET", "/Conferences", "FriendlyName=%0b%3C/FriendlyName%3E&DateCreated=x&a=%00&%01=%02", "")
	f.Add("POST", ".json", "", "FriendlyName=%01%02%0b%ef%bf%be")
	f.Add("POST", "/Calls/"+sid("CA", 7), "", "Url=http://[::1&Method=%00")

	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		u, err := url.ParseRequestURI(own + path)
		if err != nil || u.Host != "" || !validMethod(method) {
			return
		}
		u.RawQuery = query
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.URL = method, u
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(string(account), token)
		w := d.serve(t, r)
		switch w.Code {
		case 200, 201, 204, 400, 404, 405, 409, 413, 501:
		default:
			t.Errorf("%s %s: got %d %s", method, u, w.Code, w.Body)
		}
		if isAccount := strings.Trim(strings.TrimSuffix(strings.TrimSuffix(u.Path, ".json"), ".xml"), "/") == strings.Trim(own, "/"); !isAccount &&
			strings.Contains(w.Body.String(), token) && !strings.Contains(path+query, token) {
			t.Errorf("%s %s: the token is in %s", method, u, w.Body)
		}
		if w.Code >= 400 && !strings.Contains(w.Body.String(), "more_info") && !strings.Contains(w.Body.String(), "MoreInfo") && method != "HEAD" {
			t.Errorf("%s %s: %d is not an error of the contract: %s", method, u, w.Code, w.Body)
		}
		if !strings.HasPrefix(u.EscapedPath(), api.Root) && w.Code == 200 {
			t.Errorf("%s is served", u)
		}
	})
}

// validMethod is what net/http lets through.
func validMethod(method string) bool {
	return method != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
