package e2e

import (
	"net/url"
	"testing"
	"time"
)

// atFirefox names a page in a Firefox of its own.
func (b *browsers) atFirefox(name string, pitch float64) *page {
	return &page{b: b, name: name, pitch: pitch, fox: true}
}

// connected waits until the page's voice is.
func (p *page) connected() {
	p.b.t.Helper()
	until(p.b.t, 30*time.Second, p.name+"'s voice is connected", func() bool {
		var state string
		p.does("transport", &state)
		return state == "connected"
	})
}

// TestVoiceSDK_firefox plays with the Voice SDK, unmodified, in Debian's Firefox, and in
// Chromium at the other end, what depends on the browser: its offers and its answers,
// what is heard, digits, ICE restarts, lost sockets, and a page that goes.
//
// It is not played beside others: with two browsers and their voice it is all that two
// cores do.
func TestVoiceSDK_firefox(t *testing.T) {
	need(t, "firefox-esr")
	b := newBrowsers(t, map[string]string{
		"/voice": `<Response><Dial action="/after" timeout="60"><Client>` +
			`<Identity>bob</Identity><Parameter name="room" value="tea &amp; cake"/></Client></Dial></Response>`,
		"/back":  `<Response><Dial action="/after" timeout="60"><Client>fox</Client></Dial></Response>`,
		"/after": `<Response><Hangup/></Response>`,
		"/keys":  `<Response><Gather action="/keyed" numDigits="3" finishOnKey="" timeout="20"/></Response>`,
		"/keyed": `<Response><Hangup/></Response>`,
	})
	b.net.ip(t, "route add default via 10.77.9.2") // Firefox asks by which address it would leave
	fox, bob := b.atFirefox("fox", 700).registers("fox"), b.page("bob", 1000).registers("bob")
	fox.saw("registered")
	rest := func(to, document string) {
		b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Calls.json",
			url.Values{"To": {to}, "From": {"+15550100"}, "Url": {b.app.URL + document}}.Encode())
	}

	t.Log("a call with parameters, both ways heard")
	fox.does("connect", nil, map[string]string{"To": "bob", "Topic": "milk & honey"})
	bob.saw("incoming")
	fox.saw("ringing", "accept")
	if form := b.app.expect(t, "/voice", 1)[0]; form.Get("From") != "client:fox" || form.Get("Topic") != "milk & honey" {
		t.Errorf("the application was told %v", form)
	}
	var told struct {
		From   string
		Custom map[string]string
	}
	bob.does("parameters", &told)
	if told.From != "client:fox" || told.Custom["room"] != "tea & cake" {
		t.Errorf("bob was told %+v", told)
	}
	bob.does("accept", nil)
	bob.saw("accept")
	fox.hears(1000)
	bob.hears(700)
	var codecs struct{ In, Out string }
	fox.does("codec", &codecs)
	if codecs.In != "audio/opus" || codecs.Out != "audio/opus" {
		t.Errorf("codec %s in, %s out", codecs.In, codecs.Out)
	}

	t.Log("mute")
	fox.does("mute", nil, true)
	bob.hearsNothing()
	fox.hears(1000)
	fox.does("mute", nil, false)
	bob.hears(700)

	t.Log("ICE restart")
	var before, after string
	fox.does("user", &before)
	fox.does("restart", nil)
	until(t, 20*time.Second, "ICE was restarted", func() bool { fox.does("user", &after); return after != before })
	fox.hears(1000)
	bob.hears(700)

	t.Log("the socket is lost, and the call goes on")
	fox.does("lose", nil)
	fox.saw("reconnecting", "unregistered", "reconnected", "registered")
	until(t, 20*time.Second, "it has come back", func() bool { return b.sw.metric("confab_browser_calls_reattached_total") == 1 })
	fox.hears(1000)
	bob.hears(700)
	bob.does("disconnect", nil)
	fox.saw("disconnect")
	b.ended("completed")
	b.sw.quiet()

	t.Log("called over REST: answers, is heard, hangs up")
	rest("client:bob", "/back")
	bob.saw("incoming")
	bob.does("accept", nil)
	fox.saw("incoming")
	fox.does("accept", nil)
	fox.saw("accept")
	fox.hears(1000)
	bob.hears(700)
	fox.does("disconnect", nil)
	bob.saw("disconnect")
	b.sw.quiet()

	t.Log("digits, as RFC 4733 has them")
	rest("client:fox?why=keys", "/keys")
	fox.saw("incoming")
	fox.does("parameters", &told)
	if told.From != "+15550100" || told.Custom["why"] != "keys" {
		t.Errorf("fox was told %+v", told)
	}
	fox.does("accept", nil)
	fox.saw("accept")
	fox.connected()             // before that the SDK sends them over the socket
	b.app.expect(t, "/keys", 1) // what is keyed before it is asked for is lost
	fox.does("digits", nil, "1#7")
	if got := b.app.expect(t, "/keyed", 1)[0].Get("Digits"); got != "1#7" {
		t.Errorf("Digits = %q, want 1#7", got)
	}
	fox.saw("disconnect")
	if n := fox.frames("sent", "dtmf"); n != 0 {
		t.Errorf("%d dtmf frames: the digits should go with the voice", n)
	}

	t.Log("rejected; given up before the answer")
	rest("client:bob", "/back")
	bob.saw("incoming")
	bob.does("accept", nil)
	fox.saw("incoming")
	fox.does("reject", nil)
	b.ended("busy")
	bob.saw("disconnect")
	fox.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	fox.does("disconnect", nil)
	bob.saw("cancel")
	b.sw.quiet()

	t.Log("a token that expires")
	fox.does("updateToken", nil, b.tokenFor("fox", 4))
	fox.saw("device error 20104", "unregistered")
	fox.does("updateToken", nil, b.token("fox"))
	fox.saw("registered")

	t.Log("a Firefox that ends without a word")
	fox.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	bob.does("accept", nil)
	bob.hears(700)
	fox.does("close", nil)
	// It may or may not say goodbye to its peer. If not, what tells is that its socket does
	// not come back, or its consent to be sent to ends: both after 30 seconds.
	bob.sawWithin(45*time.Second, "disconnect")
	b.sw.quiet()
}
