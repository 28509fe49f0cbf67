package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// citation is one place that names a clause.
type citation struct {
	standard  string // "RFC 3261", "Twilio <Gather>"
	clause    string // "§17.2.1", "numDigits"
	file      string // "internal/sip/server.go"
	where     string // the declaration that it stands in or above; "" for the file's own comments
	test      bool
	deviation bool
}

var (
	// "RFC 3261 §17.2.1", "RFC 3550 §A.8", "RFC 3264 §8.4, §5.1".
	rfc = regexp.MustCompile(`RFC (\d{3,5})((?:(?:,| and|;)? §[0-9A-Z]+(?:\.[0-9A-Za-z]+)*)+)`)
	// "TestInvite_RFC3261_13_3_1_4_resends2xx".
	rfcName = regexp.MustCompile(`RFC(\d{3,5})((?:_[0-9]+)+)`)
	clause  = regexp.MustCompile(`§[0-9A-Z]+(?:\.[0-9A-Za-z]+)*`)
	// "Twilio <Gather> numDigits: …", "(Twilio Call resource, Status)".
	twilio = regexp.MustCompile(`Twilio (<[A-Z][A-Za-z]+>|[A-Z][A-Za-z]+ resource)(?:,? ([A-Za-z][A-Za-z]+)\b[:,) .])?`)
)

// gather reads all Go files below dirs.
func gather(root fs.FS, dirs ...string) ([]citation, error) {
	var all []citation
	for _, dir := range dirs {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || name == "test/conformance"):
				return fs.SkipDir
			case d.IsDir() || path.Ext(name) != ".go":
				return nil
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			found, err := inFile(name, text)
			all = append(all, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func inFile(name string, text []byte) ([]citation, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	test := strings.HasSuffix(name, "_test.go")
	var found []citation
	add := func(where, comment string) {
		for _, c := range inText(comment) {
			c.file, c.where, c.test = name, where, test
			found = append(found, c)
		}
	}
	for _, group := range file.Comments {
		add(declared(file, group), group.Text())
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && test {
			for _, m := range rfcName.FindAllStringSubmatch(f.Name.Name, -1) {
				found = append(found, citation{standard: "RFC " + m[1], file: name, where: f.Name.Name, test: true,
					clause: "§" + strings.ReplaceAll(m[2][1:], "_", ".")})
			}
		}
	}
	return found, nil
}

// inText finds the clauses that a comment names.
func inText(text string) []citation {
	text = strings.Join(strings.Fields(text), " ") + " "
	var found []citation
	for _, m := range rfc.FindAllStringSubmatchIndex(text, -1) {
		number, list := text[m[2]:m[3]], text[m[4]:m[5]]
		deviation := strings.HasSuffix(text[:m[0]], "Deviation (")
		for _, c := range clause.FindAllString(list, -1) {
			found = append(found, citation{standard: "RFC " + number, clause: c, deviation: deviation})
		}
	}
	for _, m := range twilio.FindAllStringSubmatchIndex(text, -1) {
		c := citation{standard: "Twilio " + text[m[2]:m[3]], deviation: strings.HasSuffix(text[:m[0]], "Deviation (")}
		if m[4] >= 0 {
			c.clause = text[m[4]:m[5]]
		}
		found = append(found, c)
	}
	return found
}

// declared names the declaration that a comment belongs to: the one it stands
// in, or else the one that it stands right above.
func declared(file *ast.File, group *ast.CommentGroup) string {
	for _, d := range file.Decls {
		begin := d.Pos()
		if doc := docOf(d); doc != nil {
			begin = doc.Pos()
		}
		if begin <= group.Pos() && group.Pos() <= d.End() {
			return nameOf(d)
		}
	}
	return ""
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

func nameOf(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil && len(d.Recv.List) == 1 {
			t := d.Recv.List[0].Type
			if star, ok := t.(*ast.StarExpr); ok {
				t = star.X
			}
			if id, ok := t.(*ast.Ident); ok {
				return id.Name + "." + d.Name.Name
			}
		}
		return d.Name.Name
	case *ast.GenDecl:
		if len(d.Specs) == 1 {
			switch s := d.Specs[0].(type) {
			case *ast.TypeSpec:
				return s.Name.Name
			case *ast.ValueSpec:
				return s.Names[0].Name
			}
		}
	}
	return ""
}
