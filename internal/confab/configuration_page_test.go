package confab_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"confab/internal/confab"
)

// updateDocs lets `make docs` write the tables that the test compares.
var updateDocs = flag.Bool("update-docs", false, "rewrite the tables of docs/configuration.md")

// The page's tables are the struct's own words: a setting that is added,
// renamed or explained otherwise shows here.
func TestConfigurationPage_isTheStruct(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "configuration.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	for name, table := range map[string]string{"settings": settingsTable(), "numbers": fieldsTable[confab.Number](), "number blocks": fieldsTable[confab.NumberBlock]()} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		head, rest, ok := strings.Cut(want, begin)
		_, tail, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("the page has no place %q", strings.TrimSpace(begin))
		}
		want = head + begin + table + end + tail
	}
	if want == string(page) {
		return
	}
	if !*updateDocs {
		t.Fatal("docs/configuration.md does not say what the struct says; run `make docs`")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func settingsTable() string {
	var b strings.Builder
	fmt.Fprint(&b, "| key | flag | environment | default | what it does |\n|---|---|---|---|---|\n")
	c := confab.Default()
	for _, s := range confab.Settings(&c) {
		value := "–"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", s.Key, s.Flag, s.Env, value, s.Help)
	}
	return b.String()
}

func fieldsTable[T any]() string {
	var b strings.Builder
	fmt.Fprint(&b, "| key | what it does |\n|---|---|\n")
	for f := range reflect.TypeFor[T]().Fields() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Tag.Get("yaml"), f.Tag.Get("help"))
	}
	return b.String()
}
