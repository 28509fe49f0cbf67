package twiml_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/twiml"
)

// parse parses a document that must parse.
func parse(t *testing.T, body string) *twiml.Document {
	t.Helper()
	doc, err := twiml.Parse([]byte(body))
	if err != nil {
		t.Fatalf("Parse(%s): %v", body, err)
	}
	return doc
}

// one parses a document of one verb.
func one[V twiml.Verb](t *testing.T, verb string) (V, []int) {
	t.Helper()
	doc := parse(t, "<Response>"+verb+"</Response>")
	if len(doc.Verbs) != 1 {
		t.Fatalf("%s: got %d verbs, want 1", verb, len(doc.Verbs))
	}
	v, ok := doc.Verbs[0].(V)
	if !ok {
		t.Fatalf("%s: got a %T", verb, doc.Verbs[0])
	}
	return v, codes(doc)
}

func codes(doc *twiml.Document) []int {
	var list []int
	for _, w := range doc.Warnings {
		list = append(list, w.Code)
	}
	return list
}

func TestParse_keepsOrderTextAndUnsupportedVerbs(t *testing.T) {
	doc := parse(t, `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<Response>
  <Say voice="alice">Welcome to <!-- really --> the conference &amp; system.</Say>
  <Record maxLength="30" finishOnKey="1#"/>
  <Play>
     https://example.com/a.wav
  </Play>
  <Enqueue waitUrl="/w"><Task>{"a":1}</Task></Enqueue>
  <Redirect method="GET">/gather?a=1&amp;b=2</Redirect>
</Response>
`)
	want := []twiml.Verb{
		&twiml.Say{Text: "Welcome to  the conference & system.", Voice: "alice", Loop: 1},
		&twiml.Unsupported{Name: "Record"},
		&twiml.Play{URL: "https://example.com/a.wav", Loop: 1},
		&twiml.Unsupported{Name: "Enqueue"},
		&twiml.Redirect{URL: "/gather?a=1&b=2", Method: "GET"},
	}
	if diff := cmp.Diff(want, doc.Verbs); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
	if len(doc.Warnings) != 0 {
		t.Errorf("warnings: %v", doc.Warnings)
	}
}

// Every verb of the contract that cannot be run comes back as such.
func TestParse_unsupportedVerbs(t *testing.T) {
	for _, name := range strings.Fields("Connect Echo Enqueue Leave Pay Prompt Queue Record Refer Sms Start Stop") {
		v, got := one[*twiml.Unsupported](t, fmt.Sprintf(`<%s action="/x" any="1"><Stream url="wss://example.com"/></%[1]s>`, name))
		if v.Name != name || v.Element() != name || got != nil {
			t.Errorf("%s: got %+v with warnings %v", name, v, got)
		}
	}
}

func TestParse_errors(t *testing.T) {
	deep := strings.Repeat("<Say>", 40)
	tests := []struct {
		name, body string
		code, line int
	}{
		{"12100 nothing", "", 12100, 1},
		{"12100 white space only", " \n ", 12100, 2},
		{"12100 text", "Hello", 12100, 1},
		{"12100 not closed", "<Response>\n<Say>hello</Response>", 12100, 2},
		{"12100 cut off", "<Response>\n<Say>hel", 12100, 2},
		{"12100 two roots", "<Response/>\n<Response/>", 12100, 2},
		{"12100 text after root", "<Response/>\nhello", 12100, 1},
		{"12100 text before root", "hello <Response/>", 12100, 1},
		{"12100 space before declaration", "\n<?xml version=\"1.0\"?><Response/>", 12100, 2},
		{"12100 declaration inside", "<Response><?xml version=\"1.0\"?></Response>", 12100, 1},
		{"12100 unescaped ampersand", "<Response><Redirect>/a?b=1&c=2</Redirect></Response>", 12100, 1},
		{"12100 unquoted attribute", "<Response><Say loop=2>x</Say></Response>", 12100, 1},
		{"12100 attribute twice", "<Response>\n<Say loop=\"2\" loop=\"3\">x</Say></Response>", 12100, 2},
		{"12100 unknown entity", "<Response><Say>a&nbsp;b</Say></Response>", 12100, 1},
		{"12100 declared entity", "<!DOCTYPE r [<!ENTITY a \"b\">]><Response><Say>&a;</Say></Response>", 12100, 1},
		{"12100 bad UTF-8", "<Response><Say>\xff</Say></Response>", 12100, 1},
		{"12100 control character", "<Response><Say>\x01</Say></Response>", 12100, 1},
		{"12100 unknown encoding", "<?xml version=\"1.0\" encoding=\"EBCDIC-US\"?><Response/>", 12100, 1},
		{"12100 nested too deep", "<Response>" + deep + strings.Repeat("</Say>", 40) + "</Response>", 12100, 1},
		{"12100 too many elements", "<Response>" + strings.Repeat("<Hangup/>", 10_001) + "</Response>", 12100, 1},
		{"12101 version 1.1", "<?xml version=\"1.1\"?><Response/>", 12101, 1},
		{"12101 version 2.0", "<?xml  version = '2.0' ?>\n<Response/>", 12101, 1},
		{"12102 wrong root", "\n<Answer><Say>x</Say></Answer>", 12102, 2},
		{"12102 wrong case", "<response><Say>x</Say></response>", 12102, 1},
		{"12102 html", "<html><body/></html>", 12102, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := twiml.Parse([]byte(test.body))
			var p *twiml.ParseError
			if !errors.As(err, &p) || doc != nil {
				t.Fatalf("got %v, %v; want a ParseError", doc, err)
			}
			if p.Code != test.code || p.Line != test.line {
				t.Errorf("got code %d line %d, want %d line %d: %v", p.Code, p.Line, test.code, test.line, p)
			}
		})
	}
}

