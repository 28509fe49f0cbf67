package api_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"confab/internal/api"
	"confab/internal/contract"
)

// resources are the paths that are served, below the account, and what may be
// done with each.
var resources = map[string]string{
	"":                       "GET HEAD POST",
	"/Calls":                 "GET HEAD POST",
	"/Calls/" + sid("CA", 1): "GET HEAD POST DELETE",
	"/Calls/" + sid("CA", 1) + "/Notifications":                 "GET HEAD",
	"/Calls/" + sid("CA", 1) + "/Notifications/" + sid("NO", 1): "GET HEAD",
	"/Conferences":                                                   "GET HEAD",
	"/Conferences/" + sid("CF", 1):                                   "GET HEAD POST",
	"/Conferences/" + sid("CF", 1) + "/Participants":                 "GET HEAD POST",
	"/Conferences/" + sid("CF", 1) + "/Participants/ann":             "GET HEAD POST DELETE",
	"/Conferences/" + sid("CF", 1) + "/Participants/" + sid("CA", 1): "GET HEAD POST DELETE",
	"/Notifications":                                                 "GET HEAD",
	"/Notifications/" + sid("NO", 1):                                 "GET HEAD",
	"/Calls/" + sid("CA", 1) + "/Recordings":                         "",
	"/Conferences/" + sid("CF", 1) + "/Recordings/" + sid("RE", 1):   "",
	"/AvailablePhoneNumbers":                                         "GET HEAD",
	"/AvailablePhoneNumbers/US":                                      "GET HEAD",
	"/AvailablePhoneNumbers/US/Local":                                "GET HEAD",
	"/AvailablePhoneNumbers/US/National":                             "",
	"/IncomingPhoneNumbers":                                          "GET HEAD POST",
	"/IncomingPhoneNumbers/" + sid("PN", 1):                          "GET HEAD POST DELETE",
	"/IncomingPhoneNumbers/Local":                                    "GET HEAD POST",
	"/IncomingPhoneNumbers/Mobile":                                   "GET HEAD POST",
	"/IncomingPhoneNumbers/TollFree":                                 "GET HEAD POST",
	"/Applications":                                                  "GET HEAD POST",
	"/Applications/" + sid("AP", 1):                                  "GET HEAD POST DELETE",
	"/Keys":                                                          "GET HEAD POST",
	"/Keys/" + sid("SK", 1):                                          "GET HEAD POST DELETE",
	"/SigningKeys":                                                   "GET HEAD POST",
	"/SigningKeys/" + sid("SK", 1):                                   "GET HEAD POST DELETE",
	"/OutgoingCallerIds":                                             "GET HEAD POST",
	"/OutgoingCallerIds/" + sid("PN", 1):                             "GET HEAD POST DELETE",
	"/SIP/Domains/" + sid("SD", 1):                                   "",
	"/Nothing":                                                       "",
}

var methods = []string{"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"}

func TestResources_areClosedToStrangers(t *testing.T) {
	d := newDesk(t, nil)
	d.append(t, callEvent(callN(1, "completed")), conferenceEvent(conferenceN(1)))
	for path := range resources {
		for _, method := range methods {
			for who, test := range map[string]struct {
				user, password, account string
				status                  int
			}{
				"nobody":            {"", "", string(account), 401},
				"wrong token":       {string(account), "wrong", string(account), 401},
				"half a token":      {string(account), token[:16], string(account), 401},
				"no token":          {string(account), "", string(account), 401},
				"another account":   {other, token, string(account), 401},
				"another's":         {other, token, other, 401},
				"a key":             {sid("SK", 1), token, string(account), 401},
				"case of the user":  {strings.ToLower(string(account)), token, string(account), 401},
				"on another's path": {string(account), token, other, 404},
			} {
				w := d.askAs(t, test.user, test.password, method, api.Root+"Accounts/"+test.account+path+".json", nil)
				if w.Code != test.status || strings.Contains(w.Body.String(), token) {
					t.Errorf("%s: %s %q: got %d %s", who, method, path, w.Code, w.Body)
				}
				if got := w.Header().Get("WWW-Authenticate"); (got != "") != (test.status == 401) {
					t.Errorf("%s: WWW-Authenticate: %q", who, got)
				}
			}
		}
	}
	if got := numbers(t, d.get(t, own+"/Calls.json"), "calls"); got != "1" {
		t.Errorf("a stranger has removed it: %q", got)
	}
}

