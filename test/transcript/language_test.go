package transcript

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	for _, test := range []struct {
		line    string
		want    [][]string
		comment int
	}{
		{"", nil, 0},
		{"  # only this", nil, 2},
		{"1s\tann  says 440", [][]string{{"1s", "ann", "says", "440"}}, 16},
		{"a b; c;d # e", [][]string{{"a", "b"}, {"c"}, {"d"}}, 9},
		{"ann keys 1#2; bob", [][]string{{"ann", "keys", "1#2"}, {"bob"}}, 17},
		{`x "a #;b" N="v w"z ""`, [][]string{{"x", "a #;b", "N=v wz", ""}}, 21},
		{`"a \"b\" \\"`, [][]string{{`a "b" \`}}, 12},
	} {
		got, comment, err := words(test.line)
		if err != nil || comment != test.comment {
			t.Errorf("%q: comment at %d, error %v; want %d", test.line, comment, err, test.comment)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: %s", test.line, diff)
		}
	}
	if _, _, err := words(`a "b`); err == nil {
		t.Error("an open quote is no error")
	}
	for _, word := range []string{"a", "", "a b", `a"b\c`, "#", "x;y"} {
		got, _, err := words(quote(word))
		if err != nil || len(got) != 1 || got[0][0] != word {
			t.Errorf("%q is quoted as %s, which reads %q, %v", word, quote(word), got, err)
		}
	}
}

func TestParse(t *testing.T) {
	f, err := Parse("all", `# What it is about.
stage: clock

-- numbers --
+15550100 /voice fallback GET /sorry status /ended   # a comment
reception line

-- config --
max_calls: 1

-- rooms --
789 "tea room" language=de-DE greeting="Hello." closed

-- POST /voice 500 text/plain after 2s Location=/x --
<Response>  # no comment

  -- no section --
</Response>

-- GET /chime.wav media --
tone 440 2s

-- timeline --
0s    ann calls reception; bob calls +15550100 over tcp   # comment
      expect POST /voice A=1 within 3s
1.5s
2m    ann hears 440
`)
	if err != nil {
		t.Fatal(err)
	}
	if !f.ClockOnly || !f.usesLine() || !f.serves("/voice") || f.serves("/ended") {
		t.Errorf("got %+v", f)
	}
	want := File{
		Name: "all", ClockOnly: true,
		Numbers: []Number{
			{Number: "+15550100", Voice: Link{"POST", "/voice"}, Fallback: Link{"GET", "/sorry"}, Status: Link{"POST", "/ended"}, Line: 5},
			{Number: "reception", Line: 6},
		},
		Settings: []Setting{{"max_calls", "1", 9}},
		Rooms:    []Room{{"789", "tea room", "de-DE", "Hello.", true, "", false, 0, 12}},
	}
	got := File{Name: f.Name, ClockOnly: f.ClockOnly, Numbers: f.Numbers, Settings: f.Settings, Rooms: f.Rooms}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(File{})); diff != "" {
		t.Error(diff)
	}
	if len(f.Documents) != 2 {
		t.Fatalf("%d documents", len(f.Documents))
	}
	d := f.Documents[0]
	if d.Status != 500 || d.Type != "text/plain" || d.After != 2*time.Second || d.Header.Get("Location") != "/x" ||
		d.Body != "<Response>  # no comment\n\n  -- no section --\n</Response>" {
		t.Errorf("got %+v", d)
	}
	if d := f.Documents[1]; !d.Media || d.Type != "audio/wav" || d.Body != "tone 440 2s" {
		t.Errorf("got %+v", d)
	}
	if len(f.timeline) != 4 || len(f.timeline[0].steps) != 2 || f.timeline[1].at != 0 || f.timeline[1].timed ||
		f.timeline[3].at != 2*time.Minute || f.timeline[3].line != 27 {
		t.Errorf("timeline %+v", f.timeline)
	}
}

func TestParse_defaults(t *testing.T) {
	f, err := Parse("x", "-- GET /a --\n-- POST /b --\n-- timeline --")
	if err != nil || f.ClockOnly || len(f.Numbers) != 1 || f.Numbers[0].Voice != (Link{"GET", "/a"}) || f.Numbers[0].Number != defaultNumber {
		t.Errorf("with documents: %+v, %v", f, err)
	}
	if f, err = Parse("x", "-- timeline --"); err != nil || !f.usesLine() {
		t.Errorf("without documents: %+v, %v", f, err)
	}
}

func TestParse_errors(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "x.txt:1: no timeline",
		"stage: wall\n-- timeline --":   `x.txt:1: "stage: wall" before the first section`,
		"-- what --":                    `x.txt:1: "what" is no section`,
		"-- PUT /x --":                  `x.txt:1: "PUT /x" is no section`,
		"-- POST x --":                  `x.txt:1: "POST x" is no section`,
		"-- POST /x 99 --":              `"99" is no status`,
		"-- POST /x after soon --":      "after soon: not a time",
		"-- GET /x media --\nnoise 2s":  "x.txt:1: sound:",
		"-- GET /x media --\ntone 20 s": "x.txt:1: sound:",
		"-- numbers --\n\n+1":           "x.txt:3: number +1: served by what?",
		"-- numbers --\n+1 status /x":   "served by what?",
		"-- numbers --\n+1 voice":       `"voice" is no method`,
		"-- numbers --\n+1 /a; +2 /b":   `a ";" has no meaning here`,
		"-- config --\nmax_calls 1":     "is not a key and a value",
		"-- rooms --\ntea 123":          "is not a code and a name",
		"-- rooms --\n123 tea open":     `"open" is no language`,
	} {
		checkError(t, text, text, want)
	}
	for step, want := range map[string]string{
		"1 ann calls +1":                   `"1" is not a time`,
		"ann":                              "ann does what?",
		"ann is":                           "ann is what?",
		"Ann calls +1":                     `"Ann" is no name`,
		"ann sings":                        `"sings" is nothing that somebody does`,
		"ann is hung":                      `"is hung" is nothing`,
		"ann calls":                        "want a number",
		"ann calls +1 over tls":            "want a number",
		"ann cancels it":                   `what is "it"?`,
		"ann says 440 660":                 `"660" between pitches`,
		"ann says 100":                     "300 to 3400 Hz",
		"ann says 440 and":                 "want a pitch",
		"ann keys":                         "want keys",
		"ann keys #":                       "want keys",
		"ann keys 12x":                     "want keys",
		"ann sends BYE 1":                  "want INFO",
		"ann gets 200":                     "want a SIP status",
		"ann is hung up within soon":       "within soon: not a time",
		"ann is hung up now":               `what is "now"?`,
		"ann hears":                        "hears what?",
		"ann hears singing":                "neither silence, music, speech, a beep nor pitches",
		"ann hears 440, not singing":       "300 to 3400 Hz",
		`ann hears speech Hello you`:       "want speech",
		`ann hears speech "…"`:             "want speech",
		`ann hears speech "Hello`:          "a quote is not closed",
		"expect":                           "expect what?",
		"expect PUT /x":                    "expect PUT /x: want GET or POST",
		"expect POST x":                    "want a path",
		"expect POST /x A=@Ann":            `"Ann" is no name`,
		"expect POST /x =1":                "is no field",
		"expect end of calls":              "want GET or POST",
		"expect warning on ann":            "want CODE on NAME",
		"expect POST /x; expect POST /y":   "an expect stands alone",
		"expect warning 13230 on ann soon": "want CODE on NAME",
		"operator sings @x":                "want calls, posts, deletes or reads",
		"operator calls Bob":               "not a person",
		"operator calls bob Url":           "Name=value",
		"bob registers twice":              `what is "twice"?`,
		"bob misses":                       "bob misses what?",
		"bob misses her":                   `"misses her" is nothing`,
		"bob is not":                       `"is not" is nothing`,
		"bob is sent":                      "want keys",
		"operator posts @x":                "has parameters",
		"operator reads @x":                "has parameters",
		"operator deletes @x/@ann A=1":     "has none",
		"operator reads Ann A=1":           "want @conference, @conference/@person or person",
	} {
		checkError(t, step, "-- timeline --\n0s ann calls +1\n"+step, "x.txt:3: ")
		checkError(t, step, "-- timeline --\n0s ann calls +1\n"+step, want)
	}
	checkError(t, "times", "-- timeline --\n2s ann hangs up\n1s ann hangs up", "x.txt:3: 1s is before 2s")
}

