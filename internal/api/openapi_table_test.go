package api_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// braces are the names in a path of the description.
var braces = regexp.MustCompile(`\{[^}]*\}`)

// asked returns a path of the description with names of nothing in it.
func asked(template string) string {
	path := strings.Replace(template, "{AccountSid}", string(account), 1)
	if !strings.Contains(template, "{AccountSid}") { // the account itself
		path = strings.Replace(path, "{Sid}", string(account), 1)
	}
	path = strings.Replace(path, "{CountryCode}", "US", 1)
	return braces.ReplaceAllString(path, sid("CA", 77))
}

// Every path and method of the contract is known here: what is not served is
// refused by an error that says so, and nothing is "not found" for want of a
// route, or "not allowed".
func TestPaths_areAllKnown(t *testing.T) {
	d := newDesk(t, nil)
	for template, methods := range readDescription(t).paths {
		if w := d.ask(t, "PATCH", asked(template), nil); w.Code != 405 && w.Code != 501 {
			t.Errorf("PATCH %s: %d, want 405 or 501", template, w.Code)
		}
		for method := range methods {
			if w := d.ask(t, strings.ToUpper(method), asked(template), url.Values{}); w.Code == 405 || w.Code >= 500 && w.Code != 501 {
				t.Errorf("%s %s: %d", method, template, w.Code)
			}
		}
	}
}

// Every parameter of what is served stands in the tables of docs/rest.md: served,
// refused or without effect, but not forgotten. Those that are refused as a whole
// need not be.
func TestParameters_areAllInTheTables(t *testing.T) {
	text, err := os.ReadFile("../../docs/rest.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]string)
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		sections[name] = rest
	}
	sections["Keys"], sections["SigningKeys"] = sections["Keys and SigningKeys"], sections["Keys and SigningKeys"]
	section := func(template string) string {
		_, below, ok := strings.Cut(strings.TrimSuffix(template, ".json"), "{AccountSid}/")
		if !ok {
			return sections["Accounts"]
		}
		steps := strings.Split(below, "/")
		for i := len(steps) - 1; i >= 0; i-- {
			if s, ok := sections[steps[i]]; ok {
				return s
			}
		}
		return ""
	}
	d := newDesk(t, nil)
	words := regexp.MustCompile(`\w+`)
	for template, methods := range readDescription(t).paths {
		for method, o := range methods {
			if d.ask(t, strings.ToUpper(method), asked(template), url.Values{}).Code == 501 {
				continue
			}
			table := words.FindAllString(section(template), -1)
			known := make(map[string]bool, len(table))
			for _, word := range table {
				known[word] = true
			}
			for _, name := range o.parameters() {
				if !known[strings.TrimRight(name, "<>")] {
					t.Errorf("%s %s: %s is in no row of docs/rest.md", method, template, name)
				}
			}
		}
	}
}