// What is not allowed says what is; what is not served never is a success.
func TestResources_methods(t *testing.T) {
	d := newDesk(t, nil)
	for path, allowed := range resources {
		for _, method := range methods {
			w := d.ask(t, method, own+path+".json", nil)
			switch {
			case path == "/Nothing":
				if w.Code != 404 {
					t.Errorf("%s %s: got %d", method, path, w.Code)
				}
			case allowed == "":
				if w.Code != 501 {
					t.Errorf("%s %s: got %d", method, path, w.Code)
				}
			case !strings.Contains(" "+allowed+" ", " "+method+" "):
				if w.Code != 405 || w.Header().Get("Allow") != strings.ReplaceAll(allowed, " ", ", ") || decode(t, w, 405)["code"] != 20004. {
					t.Errorf("%s %s: got %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
				}
			case w.Code == 405:
				t.Errorf("%s %s: got 405", method, path)
			}
		}
	}
}

// A path that is written in an odd way names what it says, or nothing: never
// another account's, nor another resource.
func TestPaths_oddlyWritten(t *testing.T) {
	d := newDesk(t, nil)
	d.append(t, callEvent(callN(1, "completed")))
	call := own + "/Calls/" + sid("CA", 1)
	for target, status := range map[string]int{
		call + ".json":                           200,
		call + "%2Ejson":                         200,
		call + "%2ejson":                         200,
		own + "/%43alls/" + sid("CA", 1):         200,
		call + ".JSON":                           404, // the path's case counts
		call + ".json.json":                      404,
		call + ".json.xml":                       404,
		call + ".yaml":                           404,
		call + ".csv":                            501,
		call + "/":                               404,
		call + "//":                              404,
		call + "/.json":                          404,
		call + "%00.json":                        404,
		call + "%0d%0aX-Injected:%201":           404,
		call + "%ff.json":                        400,
		own + "//Calls.json":                     404,
		own + "/./Calls.json":                    404,
		own + "/../" + string(account) + ".json": 404,
		own + "/Calls/%2e%2e.json":               404,
		own + "%2FCalls.json":                    404,
		own + "/Calls%2F" + sid("CA", 1):         404,
		own + "/calls.json":                      404,
		own + "/Calls;a=b.json":                  404,
		own + "/Calls/" + strings.ToUpper(sid("CA", 10)):                    404,
		api.Root + "Accounts/" + strings.ToLower(string(account)) + ".json": 404,
		api.Root + "accounts/" + string(account) + ".json":                  404,
		api.Root + "Accounts/" + other + "/../" + string(account) + ".json": 404,
		api.Root + "Accounts//" + string(account) + ".json":                 404,
		api.Root + ".json":          404,
		api.Root:                    404,
		api.Root + "Accounts/.json": 404,
		"/2010-04-01":               404,
		"/2008-08-01/Accounts.json": 404,
		own + "/Conferences/" + sid("CF", 1) + "/Participants/a%2Fb.json": 404,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		r.URL = u
		r.SetBasicAuth(string(account), token)
		w := d.serve(t, r)
		if w.Code != status {
			t.Errorf("%s: got %d, want %d: %s", target, w.Code, status, w.Body)
		}
		if w.Header().Get("X-Injected") != "" {
			t.Errorf("%s: a header was injected", target)
		}
	}
}

// A body that could be read in two ways is not read at all.
func TestForms_oddlyWritten(t *testing.T) {
	d := newDesk(t, nil)
	form := "application/x-www-form-urlencoded"
	for name, test := range map[string]struct {
		kind, encoding, body string
		status               int
	}{
		"form":             {form, "", "FriendlyName=new", 200},
		"with a charset":   {form + "; charset=UTF-8", "", "FriendlyName=n%C3%A9", 200},
		"empty, no type":   {"", "", "", 200},
		"no type":          {"", "", "FriendlyName=x", 415},
		"JSON":             {"application/json", "", `{"FriendlyName":"x"}`, 415},
		"multipart":        {"multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"FriendlyName\"\r\n\r\nx\r\n--b--\r\n", 415},
		"another charset":  {form + "; charset=utf-7", "", "FriendlyName=x", 415},
		"broken type":      {form + "; =", "", "FriendlyName=x", 415},
		"compressed":       {form, "gzip", "FriendlyName=x", 415},
		"bad escape":       {form, "", "FriendlyName=%zz", 400},
		"semicolon":        {form, "", "FriendlyName=x;Status=closed", 400},
		"not UTF-8":        {form, "", "FriendlyName=%ff", 400},
		"name not UTF-8":   {form, "", "Friendly%ffName=x", 400},
		"twice, different": {form, "", "FriendlyName=a&FriendlyName=b", 400},
		"twice, the same":  {form, "", "FriendlyName=a&FriendlyName=a", 200},
		"other case":       {form, "", "friendlyname=x", 200}, // unknown: without effect
		"too long":         {form, "", "FriendlyName=" + strings.Repeat("x", 300<<10), 413},
	} {
		t.Run(name, func(t *testing.T) {
			decode(t, d.ask(t, "POST", own+".json", url.Values{"FriendlyName": {"old"}}), 200)
			r := httptest.NewRequest("POST", own+".json?FriendlyName=fromquery", strings.NewReader(test.body))
			r.Header.Set("Content-Type", test.kind)
			if test.encoding != "" {
				r.Header.Set("Content-Encoding", test.encoding)
			}
			r.Header.Set("X-HTTP-Method-Override", "DELETE")
			r.SetBasicAuth(string(account), token)
			w := d.serve(t, r)
			if w.Code != test.status {
				t.Errorf("got %d, want %d: %s", w.Code, test.status, w.Body)
			}
			got := d.get(t, own+".json")["friendly_name"]
			if test.status != 200 && got != "old" || got == "fromquery" || got == "x" {
				t.Errorf("it was named %v", got)
			}
		})
	}
}

// keys are API keys by their SID.
type keys map[string]string

func (k keys) Secret(_ context.Context, sid string) (digest [sha256.Size]byte, ok bool, err error) {
	if sid == "SKbroken" {
		return digest, false, errors.New("the keys cannot be read: " + token)
	}
	secret, ok := k[sid]
	return sha256.Sum256([]byte(secret)), ok, nil
}

func (k keys) KeyRole(_ context.Context, sid string) (contract.Role, bool, error) {
	_, ok := k[sid]
	return contract.RoleAdminister, ok, nil
}

// Twilio API keys: a standard one opens all but Accounts and Keys.
func TestKeys(t *testing.T) {
	key := sid("SK", 1)
	d := newDesk(t, func(c *api.Config) {
		c.Keys, c.Log = keys{key: "secret"}, nil // its log would say why the keys cannot be read
	})
	for _, test := range []struct {
		user, password, path string
		status               int
	}{
		{key, "secret", "/Calls.json", 200},
		{key, "secret", ".json", 401},
		{key, "secret", "/Keys.json", 401},
		{key, "secret", "/SigningKeys/" + key + ".json", 401},
		{key, "Secret", "/Calls.json", 401},
		{key, "", "/Calls.json", 401},
		{key, token, "/Calls.json", 401},
		{sid("SK", 2), "", "/Calls.json", 401},
		{sid("SK", 2), "secret", "/Calls.json", 401},
		{"SK", "", "/Calls.json", 401},
		{"SKbroken", "", "/Calls.json", 500},
		{string(account), token, "/Calls.json", 200},
	} {
		w := d.askAs(t, test.user, test.password, "GET", own+test.path, nil)
		if w.Code != test.status || strings.Contains(w.Body.String(), token) {
			t.Errorf("%s:%s %s: got %d %s", test.user, test.password, test.path, w.Code, w.Body)
		}
	}
	if w := d.askAs(t, key, "secret", "GET", api.Root+"Accounts.json", nil); w.Code != 401 {
		t.Errorf("Accounts: got %d", w.Code)
	}
}

func TestNew_requires(t *testing.T) {
	newDesk(t, func(c *api.Config) {
		for name, change := range map[string]func(*api.Config){
			"account": func(c *api.Config) { c.Account = "AC1" }, "token": func(c *api.Config) { c.Token = "" },
			"store": func(c *api.Config) { c.Store = nil }, "calls": func(c *api.Config) { c.Calls = nil },
			"conferences": func(c *api.Config) { c.Conferences = nil },
		} {
			without := *c
			change(&without)
			if _, err := api.New(without); err == nil {
				t.Errorf("it needs no %s", name)
			}
		}
	})
}

func TestHEAD_isGETWithoutABody(t *testing.T) {
	d := newDesk(t, nil)
	get, head := d.ask(t, "GET", own+".json", nil), d.ask(t, http.MethodHead, own+".json", nil)
	if head.Code != 200 || head.Header().Get("Content-Length") != fmt.Sprint(get.Body.Len()) {
		t.Errorf("got %d, %q", head.Code, head.Header().Get("Content-Length"))
	}
	if get.Header().Get("Cache-Control") != "no-store" {
		t.Error("what holds the token may be cached")
	}
}

// An error in XML is one in XML.
func TestRefusal_XML(t *testing.T) {
	w := newDesk(t, nil).ask(t, "GET", own+"/Nothing%3C%26", nil)
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<TwilioResponse><RestException><Code>20404</Code><Message>The requested resource ` +
		own + `/Nothing&lt;&amp; was not found</Message><MoreInfo>https://www.twilio.com/docs/errors/20404</MoreInfo><Status>404</Status></RestException></TwilioResponse>`
	if w.Code != 404 || w.Body.String() != want {
		t.Errorf("got %d %s\nwant %s", w.Code, w.Body, want)
	}
}