func checkError(t *testing.T, name, text, want string) {
	t.Helper()
	_, err := Parse("x", text)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%q: got error %v, want %q", name, err, want)
	}
}

// known are names that stand for themselves.
type known struct{}

func (known) means(f field, value string) bool            { return "SID of "+f.value == value }
func (known) nameOf(f field, value string) (string, bool) { return "", false }

func TestField(t *testing.T) {
	params := url.Values{"CallSid": {"SID of ann"}, "Digits": {"1#2"}, "Empty": {""}, "Url": {"http://host/x"}, "Twice": {"a", "b"}}
	for text, want := range map[string]bool{
		"Digits=1#2":      true,
		"Digits=12":       false,
		"Digits":          true,
		"!Digits":         false,
		"!Other":          true,
		"Other":           false,
		"Other=":          false,
		"Empty":           false,
		"Empty=":          true,
		"!Empty":          false,
		"CallSid=@ann":    true,
		"CallSid=@bob":    false,
		"Other=@ann":      false,
		"Url=http://*/x":  true,
		"Url=*/y":         false,
		"Url=*host*x":     true,
		"Url=*":           true,
		"Url=http://*t*x": true,
		"Twice=a":         false,
	} {
		f, err := parseField(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.matches(known{}, params); got != want {
			t.Errorf("%s: got %v", text, got)
		}
		if f.String() != text && f.String() != strings.Replace(text, "=", `="`, 1)+`"` {
			t.Errorf("%s is written %s", text, f)
		}
	}
}

func TestApart(t *testing.T) {
	a, b := parsed(t, "a", "-- POST /v --\n<Dial><Conference muted=\"true\">\n tea \n</Conference></Dial>\n-- timeline --"),
		parsed(t, "b", "-- rooms --\n123 tea\n-- timeline --")
	c := parsed(t, "c", "-- POST /v --\n<Conference>tea room</Conference>\n<Conference>tea room</Conference>\n-- timeline --")
	if err := apart([]*File{a, c}); err != nil {
		t.Error(err)
	}
	if err := apart([]*File{a, c, b}); err == nil || !strings.Contains(err.Error(), `a.txt and b.txt both join the conference "tea"`) {
		t.Errorf("got %v", err)
	}
}

func parsed(t *testing.T, name, text string) *File {
	t.Helper()
	f, err := Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
