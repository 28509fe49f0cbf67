package archtest

import (
	"strings"
	"testing"
)

// Each rule finds what it is there for, and lets the rest be.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, path, text string
		check            func(source) []string
		want             string // part of the one problem; empty: none
	}{
		{"an allowed import", "internal/codec/x.go", `package codec; import "confab/internal/audio"`, imports, ""},
		{"the standard library", "internal/codec/x.go", `package codec; import "net/http"`, imports, ""},
		{"an import upward", "internal/audio/x.go", `package audio; import "confab/internal/media"`, imports, "internal/audio must not import internal/media"},
		{"a package without a row", "internal/new/x.go", `package new; import "confab/internal/audio"`, imports, "internal/new has no row"},
		{"a test's package in production", "internal/sip/x.go", `package sip; import "confab/internal/memnet"`, imports, "is for tests"},
		{"a test's package in cmd", "cmd/confab/x.go", `package main; import "confab/internal/audio/audiotest"`, imports, "is for tests"},
		{"a test's package in a test", "internal/sip/x_test.go", `package sip; import "confab/internal/memnet"`, imports, ""},
		{"its own package in a test", "internal/sip/x_test.go", `package sip_test; import "confab/internal/sip"`, imports, ""},
		{"more in a test than is named", "internal/sip/x_test.go", `package sip; import "confab/internal/store"`, imports, "testLayers"},
		{"all in a test of the whole", "test/transcript/x.go", `package transcript; import "confab/internal/store"`, imports, ""},
		{"all in cmd", "cmd/confab/x.go", `package main; import "confab/internal/phone"`, imports, ""},
		{"a library at home", "internal/sdp/x.go", `package sdp; import "github.com/pion/sdp/v3"`, imports, ""},
		{"a library's part at home", "internal/confab/x.go", `package confab; import "github.com/prometheus/client_golang/prometheus"`, imports, ""},
		{"a library elsewhere", "internal/call/x.go", `package call; import "github.com/emiago/sipgo/sip"`, imports, "used by internal/sip alone"},
		{"an unknown library", "internal/call/x.go", `package call; import "example.org/left-pad"`, imports, "no library of this project"},
		{"a test's library in a test", "internal/call/x_test.go", `package call; import "github.com/google/go-cmp/cmp"`, imports, ""},
		{"a test's library in production", "internal/call/x.go", `package call; import "pgregory.net/rapid"`, imports, "no library of this project"},

		{"a bare go", "internal/call/x.go", "package call\nfunc f() { go f() }", goStatements, "x.go:2:12: a bare go statement"},
		{"a WaitGroup's Go", "internal/call/x.go", "package call\nfunc f() { wg.Go(f) }", goStatements, ""},
		{"a bare go in a test", "internal/call/x_test.go", "package call\nfunc f() { go f() }", goStatements, ""},
		{"init", "internal/call/x.go", "package call\nfunc init() {}", inits, "func init"},
		{"a method init", "internal/call/x.go", "package call\nfunc (c *Call) init() {}", inits, ""},
		{"a file of 600 lines", "internal/call/x.go", "package call" + strings.Repeat("\n", 600), length, ""},
		{"a file of 601 lines", "internal/call/x.go", "package call" + strings.Repeat("\n", 601), length, "601 lines"},

		{"a sentinel", "internal/call/x.go", `package call; var ErrFull = errors.New("full")`, oneFile, ""},
		{"a sentinel of another name", "internal/call/x.go", `package call; var full = errors.New("full")`, oneFile, "not called Err"},
		{"a table", "internal/call/x.go", `package call; var names = [...]string{"a"}`, oneFile, ""},
		{"an embed", "internal/call/x.go", "package call\n//go:embed *.sql\nvar files embed.FS", oneFile, ""},
		{"computed once", "internal/call/x.go", `package call; var table = sync.OnceValue(build)`, oneFile, ""},
		{"met", "internal/call/x.go", `package call; var _ error = (*bad)(nil)`, oneFile, ""},
		{"a counter", "internal/call/x.go", `package call; var count int`, oneFile, "count has no value"},
		{"a counter of one", "internal/call/x.go", `package call; var count = 1`, oneFile, "can be changed"},
		{"made at the start", "internal/call/x.go", `package call; var client = newClient()`, oneFile, "is made by newClient"},
		{"a pointer", "internal/call/x.go", `package call; var state = &thing{}`, oneFile, "can be changed"},
		{"a table written to", "internal/call/x.go", "package call\nvar names = map[string]int{}\nfunc f() { names[\"a\"] = 1 }", oneFile, "names is written to"},
		{"a table counted up", "internal/call/x.go", "package call\nvar names = map[string]int{}\nfunc f() { names[\"a\"]++ }", oneFile, "names is written to"},
		{"a table emptied", "internal/call/x.go", "package call\nvar names = map[string]int{}\nfunc f() { clear(names) }", oneFile, "names is written to"},
		{"another of the name", "internal/call/x.go", "package call\nvar names = map[string]int{}\nfunc f() { names := 1; names = 2 }", oneFile, ""},
		{"a table read", "internal/call/x.go", "package call\nvar names = map[string]int{}\nfunc f() int { return names[\"a\"] }", oneFile, ""},

		{"a path outside", "internal/call/x.go", "package call // see /" + "work/x", texts, "outside of the project"},
		{"the design", "internal/call/x.go", "package call // see ../" + "shared" + "/design/x.md", texts, "outside of the project"},
		{"a path of another name", "internal/call/x.go", "package call // /workers/x net/work shared/x", texts, ""},
	} {
		dir := c.path[:strings.LastIndex(c.path, "/")]
		s, err := parse(c.path, dir, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := c.check(s)
		switch {
		case c.want == "" && len(got) > 0:
			t.Errorf("%s: %q, want nothing", c.name, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
			t.Errorf("%s: %q, want one with %q", c.name, got, c.want)
		}
	}
}

func oneFile(s source) []string { return variables([]source{s}) }
func texts(s source) []string   { return outside(s.path, s.text) }

func TestRules_packageComments(t *testing.T) {
	for _, c := range []struct {
		name string
		text map[string]string
		want string
	}{
		{"one", map[string]string{"doc.go": "// Package call is.\npackage call", "x.go": "package call", "x_test.go": "package call_test"}, ""},
		{"none", map[string]string{"x.go": "package call"}, "no package comment"},
		{"two", map[string]string{"doc.go": "// Package call is.\npackage call", "x.go": "// Package call is too.\npackage call"}, "keep one"},
		{"in other words", map[string]string{"doc.go": "// The call.\npackage call"}, "must begin with"},
		{"in a test", map[string]string{"doc.go": "// Package call is.\npackage call", "x_test.go": "// Tests.\npackage call"}, "in a test"},
		{"of a program", map[string]string{"main.go": "// Command call is.\npackage main"}, ""},
		{"of tests alone", map[string]string{"x_test.go": "package call"}, ""},
	} {
		var files []source
		for name, text := range c.text {
			s, err := parse("internal/call/"+name, "internal/call", text)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, s)
		}
		got := packageComments(map[string][]source{"internal/call": files})
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRules_cycle(t *testing.T) {
	if got := cycle(map[string][]string{"a": {"b", "c"}, "b": {"c"}, "c": {}}); got != nil {
		t.Errorf("found %v", got)
	}
	if got := cycle(map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"b"}}); strings.Join(got, " ") != "a b c b" {
		t.Errorf("found %v", got)
	}
}