func TestParse_accepts(t *testing.T) {
	hello := []twiml.Verb{&twiml.Say{Text: "héllo", Loop: 1}}
	tests := []struct{ name, body string }{
		{"no declaration", "<Response><Say>héllo</Say></Response>"},
		{"space around", "  <Response><Say>héllo</Say></Response>\n\n"},
		{"byte order mark", "\xef\xbb\xbf<?xml version=\"1.0\"?><Response><Say>héllo</Say></Response>"},
		{"character reference", "<Response><Say>h&#233;llo</Say></Response>"},
		{"CDATA", "<Response><Say><![CDATA[héllo]]></Say></Response>"},
		{"latin-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Response><Say>h\xe9llo</Say></Response>"},
		{"windows-1252", "<?xml version=\"1.0\" encoding=\"windows-1252\"?><Response><Say>h\xe9llo</Say></Response>"},
		{"upper case encoding", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>héllo</Say></Response>"},
		{"name space", "<Response xmlns=\"http://example.com/t\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:noNamespaceSchemaLocation=\"t.xsd\"><Say>héllo</Say></Response>"},
		{"doctype and instruction", "<!DOCTYPE Response><?pi x?><Response><?pi y?><Say>héllo</Say></Response><!-- end -->"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := parse(t, test.body)
			if diff := cmp.Diff(hello, doc.Verbs); diff != "" {
				t.Errorf("verbs (-want +got):\n%s", diff)
			}
			if len(doc.Warnings) != 0 {
				t.Errorf("warnings: %v", doc.Warnings)
			}
		})
	}
}

func TestParse_windows1252Punctuation(t *testing.T) {
	doc := parse(t, "<?xml version=\"1.0\" encoding=\"windows-1252\"?><Response><Say>\x93it\x92s \x80\x94</Say></Response>")
	if got, want := doc.Verbs[0].(*twiml.Say).Text, "“it’s €”"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Twilio 12200: a schema warning, and the document runs on with what is
// understood.
func TestParse_12200(t *testing.T) {
	tests := []struct{ name, body, message string }{
		{"unknown verb", `<Speak>x</Speak><Hangup/>`, "<Speak> is not an element of <Response>"},
		{"wrong case", `<hangup/><Hangup/>`, "<Hangup> was perhaps meant"},
		{"noun as verb", `<Conference>x</Conference><Hangup/>`, "<Conference> is not an element of <Response>"},
		{"unknown attribute", `<Hangup when="now"/>`, `<Hangup> has no attribute "when"`},
		{"attribute in wrong case", `<Hangup Reason="x"/>`, `<Hangup> has no attribute "Reason"`},
		{"text in Response", `hello<Hangup/>`, "<Response> takes no text"},
		{"text in a verb without", `<Hangup>now</Hangup>`, "<Hangup> takes no text"},
		{"element in a verb without", `<Hangup><Say>x</Say></Hangup>`, "<Say> is not an element of <Hangup>"},
		{"other name space", `<x:Say xmlns:x="urn:x">x</x:Say><Hangup/>`, "<urn:x:Say> is not an element"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := parse(t, "<Response>\n"+test.body+"</Response>")
			if diff := cmp.Diff([]twiml.Verb{&twiml.Hangup{}}, doc.Verbs); diff != "" {
				t.Errorf("verbs (-want +got):\n%s", diff)
			}
			if len(doc.Warnings) != 1 {
				t.Fatalf("warnings: %v", doc.Warnings)
			}
			w := doc.Warnings[0]
			if w.Code != 12200 || !strings.Contains(w.Message, test.message) {
				t.Errorf("got %v, want 12200 with %q", w, test.message)
			}
			if w.Line != 2 && test.name != "text in Response" {
				t.Errorf("got line %d, want 2", w.Line)
			}
		})
	}
}

