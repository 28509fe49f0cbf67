package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "confab"

// source is one parsed file of the module.
type source struct {
	path string // from the root, with slashes
	pkg  string // its directory
	test bool   // a test: by its name, or because only tests use it
	fset *token.FileSet
	file *ast.File
	text string
}

// at says where pos is, for a message.
func (s source) at(pos token.Pos) string { return s.fset.Position(pos).String() }

// parse reads one file.
func parse(path, dir, text string) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
	s := source{path: path, pkg: dir, fset: fset, file: file, text: text}
	_, only := forTests[dir]
	s.test = strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "test/") || only
	return s, err
}

// root returns the module's directory.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = up
	}
}

// walk calls visit for every file of the module: not for nested modules, what
// is hidden, data that programs made, or what git ignores by name.
func walk(t *testing.T, visit func(name string, read func() string)) {
	t.Helper()
	at := root(t)
	err := filepath.WalkDir(at, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(at, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			nested := err == nil && rel != "."
			hidden := strings.HasPrefix(d.Name(), ".") && rel != "." && rel != ".ci"
			if nested || hidden || rel == "data" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			visit(rel, func() string {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name string, read func() string) {
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			return
		}
		s, err := parse(name, path.Dir(name), read())
		if err != nil {
			t.Errorf("%v", err)
			return
		}
		all = append(all, s)
	})
	if len(all) < 50 {
		t.Fatalf("found only %d Go files: the walk is broken", len(all))
	}
	return all
}
