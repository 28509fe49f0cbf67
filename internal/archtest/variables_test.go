package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"
)

func TestVariables(t *testing.T) {
	packages := map[string][]source{}
	for _, s := range sources(t) {
		if !s.test {
			packages[s.pkg] = append(packages[s.pkg], s)
		}
	}
	for _, files := range packages {
		for _, problem := range variables(files) {
			t.Error(problem)
		}
	}
}

// variables wants the package variables of a package's files to be constants in
// all but name: sentinel errors, tables, embedded files, what sync.OnceValue
// makes; and nobody to write to them.
func variables(files []source) (problems []string) {
	names := map[string]*ast.ValueSpec{}
	for _, s := range files {
		for _, d := range s.file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, d := range decl.Specs {
				spec := d.(*ast.ValueSpec)
				for i, name := range spec.Names {
					names[name.Name] = spec
					if why := notConstant(s, decl, spec, i); why != "" {
						problems = append(problems, fmt.Sprintf("%s: package variable %s %s: make it a field of what uses it, or a constant; "+
							"sentinels, literal tables, embeds, sync.OnceValue and `var _` are allowed", s.at(name.Pos()), name.Name, why))
					}
				}
			}
		}
	}
	delete(names, "_")
	for _, s := range files {
		problems = append(problems, written(s, names)...)
	}
	return problems
}

// notConstant says why variable i of spec is more than a constant, or returns "".
func notConstant(s source, decl *ast.GenDecl, spec *ast.ValueSpec, i int) string {
	name := spec.Names[i].Name
	if name == "_" {
		return ""
	}
	if len(spec.Values) == 0 {
		for _, doc := range []*ast.CommentGroup{spec.Doc, decl.Doc} {
			if doc != nil && strings.Contains(rawText(doc), "//go:embed ") {
				return ""
			}
		}
		return "has no value"
	}
	if len(spec.Values) != len(spec.Names) {
		return "shares its value with another"
	}
	if _, ok := computed[path.Base(s.pkg)+"."+name]; ok {
		return ""
	}
	switch v := spec.Values[i].(type) {
	case *ast.CompositeLit:
		return ""
	case *ast.CallExpr:
		switch callee := function(v); callee {
		case "errors.New":
			if !strings.HasPrefix(name, "Err") && !strings.HasPrefix(name, "err") {
				return "is an error that is not called Err…"
			}
			return ""
		case "sync.OnceValue", "sync.OnceValues", "sync.OnceFunc", "regexp.MustCompile", "netip.MustParseAddr", "netip.MustParsePrefix":
			return ""
		default:
			return fmt.Sprintf("is made by %s when the program starts", callee)
		}
	}
	return "can be changed"
}

func rawText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func function(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	case *ast.IndexExpr:
		return function(&ast.CallExpr{Fun: f.X})
	}
	return "a function"
}

// written finds assignments to the package variables in names.
func written(s source, names map[string]*ast.ValueSpec) (problems []string) {
	note := func(e ast.Expr) {
		id := base(e)
		if id == nil || names[id.Name] == nil {
			return
		}
		// The parser resolves what the file itself declares: something nearer of the same name is not the variable.
		if id.Obj != nil && id.Obj.Decl != names[id.Name] {
			return
		}
		problems = append(problems, fmt.Sprintf("%s: package variable %s is written to: it would be shared by everything in the process", s.at(id.Pos()), id.Name))
	}
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					if n.Tok != token.DEFINE {
						for _, e := range n.Lhs {
							note(e)
						}
					}
				case *ast.IncDecStmt:
					note(n.X)
				case *ast.CallExpr:
					if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
						note(n.Args[0])
					}
				}
				return true
			})
		}
	}
	return problems
}

// base returns the variable that e is, or is a part of.
func base(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.IndexExpr:
		return base(e.X)
	case *ast.SelectorExpr:
		return base(e.X)
	case *ast.StarExpr:
		return base(e.X)
	case *ast.ParenExpr:
		return base(e.X)
	case *ast.SliceExpr:
		return base(e.X)
	}
	return nil
}
