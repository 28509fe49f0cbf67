package twiml_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"confab/internal/twiml"
)

const header = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func TestResponse_writesTheFirstSeed(t *testing.T) {
	var r twiml.Response
	r.Say("Welcome to the conference system.").Voice = "alice"
	g := r.Gather()
	g.Timeout = 10 * time.Second
	g.Action = "/join?a=1&b=2"
	g.Say("Please enter your access code.").Voice = "alice"
	r.Redirect("/gather")
	d := r.Dial()
	c := d.Join(`<tea> & "cake"`)
	c.EndOnExit = true
	c.HasWaitURL = true
	r.Hangup()
	want := header + `<Response><Say voice="alice">Welcome to the conference system.</Say>` +
		`<Gather action="/join?a=1&amp;b=2" timeout="10"><Say voice="alice">Please enter your access code.</Say></Gather>` +
		`<Redirect>/gather</Redirect>` +
		`<Dial><Conference endConferenceOnExit="true" waitUrl="">&lt;tea&gt; &amp; &#34;cake&#34;</Conference></Dial><Hangup/></Response>`
	if diff := cmp.Diff(want, r.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var b bytes.Buffer
	if n, err := r.WriteTo(&b); n != int64(len(want)) || err != nil || b.String() != want {
		t.Errorf("WriteTo: %d, %v, %q", n, err, b.String())
	}
}

func TestResponse_empty(t *testing.T) {
	var r twiml.Response
	if got, want := r.String(), header+"<Response/>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Each verb of the builder has the defaults of the parser.
func TestResponse_defaults(t *testing.T) {
	var r twiml.Response
	r.Say("x")
	r.Play("/x")
	r.Pause()
	g := r.Gather()
	g.Say("x")
	g.Play("/x")
	g.Pause()
	r.Redirect("/x")
	r.Hangup()
	r.Reject()
	r.Dial().Join("x")
	doc := parse(t, r.String())
	if diff := cmp.Diff(r.Verbs, doc.Verbs); diff != "" {
		t.Errorf("built (-) and parsed (+) differ:\n%s", diff)
	}
	if len(doc.Warnings) != 0 {
		t.Errorf("warnings: %v", doc.Warnings)
	}
}

// Text that XML cannot hold does not spoil the document.
func TestResponse_hostileText(t *testing.T) {
	var r twiml.Response
	r.Say("a\x00\x01\xff]]></Say><Hangup/>")
	r.Redirect(`/x?q="'<>&` + "\n")
	doc := parse(t, r.String())
	want := []twiml.Verb{
		&twiml.Say{Text: "a\uFFFD\uFFFD\uFFFD]]></Say><Hangup/>", Loop: 1},
		&twiml.Redirect{URL: `/x?q="'<>&`, Method: "POST"},
	}
	if diff := cmp.Diff(want, doc.Verbs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResponse_partsOfSeconds(t *testing.T) {
	var r twiml.Response
	r.Pause().Length = 1500 * time.Millisecond
	if got, want := r.String(), header+`<Response><Pause length="2"/></Response>`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFromResponse(t *testing.T) {
	const doc = `<Response><Hangup/></Response>`
	hangup := &twiml.Hangup{}
	wav := []byte("RIFF....WAVE")
	tests := []struct {
		name, contentType, body string
		want                    []twiml.Verb // its last is the Hangup, which nobody who waits gets
	}{
		{"text/xml", "text/xml", doc, []twiml.Verb{hangup}},
		{"charset", "text/xml; charset=utf-8", doc, []twiml.Verb{hangup}},
		{"application/xml", "application/xml", doc, []twiml.Verb{hangup}},
		{"text/html", "Text/HTML", doc, []twiml.Verb{hangup}},
		{"broken parameter", "text/xml; charset", doc, []twiml.Verb{hangup}},
		{"audio", "audio/x-wav", string(wav), []twiml.Verb{&twiml.Play{Loop: 1, Audio: wav, AudioType: "audio/x-wav"}, hangup}},
		{"plain text", "text/plain", " Hello <you> ", []twiml.Verb{&twiml.Say{Text: "Hello <you>", Loop: 1}, hangup}},
		{"plain document", "text/plain", doc, []twiml.Verb{hangup}},
		{"plain and not UTF-8", "text/plain", "h\xe9", []twiml.Verb{&twiml.Say{Text: "h\uFFFD", Loop: 1}, hangup}},
		{"plain and other XML", "text/plain", "<a/>", []twiml.Verb{&twiml.Say{Text: "<a/>", Loop: 1}, hangup}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := twiml.FromResponse(test.contentType, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Verbs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			got, err = twiml.WaitFromResponse(test.contentType, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want[:len(test.want)-1], got.Verbs, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("waiting (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromResponse_errors(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		code                    int
	}{
		{"no body", "text/xml", "", 11770},
		{"blank body", "text/plain", " \n", 11770},
		{"json", "application/json", "{}", 12300},
		{"image", "image/png", "x", 12300},
		{"no type", "", "<Response/>", 12300},
		{"not XML", "text/xml", "hello", 12100},
		{"wrong root", "text/html", "<html/>", 12102},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, from := range map[string]func(string, []byte) (*twiml.Document, error){
				"FromResponse": twiml.FromResponse, "WaitFromResponse": twiml.WaitFromResponse,
			} {
				_, err := from(test.contentType, []byte(test.body))
				var p *twiml.ParseError
				if !errors.As(err, &p) || p.Code != test.code {
					t.Errorf("%s: got %v, want %d", name, err, test.code)
				}
			}
		})
	}
}
