package twiml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/twiml"
)

// A row walks one line of an attribute table: the attribute as written, what is
// read from it, and the code of the notice, 0 for none.
type row[V any] struct {
	attribute string
	change    func(*V) // of the defaults; nil: none
	code      int
}

// walk parses each row as an attribute of element and compares with the
// defaults.
func walk[V any, P interface {
	*V
	twiml.Verb
}](t *testing.T, element, content string, defaults V, rows []row[V]) {
	t.Helper()
	for _, r := range rows {
		t.Run(element+" "+r.attribute, func(t *testing.T) {
			got, gotCodes := one[P](t, "<"+element+" "+r.attribute+">"+content+"</"+element+">")
			want := defaults
			if r.change != nil {
				r.change(&want)
			}
			if diff := cmp.Diff(P(&want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var wantCodes []int
			if r.code != 0 {
				wantCodes = []int{r.code}
			}
			if diff := cmp.Diff(wantCodes, gotCodes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSay_attributes(t *testing.T) {
	walk(t, "Say", "hello", twiml.Say{Text: "hello", Loop: 1}, []row[twiml.Say]{
		{``, nil, 0},
		{`voice="alice"`, func(s *twiml.Say) { s.Voice = "alice" }, 0},
		{`voice="Polly.Joanna-Neural"`, func(s *twiml.Say) { s.Voice = "Polly.Joanna-Neural" }, 0},
		{`language="de-DE"`, func(s *twiml.Say) { s.Language = "de-DE" }, 0},
		{`loop="3"`, func(s *twiml.Say) { s.Loop = 3 }, 0},
		{`loop="0"`, func(s *twiml.Say) { s.Loop = 0 }, 0},
		{`loop="5000"`, func(s *twiml.Say) { s.Loop = twiml.MaxLoop }, 0},
		{`loop="-1"`, nil, 13510},
		{`loop="twice"`, nil, 13510},
		{`loop="1.5"`, nil, 13510},
		{`loop=""`, nil, 13510},
		{`loop="99999999999999999999"`, nil, 13510},
		{`speed="2"`, nil, 12200},
	})
}

func TestSay_text(t *testing.T) {
	long := strings.Repeat("é", 4096)
	tests := []struct {
		name, body, want string
		codes            []int
	}{
		{"trimmed", "<Say>\n  hello \t</Say>", "hello", nil},
		{"empty", "<Say/>", "", []int{13520}},
		{"white space", "<Say> \n </Say>", "", []int{13520}},
		{"4096 characters", "<Say>" + long + "</Say>", long, nil},
		{"4097 characters", "<Say>" + long + "x</Say>", "", []int{13521}},
		{"SSML stripped", `<Say>I <emphasis level="strong">really</emphasis> <prosody rate="slow">mean</prosody> it</Say>`, "I really mean it", nil},
		{"SSML separates", `<Say><p>One.</p><p><s>Two.</s><s>Three.</s></p>four<break time="1s"/>five</Say>`, "One.   Two.  Three.  four  five", nil},
		{"SSML all", `<Say><lang xml:lang="fr">a</lang><phoneme ph="x">b</phoneme><say-as interpret-as="digits">12</say-as><w role="x">c</w></Say>`, "ab12c", nil},
		{"SSML alias", `<Say>the <sub alias="World Wide Web">WWW</sub></Say>`, "the World Wide Web", nil},
		{"unknown inside", `<Say>hello <b>you</b></Say>`, "hello you", []int{12200}},
		{"only a break", `<Say><break/></Say>`, "", []int{13520}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, got := one[*twiml.Say](t, test.body)
			if s.Text != test.want {
				t.Errorf("got %q, want %q", s.Text, test.want)
			}
			if diff := cmp.Diff(test.codes, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlay_attributes(t *testing.T) {
	walk(t, "Play", " /a.wav\n", twiml.Play{URL: "/a.wav", Loop: 1}, []row[twiml.Play]{
		{``, nil, 0},
		{`loop="0"`, func(p *twiml.Play) { p.Loop = 0 }, 0},
		{`loop="2"`, func(p *twiml.Play) { p.Loop = 2 }, 0},
		{`loop="x"`, nil, 13410},
		{`digits="0123456789ABCD#*wW"`, func(p *twiml.Play) { p.Digits, p.URL = "0123456789ABCD#*wW", "" }, 0},
		{`digits="12x4"`, nil, 13430},
		{`digits="12 4"`, nil, 13430},
		{`volume="3"`, nil, 12200},
	})
}

func TestPlay_nothing(t *testing.T) {
	p, got := one[*twiml.Play](t, "<Play/>")
	if diff := cmp.Diff(&twiml.Play{Loop: 1}, p); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{12200}, got); diff != "" {
		t.Error(diff)
	}
}

// Digits that are played may be somebody's PIN.
func TestPlay_digitsAreNotShown(t *testing.T) {
	doc := parse(t, `<Response><Play digits="4711-4712"/></Response>`)
	for _, w := range doc.Warnings {
		if strings.Contains(w.Message, "471") {
			t.Errorf("digits in %q", w.Message)
		}
	}
}

func TestPause_attributes(t *testing.T) {
	walk(t, "Pause", "", twiml.Pause{Length: time.Second}, []row[twiml.Pause]{
		{``, nil, 0},
		{`length="10"`, func(p *twiml.Pause) { p.Length = 10 * time.Second }, 0},
		{`length=" 10 "`, func(p *twiml.Pause) { p.Length = 10 * time.Second }, 0},
		{`length="0"`, nil, 13910},
		{`length="-3"`, nil, 13910},
		{`length="2.5"`, nil, 13910},
		{`length="99999999999"`, nil, 13910},
		{`duration="3"`, nil, 12200},
	})
}

func TestRedirect_attributes(t *testing.T) {
	walk(t, "Redirect", "/next", twiml.Redirect{URL: "/next", Method: "POST"}, []row[twiml.Redirect]{
		{``, nil, 0},
		{`method="GET"`, func(r *twiml.Redirect) { r.Method = "GET" }, 0},
		{`method="POST"`, nil, 0},
		{`method="get"`, func(r *twiml.Redirect) { r.Method = "GET" }, 0},
		{`method="PUT"`, nil, 13710},
		{`url="/x"`, nil, 12200},
	})
}

func TestReject_attributes(t *testing.T) {
	walk(t, "Reject", "", twiml.Reject{Reason: twiml.Rejected}, []row[twiml.Reject]{
		{``, nil, 0},
		{`reason="busy"`, func(r *twiml.Reject) { r.Reason = twiml.Busy }, 0},
		{`reason="rejected"`, nil, 0},
		{`reason="tired"`, nil, 13810},
		{`cause="busy"`, nil, 12200},
	})
}

func TestHangup_attributes(t *testing.T) {
	walk(t, "Hangup", "", twiml.Hangup{}, []row[twiml.Hangup]{
		{``, nil, 0},
		{`reason="x"`, nil, 12200},
	})
	walk(t, "Hangup", `<Parameter name="a" value="b"/>`, twiml.Hangup{}, []row[twiml.Hangup]{{``, nil, 0}})
}
