package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const longest = 600 // lines of a file

func TestManners(t *testing.T) {
	for _, s := range sources(t) {
		for _, problem := range slices.Concat(length(s), goStatements(s), inits(s)) {
			t.Error(problem)
		}
	}
}

// length refuses long files.
func length(s source) []string {
	if n := strings.Count(s.text, "\n"); n > longest {
		return []string{fmt.Sprintf("%s: %d lines, more than %d: one idea a file; split it", s.path, n, longest)}
	}
	return nil
}

// goStatements refuses goroutines without an owner.
func goStatements(s source) (problems []string) {
	if s.test {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if g, ok := n.(*ast.GoStmt); ok {
			problems = append(problems, fmt.Sprintf("%s: a bare go statement: use a sync.WaitGroup's Go, which the owner's Close waits for", s.at(g.Pos())))
		}
		return true
	})
	return problems
}

// inits refuses code that runs before main.
func inits(s source) (problems []string) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
			problems = append(problems, fmt.Sprintf("%s: func init: do it where the thing is made, so that its errors can be returned", s.at(f.Pos())))
		}
	}
	return problems
}

func TestPackageComments(t *testing.T) {
	packages := map[string][]source{}
	for _, s := range sources(t) {
		packages[s.pkg] = append(packages[s.pkg], s)
	}
	for _, problem := range packageComments(packages) {
		t.Error(problem)
	}
}

// packageComments wants exactly one package comment for each package, none of
// them in a test.
func packageComments(packages map[string][]source) (problems []string) {
	for pkg, files := range packages {
		var where []string
		production := false
		for _, s := range files {
			inTest := strings.HasSuffix(s.path, "_test.go")
			production = production || !inTest
			if s.file.Doc == nil {
				continue
			}
			if inTest {
				problems = append(problems, fmt.Sprintf("%s: a package comment in a test: leave an empty line before the package clause", s.path))
				continue
			}
			where = append(where, s.path)
			text, name := s.file.Doc.Text(), s.file.Name.Name
			want := "Package " + name + " "
			if name == "main" {
				want = "Command " + path.Base(pkg) + " "
			}
			if !strings.HasPrefix(text, want) {
				problems = append(problems, fmt.Sprintf("%s: the package comment must begin with %q", s.path, want))
			}
		}
		switch {
		case production && len(where) == 0:
			problems = append(problems, fmt.Sprintf("%s: no package comment: say in doc.go what it owns and what it leaves to others", pkg))
		case len(where) > 1:
			problems = append(problems, fmt.Sprintf("%s: package comments in %s: keep one", pkg, strings.Join(where, " and ")))
		}
	}
	return problems
}

// foreign are places outside of the project, which nothing in it may point at.
// They are put together here so that this file does not hold them.
var foreign = regexp.MustCompile(`(^|[^\w/])/` + `work(/|\b)|\b` + `shared` + `/(design|reference|seeds|hooks)`)

func TestNothingPointsOutside(t *testing.T) {
	walk(t, func(name string, read func() string) {
		switch path.Ext(name) {
		case ".go", ".md", ".yaml", ".yml", ".txt", ".xml", ".js", ".json", ".sh", ".sql", ".svg", ".html", ".mod", "":
			for _, problem := range outside(name, read()) {
				t.Error(problem)
			}
		}
	})
}

func outside(name, text string) (problems []string) {
	for i, line := range strings.Split(text, "\n") {
		if found := foreign.FindString(line); found != "" {
			problems = append(problems, fmt.Sprintf("%s:%d: %q is a place outside of the project: say it here instead", name, i+1, strings.TrimSpace(found)))
		}
	}
	return problems
}
