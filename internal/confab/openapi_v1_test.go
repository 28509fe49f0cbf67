package confab_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"confab/internal/contract"
)

// schema is as much of a JSON schema as the description uses.
type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       string            `yaml:"type"`
	Required   []string          `yaml:"required"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
}

type operation struct {
	Parameters []struct {
		Ref  string `yaml:"$ref"`
		Name string `yaml:"name"`
		In   string `yaml:"in"`
	} `yaml:"parameters"`
	Responses map[string]struct {
		Ref     string `yaml:"$ref"`
		Content map[string]struct {
			Schema  schema `yaml:"schema"`
			Example any    `yaml:"example"`
		} `yaml:"content"`
	} `yaml:"responses"`
}

type description struct {
	Paths      map[string]map[string]operation `yaml:"paths"`
	Components struct {
		Schemas map[string]schema `yaml:"schemas"`
	} `yaml:"components"`
}

// What docs/openapi-v1.yaml describes is what is served: each path by each
// method it names and no other, with the parameters it names and no other, and
// answers of the form that it says.
func TestOpenAPIv1_isWhatIsServed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "openapi-v1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	call := contract.CallInfo{SID: contract.NewCallSID(), Status: contract.CallCompleted, Created: time.Now(), Ended: time.Now()}
	u := newCatchUp(t, contract.Event{Type: contract.EventCallCompleted, Time: time.Now(), Call: &call})
	sids := map[string]string{"calls": string(call.SID), "conferences": string(u.conf[0])}
	values := map[string]string{"conference": string(u.conf[0]), "call": "CA00112233445566778899aabbccddeeff",
		"type": "participant-join", "after": "0", "limit": "10"}
	for path, methods := range d.Paths {
		if steps := strings.Split(path, "/"); slices.Contains(steps, "{sid}") {
			path = strings.Replace(path, "{sid}", sids[steps[2]], 1)
		}
		for _, method := range []string{"get", "post", "put", "delete"} {
			op, described := methods[method]
			answer := u.ask(strings.ToUpper(method), path)
			if served := answer.StatusCode < 300; served != described {
				t.Errorf("%s %s: %d, but described: %v", method, path, answer.StatusCode, described)
			}
			if !described {
				continue
			}
			if _, ok := op.Responses[fmt.Sprint(answer.StatusCode)]; !ok {
				t.Errorf("%s %s: answered %d, which is not described", method, path, answer.StatusCode)
			}
			for status, response := range op.Responses {
				if example := response.Content["application/json"]; example.Example != nil {
					d.compare(t, "the example of "+method+" "+path+" "+status, example.Schema, asJSON(t, example.Example))
				}
			}
			kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
			content, ok := op.Responses[fmt.Sprint(answer.StatusCode)].Content[kind]
			if !ok {
				t.Errorf("%s %s: answered in %s, which is not described", method, path, kind)
			}
			if kind == "application/json" {
				body, err := io.ReadAll(answer.Body)
				var got any
				if err == nil {
					err = json.Unmarshal(body, &got)
				}
				if err != nil {
					t.Fatal(err)
				}
				d.compare(t, method+" "+path, content.Schema, got)
			}
			var names []string
			for _, p := range op.Parameters {
				if p.In == "header" || p.In == "path" {
					continue
				}
				names = append(names, cmp.Or(p.Name, strings.TrimPrefix(p.Ref, "#/components/parameters/")))
			}
			for name, value := range values {
				want := slices.Contains(names, name)
				if got := u.ask(strings.ToUpper(method), path+"?"+name+"="+value).StatusCode < 300; got != want {
					t.Errorf("%s %s?%s: taken %v, described %v", method, path, name, got, want)
				}
			}
		}
	}
}

// asJSON returns what YAML has read as JSON would have it.
func asJSON(t *testing.T, v any) (got any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// compare checks that a value has what its schema requires, of the types that it
// says, and nothing else.
func (d description) compare(t *testing.T, where string, s schema, got any) {
	t.Helper()
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.Components.Schemas[name]
	}
	of := map[string]func(any) bool{
		"object":  func(v any) bool { _, ok := v.(map[string]any); return ok },
		"array":   func(v any) bool { _, ok := v.([]any); return ok },
		"string":  func(v any) bool { _, ok := v.(string); return ok },
		"integer": func(v any) bool { n, ok := v.(float64); return ok && n == float64(int64(n)) },
		"number":  func(v any) bool { _, ok := v.(float64); return ok },
		"boolean": func(v any) bool { _, ok := v.(bool); return ok },
	}[s.Type]
	if of == nil || !of(got) {
		t.Errorf("%s: %v is no %s", where, got, s.Type)
		return
	}
	switch v := got.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				t.Errorf("%s: no %s", where, name)
			}
		}
		for name, value := range v {
			if property, ok := s.Properties[name]; ok {
				d.compare(t, where+"."+name, property, value)
			} else if s.Properties != nil {
				t.Errorf("%s: %s is not described", where, name)
			}
		}
	case []any:
		for _, value := range v {
			d.compare(t, where+"[]", *s.Items, value)
		}
	}
}