func TestParse_attributeOfResponse(t *testing.T) {
	doc := parse(t, `<Response version="2"/>`)
	if diff := cmp.Diff([]int{12200}, codes(doc)); diff != "" {
		t.Error(diff)
	}
}

// What a hostile document costs is bounded, in notices and in their length.
func TestParse_boundsWarnings(t *testing.T) {
	doc := parse(t, "<Response>"+strings.Repeat("<Foo/>", 5000)+"</Response>")
	if len(doc.Warnings) != 50 {
		t.Errorf("got %d warnings, want 50", len(doc.Warnings))
	}
	doc = parse(t, `<Response><Dial method="`+strings.Repeat("x", 5000)+`"/><`+strings.Repeat("y", 5000)+`/></Response>`)
	for _, w := range doc.Warnings {
		if len(w.Message) > 200 {
			t.Errorf("message of %d bytes", len(w.Message))
		}
	}
}

// An entity cannot grow a document: those that are declared are not known.
func TestParse_entitiesDoNotExpand(t *testing.T) {
	bomb := `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;"><!ENTITY x SYSTEM "file:///etc/passwd">]>`
	for _, body := range []string{"<Response><Say>&lol2;</Say></Response>", "<Response><Say>&x;</Say></Response>", `<Response><Say voice="&x;">a</Say></Response>`} {
		if doc, err := twiml.Parse([]byte(bomb + body)); err == nil {
			t.Errorf("%s: got %v, want an error", body, doc.Verbs)
		}
	}
}

// A document with every verb and attribute that Twilio's own library for Node
// (twilio 6.2.0) can write has nothing unknown in it.
func TestParse_everythingTheSDKWrites(t *testing.T) {
	body, err := os.ReadFile("testdata/voiceresponse.xml")
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, string(body))
	if len(doc.Warnings) > 0 {
		t.Errorf("warnings: %v", doc.Warnings)
	}
	var got []string
	for _, v := range doc.Verbs {
		got = append(got, v.Element())
	}
	want := strings.Fields(`Say Play Play Pause Gather Redirect Reject Dial Dial Record Enqueue Leave Connect
		Start Stop Refer Pay Prompt Echo Sms Queue Hangup`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
}

func TestWarningAndError_say(t *testing.T) {
	w := twiml.Warning{Code: 12200, Message: "what", Line: 3}
	if got, want := w.String(), "12200: what (line 3)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for want, err := range map[string]error{
		"12100: what (line 3)": &twiml.ParseError{Code: 12100, Line: 3, Message: "what"},
		"11770: what":          &twiml.ParseError{Code: 11770, Message: "what"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Twilio <Conference> waitUrl: Say, Play, Pause and Redirect only, others 13238.
func TestParseWait(t *testing.T) {
	doc, err := twiml.ParseWait([]byte(`<Response><Say>wait</Say><Gather/><Play>/m.wav</Play><Dial>+1</Dial><Hangup/>
		<Record/><Pause length="3"/><Foo/><Redirect/></Response>`))
	if err != nil {
		t.Fatal(err)
	}
	want := []twiml.Verb{
		&twiml.Say{Text: "wait", Loop: 1}, &twiml.Play{URL: "/m.wav", Loop: 1},
		&twiml.Pause{Length: 3 * time.Second}, &twiml.Redirect{Method: "POST"},
	}
	if diff := cmp.Diff(want, doc.Verbs); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{13238, 13238, 13238, 13238, 12200}, codes(doc)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if _, err := twiml.ParseWait([]byte("<x/>")); err == nil {
		t.Error("wrong root: no error")
	}
}
