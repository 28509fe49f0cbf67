package console

import (
	"io/fs"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// imported are the modules that a module names.
var imported = regexp.MustCompile(`(?m)^(?:import|export)\s+(?:[\w*{}, ]+\s+from\s+)?['"]([^'"]+)['"]`)

// A page of elsewhere that names the one module can load all that belongs to it,
// and nothing of the console's own is open to it.
func TestElement_isLoadedFromElsewhere(t *testing.T) {
	f, err := loadFiles()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	Element(w, httptest.NewRequest("GET", "/phone.js", nil))
	found := imported.FindStringSubmatch(w.Body.String())
	if found == nil || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("%v %s", w.Header(), w.Body)
	}
	todo, seen := []string{found[1]}, make(map[string]bool)
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		w := httptest.NewRecorder()
		f.serve(w, httptest.NewRequest("GET", at, nil))
		if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: %d %v", at, w.Code, w.Header())
		}
		for _, m := range imported.FindAllStringSubmatch(w.Body.String(), -1) {
			todo = append(todo, path.Join(path.Dir(at), m[1]))
		}
	}
	if len(seen) < 6 {
		t.Errorf("only %v", seen)
	}
	for _, own := range []string{"app.js", "api.js", "index.html", "pages/start.js"} {
		w := httptest.NewRecorder()
		f.serve(w, httptest.NewRequest("GET", Root+own, nil))
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to every page", own)
		}
	}
}

// Nothing of the pages loads anything from elsewhere, and no markup is made of
// text.
func TestFiles_nothingForeign(t *testing.T) {
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".js" {
			return err
		}
		text, err := static.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range imported.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(m[1], ".") {
				t.Errorf("%s imports %s", name, m[1])
			}
		}
		for _, door := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
			if strings.Contains(string(text), door) {
				t.Errorf("%s has %s", name, door)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
