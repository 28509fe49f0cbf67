package console

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/warnings.md anew")

// explanation is what the console says of a code.
type explanation struct {
	Code             int
	Title, Means, Do string
}

func explanations(t *testing.T) []explanation {
	t.Helper()
	text, err := static.ReadFile("static/warnings.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []explanation
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// codesOf returns the numbers that the constants of a file of Go are set to, those
// of the REST API's refusals left out: nobody is warned of these.
func codesOf(t *testing.T, name, prefix string) (codes map[int]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes = make(map[int]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, value := range spec.Values {
			lit, ok := value.(*ast.BasicLit)
			if !ok || !strings.HasPrefix(spec.Names[i].Name, prefix) {
				continue
			}
			if code, err := strconv.Atoi(lit.Value); err == nil && (code < 20000 || code >= 30000) {
				codes[code] = spec.Names[i].Name
			}
		}
		return true
	})
	if len(codes) == 0 {
		t.Fatalf("%s has no codes", name)
	}
	return codes
}

// Whatever code a warning has, the console says what it means and what to do.
func TestWarnings_areExplained(t *testing.T) {
	said := make(map[int]bool)
	last := 0
	for _, x := range explanations(t) {
		if x.Title == "" || x.Means == "" || x.Do == "" || x.Code <= last {
			t.Errorf("%d: title %q, means %q, do %q, behind %d", x.Code, x.Title, x.Means, x.Do, last)
		}
		last, said[x.Code] = x.Code, true
	}
	raised := codesOf(t, "../contract/error.go", "Code")
	for code, name := range codesOf(t, "../twiml/codes.go", "code") {
		raised[code] = name
	}
	for code, name := range raised {
		if !said[code] {
			t.Errorf("%d (%s) is not explained: add it to static/warnings.json", code, name)
		}
	}
	for code := range said {
		if raised[code] == "" {
			t.Errorf("%d is explained, and nothing raises it", code)
		}
	}
}

// docs/warnings.md says the same.
func TestWarnings_page(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Warnings\n\nWhat the codes of notifications mean that the switch raises, and what to do. The console explains the same\n" +
		"at each warning of a call and in the debugger; the numbers are those of Twilio's dictionary of errors and\nwarnings. " +
		"This page is written by `go test ./internal/console -run TestWarnings_page -update-docs`.\n\n| code | what it means | what to do |\n|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "\n", " ")
	for _, x := range explanations(t) {
		fmt.Fprintf(&b, "| %d | **%s.** %s | %s |\n", x.Code, cell.Replace(x.Title), cell.Replace(x.Means), cell.Replace(x.Do))
	}
	name := filepath.Join("..", "..", "docs", "warnings.md")
	if *updateDocs {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(have, []byte(b.String())) {
		t.Error("docs/warnings.md is not what static/warnings.json says: run with -update-docs")
	}
}
