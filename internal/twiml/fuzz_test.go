package twiml_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"confab/internal/twiml"
)

// FuzzParse asserts that no document does harm, and that what was read of one
// can be written and read again without loss: parse(print(parse(x))) is
// parse(x).
func FuzzParse(f *testing.F) {
	for _, body := range []string{
		`<Response/>`,
		`<Response><Say voice="alice" language="en-GB" loop="0">Hello <sub alias="x">y</sub> &#xe9;</Say></Response>`,
		`<Response><Play digits="12w3"/><Play loop="2">/a.wav</Play><Pause length="3"/></Response>`,
		`<Response><Gather action="/x?a=1&amp;b=2" numDigits="4" finishOnKey="" input="dtmf speech" hints="a,b" speechTimeout="auto"><Say>x</Say></Gather></Response>`,
		`<Response><Dial action="" timeLimit="60" record="true" trim="trim-silence" callerId="client:x" ringTone="de"><Conference beep="onExit" waitUrl="" muted="true" statusCallbackEvent="join leave" recordingStatusCallbackEvent="">tea</Conference></Dial></Response>`,
		`<Response><Dial><Number>1</Number><Sip>sip:a@b</Sip></Dial><Reject reason="busy"/><Redirect method="GET"/><Hangup/></Response>`,
		`<Response><Record/><Enqueue>x</Enqueue><foo bar="1"/>text</Response>`,
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Response><Say>\x80\xe9</Say></Response>",
		`<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>`,
		`<Response xmlns="urn:x"><y:Say xmlns:y="urn:y"/></Response>`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := twiml.Parse(body)
		if err != nil {
			var p *twiml.ParseError
			if !errors.As(err, &p) || p.Code < 12100 || p.Code > 12102 {
				t.Fatalf("not a ParseError: %v", err)
			}
			return
		}
		if len(doc.Warnings) > 50 {
			t.Fatalf("%d warnings", len(doc.Warnings))
		}
		for _, w := range doc.Warnings {
			if len(w.Message) > 600 || w.Code == 0 || w.Line == 0 {
				t.Fatalf("warning %+v", w)
			}
		}
		r := twiml.Response{Verbs: doc.Verbs}
		printed := r.String()
		again, err := twiml.Parse([]byte(printed))
		if err != nil {
			t.Fatalf("printed document does not parse: %v\n%s", err, printed)
		}
		// The notices, and the fault which is one, are about the document as it was written.
		if diff := cmp.Diff(doc.Verbs, again.Verbs, cmpopts.IgnoreFields(twiml.Dial{}, "Fault")); diff != "" {
			t.Fatalf("parsed (-) and printed and parsed again (+) differ:\n%s\n%s", diff, printed)
		}
	})
}

// FuzzFromResponse asserts that whatever an application answers is a document or
// a documented error.
func FuzzFromResponse(f *testing.F) {
	f.Add("text/xml; charset=utf-8", []byte("<Response/>"))
	f.Add("text/plain", []byte("hello"))
	f.Add("audio/wav", []byte("RIFF"))
	f.Add(";;", []byte("x"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		doc, err := twiml.FromResponse(contentType, body)
		var p *twiml.ParseError
		if (doc == nil) == (err == nil) || err != nil && (!errors.As(err, &p) || p.Code == 0) {
			t.Fatalf("got %v, %v", doc, err)
		}
	})
}
