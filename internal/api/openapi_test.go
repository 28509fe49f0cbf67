package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/contract"
)

// description is the contract's OpenAPI description: all of it that is checked
// here.
type description struct {
	paths   map[string]map[string]operation // by template and method
	schemas map[string]schema
}

type operation struct {
	Parameters  []struct{ Name, In string }
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

// parameters are the names of those in the query or the form, but for those of
// paging, which all lists have.
func (o operation) parameters() (names []string) {
	for _, p := range o.Parameters {
		if p.In == "query" && !strings.HasPrefix(p.Name, "Page") {
			names = append(names, p.Name)
		}
	}
	for _, content := range o.RequestBody.Content {
		for name := range content.Schema.Properties {
			names = append(names, name)
		}
	}
	return names
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type, Format         string
	Nullable             bool
	Enum                 []any
	Pattern              string
	Properties           map[string]schema
	Items                *schema
	MinLength, MaxLength *int
}

// readDescription reads the file that CONFAB_OPENAPI names.
func readDescription(t *testing.T) (d description) {
	t.Helper()
	path := os.Getenv("CONFAB_OPENAPI")
	if path == "" {
		t.Skip("CONFAB_OPENAPI does not name the OpenAPI description of the API (twilio_api_v2010.json), so nothing is checked against it")
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Paths      map[string]map[string]json.RawMessage // some members are no operations
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	d = description{paths: make(map[string]map[string]operation), schemas: raw.Components.Schemas}
	for path, members := range raw.Paths {
		d.paths[path] = make(map[string]operation)
		for _, method := range []string{"get", "post", "delete"} {
			var o operation
			if members[method] == nil {
				continue
			}
			if err := json.Unmarshal(members[method], &o); err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			d.paths[path][method] = o
		}
	}
	return d
}

// schemaOf returns the schema of the answer to a request. Of two templates that
// fit, the one with fewer names in braces counts.
func (d description) schemaOf(t *testing.T, method, path string) schema {
	t.Helper()
	best := ""
	for template := range d.paths {
		pattern := regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`)
		if regexp.MustCompile("^"+pattern+"$").MatchString(path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	if best == "" {
		t.Fatalf("%s: the description has no such path", path)
	}
	for _, status := range []string{"200", "201"} {
		if s, ok := d.paths[best][strings.ToLower(method)].Responses[status].Content["application/json"]; ok {
			return s.Schema
		}
	}
	t.Fatalf("%s %s: the description has no such answer", method, path)
	return schema{}
}

// check says what is wrong with a value, by its place.
func (d description) check(s schema, at string, value any) (problems []string) {
	wrong := func(format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	nullable := s.Nullable
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.schemas[name]
	}
	if value == nil {
		// The description does not call enumerations nullable that its own
		// examples have as null.
		if !nullable && !s.Nullable && s.Enum == nil {
			wrong("null")
		}
		return problems
	}
	switch v := value.(type) {
	case string:
		if s.Type != "string" {
			wrong("a string, not of type %s", s.Type)
		}
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			wrong("%q is not of pattern %s", v, s.Pattern)
		}
		if s.MinLength != nil && len(v) < *s.MinLength || s.MaxLength != nil && len(v) > *s.MaxLength {
			wrong("%q has a wrong length", v)
		}
		if s.Enum != nil && !slices.Contains(s.Enum, any(v)) {
			wrong("%q is none of %v", v, s.Enum)
		}
		if _, err := time.Parse(time.RFC1123Z, v); s.Format == "date-time-rfc-2822" && (err != nil || !strings.HasSuffix(v, " +0000")) {
			wrong("%q is no date", v)
		}
	case bool:
		if s.Type != "boolean" {
			wrong("a boolean, not of type %s", s.Type)
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" {
			wrong("a number, not of type %s", s.Type)
		}
	case []any:
		if s.Type != "array" || s.Items == nil {
			wrong("an array, not of type %s", s.Type)
			break
		}
		for i, item := range v {
			problems = append(problems, d.check(*s.Items, fmt.Sprintf("%s[%d]", at, i), item)...)
		}
	case map[string]any:
		if s.Type != "object" {
			wrong("an object, not of type %s", s.Type)
		}
		if s.Format == "uri-map" {
			for name, uri := range v {
				if text, ok := uri.(string); !ok || !strings.HasPrefix(text, api.Root) || !strings.HasSuffix(text, ".json") {
					wrong("%s is %v", name, uri)
				}
			}
			break
		}
		for name, property := range s.Properties {
			if value, ok := v[name]; ok {
				problems = append(problems, d.check(property, at+"."+name, value)...)
			} else {
				wrong("no %s", name)
			}
		}
		for name := range v {
			if _, ok := s.Properties[name]; !ok && !(name == "role" && strings.Contains(at, "Keys")) { // of keys, ours: docs/rest.md
				wrong("%s is not in the description", name)
			}
		}
	}
	return problems
}

// An answer has every property of the contract's description, by its name and
// of its type, and no other.
func TestAnswers_areAsDescribed(t *testing.T) {
	described := readDescription(t)
	d := newDesk(t, nil)
	d.warn(t)
	d.append(t, callEvent(callN(7, contract.CallCompleted)), callEvent(callN(8, contract.CallInProgress)), conferenceEvent(conferenceN(1)))
	notice := d.get(t, own+"/Notifications.json")["notifications"].([]any)[0].(map[string]any)
	for _, request := range []string{
		"GET .json", "POST .json",
		"GET /Calls.json", "GET /Calls/" + sid("CA", 7) + ".json", "GET /Calls/" + sid("CA", 8) + ".json",
		"GET /Calls/" + sid("CA", 1) + "/Notifications.json", "GET /Calls/" + notice["call_sid"].(string) + "/Notifications/" + notice["sid"].(string) + ".json",
		"GET /Conferences.json", "GET /Conferences/" + sid("CF", 1) + ".json", "GET /Conferences/" + sid("CF", 1) + "/Participants.json",
		"GET /Notifications.json", "GET /Notifications/" + notice["sid"].(string) + ".json",
	} {
		method, path, _ := strings.Cut(request, " ")
		got := decode(t, d.ask(t, method, own+path, nil), 200)
		for _, problem := range described.check(described.schemaOf(t, method, own+path), path, got) {
			t.Error(problem)
		}
	}
	accounts := d.get(t, api.Root+"Accounts.json")
	for _, problem := range described.check(described.schemaOf(t, "GET", api.Root+"Accounts.json"), "Accounts", accounts) {
		t.Error(problem)
	}
}

func TestLiveAnswers_areAsDescribed(t *testing.T) {
	described := readDescription(t)
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		ann, bob := s.calls("ann", 443), s.calls("bob", 617)
		time.Sleep(time.Second)
		room := s.room()
		check := func(method, path string, form url.Values) {
			t.Helper()
			got := decode(t, s.ask(method, path, form), 200)
			for _, problem := range described.check(described.schemaOf(t, method, path), path, got) {
				t.Error(problem)
			}
		}
		check("GET", room+".json", nil)
		check("GET", room+"/Participants.json", nil)
		check("GET", room+"/Participants/ann.json", nil)
		check("POST", room+"/Participants/ann.json", url.Values{"Muted": {"true"}})
		check("GET", s.callOf("ann")+".json", nil)
		check("POST", s.callOf("bob")+".json", url.Values{"Status": {"completed"}})
		check("POST", room+".json", url.Values{"Status": {"completed"}})
		<-ann.Done()
		<-bob.Done()
	})
}
