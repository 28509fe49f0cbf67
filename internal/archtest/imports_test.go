package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, problem := range imports(s) {
			t.Error(problem)
		}
	}
}

// imports returns what is wrong with the imports of s.
func imports(s source) (problems []string) {
	for _, spec := range s.file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		if problem := forbidden(s, name); problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s", s.at(spec.Pos()), problem))
		}
	}
	return problems
}

// forbidden says why s may not import name, or returns "".
func forbidden(s source, name string) string {
	ours, local := strings.CutPrefix(name, module+"/")
	switch {
	case local && s.test:
		return forbiddenToTest(s, ours)
	case local:
		return forbiddenToProduction(s, ours)
	case !strings.Contains(strings.Split(name, "/")[0], "."):
		return "" // the standard library
	}
	if s.test && slices.ContainsFunc(testLibraries, func(m string) bool { return within(name, m) }) {
		return ""
	}
	for m, users := range libraries {
		if !within(name, m) {
			continue
		}
		if slices.Contains(users, s.pkg) || strings.HasPrefix(s.path, "test/") {
			return ""
		}
		return fmt.Sprintf("%s is used by %s alone, which hides it from the rest: ask that package for what you need", m, strings.Join(users, " and "))
	}
	return fmt.Sprintf("%s is no library of this project: do without it, or write a decision record and name it in internal/archtest/layers_test.go", name)
}

func forbiddenToProduction(s source, ours string) string {
	if _, ok := forTests[ours]; ok || strings.HasPrefix(ours, "test/") {
		return fmt.Sprintf("%s is for tests: a program must not hold it", ours)
	}
	if s.pkg == "cmd/confab" {
		if _, ok := layers[ours]; !ok {
			return missing(ours)
		}
		return ""
	}
	allowed, ok := layers[s.pkg]
	if !ok {
		return missing(s.pkg)
	}
	if !slices.Contains(allowed, ours) {
		return fmt.Sprintf("%s must not import %s: declare what you need as an interface here, or move it; if the plan is wrong, "+
			"write a decision record, then change docs/architecture.md and internal/archtest/layers_test.go", s.pkg, ours)
	}
	return ""
}

func forbiddenToTest(s source, ours string) string {
	if strings.HasPrefix(s.path, "test/") || s.pkg == "cmd/confab" {
		return ""
	}
	if allowed, ok := forTests[s.pkg]; ok && !strings.HasSuffix(s.path, "_test.go") {
		if !slices.Contains(allowed, ours) {
			return fmt.Sprintf("%s must not import %s: it would tie everybody's tests to it", s.pkg, ours)
		}
		return ""
	}
	_, helper := forTests[ours]
	if helper || slices.Contains(forTests[s.pkg], ours) || ours == s.pkg || slices.Contains(layers[s.pkg], ours) || slices.Contains(testLayers[s.pkg], ours) {
		return ""
	}
	return fmt.Sprintf("the tests of %s may not import %s: test through the package's own seams, put the test under test/, "+
		"or name it in testLayers in internal/archtest/layers_test.go", s.pkg, ours)
}

func missing(pkg string) string {
	return fmt.Sprintf("%s has no row in the import table: add one in internal/archtest/layers_test.go and to docs/architecture.md", pkg)
}

// within reports whether package name is of module m.
func within(name, m string) bool { return name == m || strings.HasPrefix(name, m+"/") }

// Every package has a row, every row a package.
func TestTableIsComplete(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t) {
		found[s.pkg] = true
	}
	for pkg := range found {
		_, production := layers[pkg]
		_, tests := forTests[pkg]
		if strings.HasPrefix(pkg, "internal/") && !production && !tests {
			t.Error(missing(pkg))
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(layers)) {
		if !found[pkg] {
			t.Errorf("%s has a row in the import table and no files: take the row out", pkg)
		}
	}
}

// The table itself has no way round in a circle.
func TestTableHasNoCycle(t *testing.T) {
	if circle := cycle(layers); circle != nil {
		t.Errorf("the import table allows a circle: %s", strings.Join(circle, " ▸ "))
	}
}

func cycle(table map[string][]string) []string {
	const on, done = 1, 2
	state := map[string]int{}
	var follow func(way []string, pkg string) []string
	follow = func(way []string, pkg string) []string {
		way = append(way, pkg)
		switch state[pkg] {
		case on:
			return way
		case done:
			return nil
		}
		state[pkg] = on
		for _, next := range table[pkg] {
			if circle := follow(way, next); circle != nil {
				return circle
			}
		}
		state[pkg] = done
		return nil
	}
	for _, pkg := range slices.Sorted(maps.Keys(table)) {
		if circle := follow(nil, pkg); circle != nil {
			return circle
		}
	}
	return nil
}
