package webhook

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// Twilio webhooks, connection overrides.
func TestOverrides(t *testing.T) {
	d := defaults()
	set := func(change func(*limits)) limits {
		l := d
		change(&l)
		return l
	}
	for fragment, want := range map[string]limits{
		"":                 d,
		"section-2":        d,
		"%zz":              d,
		"rc=5":             set(func(l *limits) { l.retries, l.said = 5, true }),
		"rc=0":             set(func(l *limits) { l.retries, l.said = 0, true }),
		"rc=6":             d,
		"rc=-1":            d,
		"rc=two":           d,
		"ct=100":           set(func(l *limits) { l.connect = 100 * time.Millisecond }),
		"ct=10000":         set(func(l *limits) { l.connect = 10 * time.Second }),
		"ct=99":            d,
		"ct=10001":         d,
		"rt=15000&tt=2000": set(func(l *limits) { l.total = 2 * time.Second }),
		"rt=15001&tt=0":    d,
		"rp=4xx,5xx":       set(func(l *limits) { l.on, l.said = fail4xx|fail5xx, true }),
		"rp=ct,rt":         set(func(l *limits) { l.on, l.said = failConnect|failRead, true }),
		"rp=all&rc=2":      set(func(l *limits) { l.on, l.retries, l.said = failAny, 2, true }),
		"rp=3xx":           d,
		"e=dublin&sni=n":   d, // where requests come from, and SNI, cannot be chosen here
	} {
		if got := overrides(fragment); got != want {
			t.Errorf("%q: %+v, want %+v", fragment, got, want)
		}
	}
}

func TestTidyQuery(t *testing.T) {
	for query, want := range map[string]string{
		"":                     "",
		"a=b&c=%27+d":          "a=b&c=%27+d",
		"o='brien":             "o=%27brien",
		"a=b c\td":             "a=b%20c%09d",
		"ü=€":                  "%C3%BC=%E2%82%AC",
		"a=\"<>`\\^{}|":        "a=%22%3C%3E%60%5C%5E%7B%7D%7C",
		"a=%zz&b=100%":         "a=%zz&b=100%",
		"a[]=1&b=/?:@!$()*,;~": "a[]=1&b=/?:@!$()*,;~",
	} {
		if got := tidy(query); got != want || tidy(got) != got {
			t.Errorf("tidy(%q) = %q, want %q, and the same of that", query, got, want)
		}
	}
}

// Whatever a document names: what is sent has no user, no fragment and no
// apostrophe in its query, it can be put on the wire, and what is shown of it
// has no query.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"http://app.test/a?b=c#rc=2", "https://u:p@[::1%25eth0]:8080/?q='#x", "http://h/%2f//..;x?%zz", "HTTP://H?a b", "http://ü/",
		"//h/", "mailto:a@b", "http://h:99999/", "http://[fe80::1]/\x00", "http:///x", "http://@/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := parseAddress(raw)
		if err != nil {
			return
		}
		sent := a.withParams(url.Values{"A": {"b'c"}}).String()
		again, err := url.Parse(sent)
		if err != nil {
			t.Fatalf("%q is sent as %q, which cannot be read: %v", raw, sent, err)
		}
		if again.User != nil || again.Fragment != "" || (again.Scheme != "http" && again.Scheme != "https") || again.Hostname() == "" {
			t.Errorf("%q is sent as %q", raw, sent)
		}
		if uri := again.RequestURI(); strings.ContainsAny(uri, " \r\n\t") || strings.Contains(again.RawQuery, "'") || !isASCII(uri) {
			t.Errorf("%q is sent as %q", raw, uri)
		}
		if shown := redact(a.url); strings.Contains(shown, "?") || strings.Contains(shown, "#") {
			t.Errorf("%q is shown as %q", raw, shown)
		}
		if a.limits.total > 15*time.Second || a.limits.retries > 5 {
			t.Errorf("%q has limits %+v", raw, a.limits)
		}
	})
}
