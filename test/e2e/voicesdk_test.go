package e2e

import (
	"bufio"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	voiceSDK = "../voicesdk"
	// pageHost is an address of the network's own: browsers tell no far end of
	// loopback.
	pageHost = "10.77.9.1"
)

// browsers are pages with the unmodified Voice SDK, in Chromium and in Firefox, and the
// switch that they come to over wss://.
type browsers struct {
	t    *testing.T
	app  *app
	sw   *server
	net  *namespace
	keys account
	sid  string // of the application that answers the calls of pages

	pages []*page // that have registered

	mu   sync.Mutex // one thing at a time is done with the pages
	in   io.Writer
	out  *bufio.Scanner
	errs *lines
}

// account is what a server keeps of its own.
type account struct {
	SID       string `json:"sid"`
	AuthToken string `json:"auth_token"`
}

// page is a page and what it hums.
type page struct {
	b     *browsers
	name  string
	pitch float64
	fox   bool // it is at Firefox
	from  int  // of the events seen, those after the last call that it made
}

// newBrowsers starts Chromium and a switch, in a network of their own.
func newBrowsers(t *testing.T, documents map[string]string) *browsers {
	t.Helper()
	need(t, "ip", "node", "chromium")
	if _, err := os.Stat(voiceSDK + "/node_modules/@twilio/voice-sdk"); err != nil {
		skip(t, "the Voice SDK is not installed; `make test` installs it")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	b := &browsers{t: t, net: newNamespace(t), errs: new(lines)}
	b.net.ip(t, "link add house type veth peer name yard")
	b.net.ip(t, "addr add "+pageHost+"/24 dev house")
	b.net.ip(t, "link set house up")
	b.net.ip(t, "link set yard up")
	b.app = newApp(t, b.net, documents)
	b.sw = start(t, settings{host: pageHost, in: b.net, tls: true})
	if err := json.Unmarshal([]byte(read(t, filepath.Join(b.sw.data, "account.json"))), &b.keys); err != nil {
		t.Fatal(err)
	}
	made := b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Applications.json", url.Values{"VoiceUrl": {b.app.URL + "/voice"}}.Encode())
	b.sid, _ = made["sid"].(string)

	cmd := exec.Command("node", "--experimental-websocket", "--no-warnings", "drive.js")
	cmd.Dir = voiceSDK
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "CERTIFICATE="+b.certificate(),
		"FIREFOX="+path(t, "firefox-esr"), "SCRATCH="+t.TempDir(), "HOME="+t.TempDir())
	cmd.Stderr = b.errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.in, b.out = in, bufio.NewScanner(out)
	b.out.Buffer(nil, 1<<20)
	if err := b.net.start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the pages ended with %v", err)
		}
		if t.Failed() {
			t.Logf("what the pages complained of:\n%s", b.errs)
		}
	})
	return b
}

// certificate is the key of the switch's certificate, as Chromium is told of it: no
// other is trusted.
func (b *browsers) certificate() string {
	b.t.Helper()
	block, _ := pem.Decode([]byte(read(b.t, filepath.Join(b.sw.data, "tls", "self.crt"))))
	if block == nil {
		b.t.Fatal("the switch has no certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		b.t.Fatal(err)
	}
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ask asks the switch over REST, and returns the object that it answers, if any.
func (b *browsers) ask(method, path, body string) map[string]any {
	b.t.Helper()
	return b.askAs(b.keys, method, path, body)
}

// askAs is the same with credentials of one's own.
func (b *browsers) askAs(who account, method, path, body string) map[string]any {
	b.t.Helper()
	r, err := http.NewRequest(method, "https://"+b.sw.http+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.SetBasicAuth(who.SID, who.AuthToken)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.sw.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	var object map[string]any
	if err != nil || answer.StatusCode >= 300 || answer.StatusCode != http.StatusNoContent && json.Unmarshal(text, &object) != nil {
		b.t.Fatalf("%s %s: %s %v %s", method, path, answer.Status, err, text)
	}
	return object
}

// page names a page, which is opened when it first does something.
func (b *browsers) page(name string, pitch float64) *page {
	return &page{b: b, name: name, pitch: pitch}
}

// does lets the page do something, and reads what came of it into value.
func (p *page) does(what string, value any, args ...any) {
	p.b.t.Helper()
	if what == "connect" {
		var seen []string
		p.does("seen", &seen)
		p.from = len(seen)
	}
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	line, err := json.Marshal(map[string]any{"page": p.name, "pitch": p.pitch, "firefox": p.fox, "does": what, "args": args})
	if err != nil {
		p.b.t.Fatal(err)
	}
	if _, err := p.b.in.Write(append(line, '\n')); err != nil || !p.b.out.Scan() {
		p.b.t.Fatalf("%s %s: the pages are gone: %v %v", p.name, what, err, p.b.out.Err())
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(p.b.out.Bytes(), &answer); err != nil || answer.Error != "" {
		p.b.t.Fatalf("%s %s: %v %s", p.name, what, err, answer.Error)
	}
	if value != nil {
		if err := json.Unmarshal(answer.Value, value); err != nil {
			p.b.t.Fatalf("%s %s: %v in %s", p.name, what, err, answer.Value)
		}
	}
}

// token makes an access token.
func (b *browsers) token(identity string) string {
	b.t.Helper()
	return b.tokenFor(identity, 3600)
}

// tokenFor makes an access token that lives for so many seconds.
func (b *browsers) tokenFor(identity string, seconds int) string {
	b.t.Helper()
	body := fmt.Sprintf(`{"identity":%q,"application":%q,"ttl":%d,"params":{"team":"tea"}}`, identity, b.sid, seconds)
	text, _ := b.ask("POST", "/v1/tokens", body)["token"].(string)
	logs.secret(text)
	return text
}

// registers signs the page in.
func (p *page) registers(identity string) *page {
	p.b.t.Helper()
	var got string
	p.does("register", &got, p.b.token(identity), p.b.sw.http)
	if got != identity {
		p.b.t.Errorf("%s is known as %q", p.name, got)
	}
	p.b.pages = append(p.b.pages, p)
	return p
}

// saw waits until the page has seen these events last, in this order.
func (p *page) saw(events ...string) {
	p.b.t.Helper()
	p.sawWithin(40*time.Second, events...)
}

func (p *page) sawWithin(d time.Duration, events ...string) {
	p.b.t.Helper()
	var seen []string
	until(p.b.t, d, fmt.Sprintf("%s saw %v", p.name, events), func() bool {
		p.does("seen", &seen)
		seen = seen[min(p.from, len(seen)):]
		return len(seen) >= len(events) && slices.Equal(seen[len(seen)-len(events):], events)
	})
}

// hears waits until the page hears that pitch.
func (p *page) hears(pitch float64) {
	p.b.t.Helper()
	var heard struct{ Hz, Level float64 }
	begin := time.Now()
	for p.does("hears", &heard); math.Abs(heard.Hz-pitch) >= 8 || heard.Level <= -60; p.does("hears", &heard) {
		if time.Since(begin) > 30*time.Second {
			p.b.t.Fatalf("%s hears %.0f Hz at %.0f dB, not %.0f Hz:%s", p.name, heard.Hz, heard.Level, pitch, p.b.calls())
		}
	}
	p.b.t.Logf("%s hears %.0f Hz at %.0f dB, after %.1f s", p.name, heard.Hz, heard.Level, time.Since(begin).Seconds())
}

// calls tells how each page's call is; null: it has none.
func (b *browsers) calls() string {
	var text strings.Builder
	for _, p := range b.pages {
		var about json.RawMessage
		p.does("about", &about)
		fmt.Fprintf(&text, "\n\t%s: %s", p.name, about)
	}
	return text.String()
}

// hearsNothing waits until the page hears nothing of any pitch.
func (p *page) hearsNothing() {
	p.b.t.Helper()
	var heard struct {
		Hz    float64
		Level *float64 // null is minus infinity
	}
	until(p.b.t, 20*time.Second, p.name+" hears nothing", func() bool {
		heard.Level = nil
		p.does("hears", &heard)
		return heard.Level == nil || *heard.Level < -75
	})
}

// ended waits until the application is asked what comes after a Dial that ended so.
func (b *browsers) ended(status string) {
	b.t.Helper()
	until(b.t, 20*time.Second, "the Dial is over: "+status, func() bool {
		forms := b.app.to("/after")
		return len(forms) > 0 && forms[len(forms)-1].Get("DialCallStatus") == status
	})
}

// frames counts what went over the page's sockets of that type.
func (p *page) frames(way, kind string) (n int) {
	p.b.t.Helper()
	var types []string
	p.does("frames", &types, way)
	for _, t := range types {
		if t == kind {
			n++
		}
	}
	return n
}

// TestVoiceSDK plays what applications do with Twilio's Voice SDK, unmodified: a page
// registers, calls with parameters, is called, answers, rejects, keys digits, is muted,
// has two tabs, loses its socket, restarts ICE, hangs up and is hung up.
func TestVoiceSDK(t *testing.T) {
	t.Parallel()
	b := newBrowsers(t, map[string]string{
		"/voice": `<Response><Dial action="/after" timeout="60"><Client statusCallbackEvent="ringing answered completed" statusCallback="/child">` +
			`<Identity>bob</Identity><Parameter name="room" value="tea &amp; cake"/></Client></Dial></Response>`,
		"/after": `<Response><Hangup/></Response>`,
		"/keys":  `<Response><Gather action="/keyed" numDigits="3" finishOnKey="" timeout="20"/></Response>`,
		"/keyed": `<Response><Hangup/></Response>`,
		"/bell":  `<Response><Play digits="wwwwwwwwww"/><Pause length="60"/></Response>`,
	})
	alice, bob := b.page("alice", 440).registers("alice"), b.page("bob", 1000).registers("bob")
	alice.saw("registered")

	t.Log("a call with parameters, both ways heard, hung up by who was called")
	alice.does("connect", nil, map[string]string{"To": "bob", "Topic": "milk & honey"})
	bob.saw("incoming")
	alice.saw("ringing", "accept") // Dial answers before it calls
	form := b.app.expect(t, "/voice", 1)[0]
	for name, want := range map[string]string{"From": "client:alice", "To": "bob", "Topic": "milk & honey", "team": "tea", "Direction": "inbound"} {
		if form.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, form.Get(name), want)
		}
	}
	var told struct {
		From, To, CallSid, AccountSid string
		Custom                        map[string]string
	}
	bob.does("parameters", &told)
	if told.From != "client:alice" || told.To != "client:bob" || told.AccountSid != b.keys.SID || told.Custom["room"] != "tea & cake" {
		t.Errorf("bob was told %+v", told)
	}
	bob.does("accept", nil)
	bob.saw("accept")
	alice.hears(1000)
	bob.hears(440)
	var codecs struct{ In, Out string }
	alice.does("codec", &codecs)
	t.Logf("codec %s in, %s out", codecs.In, codecs.Out)

	t.Log("mute")
	alice.does("mute", nil, true)
	bob.hearsNothing()
	alice.hears(1000)
	alice.does("mute", nil, false)
	bob.hears(440)

	t.Log("ICE restart")
	var before, after string
	alice.does("user", &before)
	alice.does("restart", nil)
	until(t, 20*time.Second, "ICE was restarted", func() bool { alice.does("user", &after); return after != before })
	alice.hears(1000)
	bob.hears(440)
	if n := alice.frames("sent", "reinvite"); n != 1 {
		t.Errorf("%d reinvites", n)
	}

	t.Log("the socket is lost, and the call goes on")
	alice.does("lose", nil)
	alice.saw("reconnecting", "unregistered", "reconnected", "registered")
	bob.does("lose", nil)
	until(t, 20*time.Second, "both have come back", func() bool { return b.sw.metric("confab_browser_calls_reattached_total") == 2 })
	alice.hears(1000)
	bob.hears(440)

	t.Log("the network is away for a while")
	restarts := alice.frames("sent", "reinvite")
	b.net.ip(t, "link set lo down") // what a host says to its own addresses goes over it
	alice.saw("reconnecting")
	time.Sleep(3 * time.Second)
	b.net.ip(t, "link set lo up")
	alice.hears(1000)
	bob.hears(440)
	t.Logf("ICE was restarted %d times", alice.frames("sent", "reinvite")-restarts)

	bob.does("disconnect", nil)
	until(t, 40*time.Second, "alice is hung up", func() bool { // her socket may come back after that
		var seen []string
		alice.does("seen", &seen)
		return slices.Contains(seen, "disconnect")
	})
	b.ended("completed")
	b.sw.quiet()

	t.Log("hung up by who called")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	bob.does("accept", nil)
	alice.hears(1000)
	alice.does("disconnect", nil)
	bob.saw("disconnect")
	b.sw.quiet()

	t.Log("rejected")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	bob.does("reject", nil)
	alice.saw("disconnect")
	b.ended("busy")

	t.Log("given up before the answer")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	alice.does("disconnect", nil)
	bob.saw("cancel")
	b.sw.quiet()

	t.Log("two tabs: the first to answer has the call")
	second := b.page("bob's second tab", 1500).registers("bob")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	second.saw("incoming")
	second.does("accept", nil)
	bob.saw("cancel")
	alice.hears(1500)
	second.hears(440)

	t.Log("hung up over REST")
	var sid string
	alice.does("sid", &sid)
	b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Calls/"+sid+".json", url.Values{"Status": {"completed"}}.Encode())
	alice.saw("disconnect")
	second.saw("disconnect")
	b.sw.quiet()

	t.Log("digits, as RFC 4733 has them; called over REST")
	b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Calls.json",
		url.Values{"To": {"client:alice?why=keys"}, "From": {"+15550100"}, "Url": {b.app.URL + "/keys"}}.Encode())
	alice.saw("incoming")
	alice.does("parameters", &told)
	if told.From != "+15550100" || told.Custom["why"] != "keys" {
		t.Errorf("alice was told %+v", told)
	}
	alice.does("accept", nil)
	alice.saw("accept")
	// Before the voice is connected the SDK sends them over the socket.
	alice.connected()
	b.app.expect(t, "/keys", 1) // what is keyed before it is asked for is lost
	alice.does("digits", nil, "1#7")
	if got := b.app.expect(t, "/keyed", 1)[0].Get("Digits"); got != "1#7" {
		t.Errorf("Digits = %q, want 1#7", got)
	}
	alice.saw("disconnect")
	if n := alice.frames("sent", "dtmf"); n != 0 {
		t.Errorf("%d dtmf frames: the digits should go with the voice", n)
	}

	t.Log("a token that is wrong, and one that expires")
	mallory := b.page("mallory", 100)
	mallory.does("try", nil, "nonsense", b.sw.http)
	mallory.saw("device error 20101")
	carol := b.page("carol", 100)
	carol.does("register", nil, b.tokenFor("carol", 15), b.sw.http) // it must be registered before that ends
	carol.sawWithin(40*time.Second, "device error 20104", "unregistered")
	carol.does("updateToken", nil, b.token("carol"))
	carol.saw("registered")
	carol.does("close", nil)
	mallory.does("close", nil)

	t.Log("an API key that is removed signs its pages out, and no others")
	made := b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Keys.json", url.Values{"FriendlyName": {"a site"}}.Encode())
	key := account{SID: made["sid"].(string), AuthToken: made["secret"].(string)}
	logs.secret(key.AuthToken)
	dave := b.page("dave", 100)
	text, _ := b.askAs(key, "POST", "/v1/tokens", `{"identity":"dave"}`)["token"].(string)
	logs.secret(text)
	dave.does("register", nil, text, b.sw.http)
	dave.saw("registered")
	b.ask("DELETE", "/2010-04-01/Accounts/"+b.keys.SID+"/Keys/"+key.SID+".json", "")
	var seen []string // it tries again, and is told so each time
	until(t, 20*time.Second, "dave is told, and is signed out", func() bool {
		dave.does("seen", &seen)
		return slices.Contains(seen, "device error 20101") && slices.Contains(seen, "unregistered")
	})
	if n := b.sw.metric(`confab_browser_refusals_total{why="key removed"}`); n != 1 {
		t.Errorf("%v sockets of the key were closed, of 1", n)
	}
	dave.does("updateToken", nil, b.token("dave"))
	dave.saw("registered")
	dave.does("close", nil)

	t.Log("unregistered: nobody is there")
	bob.does("unregister", nil)
	second.does("unregister", nil)
	bob.saw("unregistered")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	alice.saw("disconnect")
	b.ended("no-answer")

	t.Log("a page that is closed without a word")
	bob = b.page("bob's third tab", 2000).registers("bob")
	alice.does("connect", nil, map[string]string{"To": "bob"})
	bob.saw("incoming")
	bob.does("accept", nil)
	alice.hears(2000)
	bob.does("close", nil)
	alice.saw("disconnect")
	b.sw.quiet()

	t.Log("a stopping switch tells its pages")
	b.ask("POST", "/2010-04-01/Accounts/"+b.keys.SID+"/Calls.json",
		url.Values{"To": {"client:alice"}, "From": {"+15550100"}, "Url": {b.app.URL + "/bell"}}.Encode())
	alice.saw("incoming")
	alice.does("accept", nil)
	alice.saw("accept")
	b.sw.stop()
	alice.saw("disconnect", "unregistered")
}
