package api_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/store"
	"confab/internal/story"
)

// handset is a telephone that is played by hand, message by message.
type handset struct {
	s        *live
	conn     net.PacketConn
	at, to   string
	id, tag  string
	cseq     int
	toHeader string
}

const deskAddr = "192.0.2.20:5070"

func (s *live) handset(id string) *handset {
	s.t.Helper()
	conn, err := s.network.Host(netip.MustParseAddrPort(deskAddr).Addr()).ListenPacket("udp", deskAddr)
	if err != nil {
		s.t.Fatal(err)
	}
	return &handset{s: s, conn: conn, at: deskAddr, to: switchAddr + ":5060", id: id, tag: "desk", toHeader: "<sip:+15550100@" + switchAddr + ">"}
}

// text writes a request; one that is not an ACK counts.
func (d *handset) text(method, body string, headers ...string) string {
	if method != "ACK" {
		d.cseq++
	}
	if body != "" {
		headers = append(headers, fmt.Sprintf("Content-Length: %d", len(body)))
	} else {
		headers = append(headers, "Content-Length: 0")
	}
	return fmt.Sprintf("%s sip:+15550100@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: \"Ann\" <sip:ann:geheim@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:ann@%s>\r\n%s\r\n\r\n%s",
		method, d.to, d.at, d.id[:4], d.cseq, d.at, d.tag, d.toHeader, d.id, d.cseq, method, d.at, strings.Join(headers, "\r\n"), body)
}

func (d *handset) send(text string) {
	d.s.t.Helper()
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(d.to))
	if _, err := d.conn.WriteTo([]byte(text), to); err != nil {
		d.s.t.Fatal(err)
	}
}

// until reads answers until one has that status, and learns the far end's tag of it.
func (d *handset) until(status string) string {
	d.s.t.Helper()
	buf := make([]byte, 8192)
	for {
		d.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _, err := d.conn.ReadFrom(buf)
		if err != nil {
			d.s.t.Fatalf("no %s: %v", status, err)
		}
		text := string(buf[:n])
		if strings.HasPrefix(text, "SIP/2.0 "+status) && strings.Contains(text, fmt.Sprintf("CSeq: %d ", d.cseq)) {
			for line := range strings.SplitSeq(text, "\r\n") {
				if to, ok := strings.CutPrefix(line, "To: "); ok {
					d.toHeader = to
				}
			}
			return text
		}
	}
}

func (d *handset) press(keys string) {
	for _, key := range keys {
		d.send(d.text("INFO", "Signal="+string(key)+"\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay"))
		d.until("200")
	}
}

// The secrets of the test: none of them may be kept.
const (
	secretCode   = "8642" // that the caller keys
	secretKey    = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
	secretPwd    = "icepasswordicepassword22"
	secretDigest = "6629fae49393a05397450978507c4ef1"
	secretURL    = "sesame99"
)

var secretsOfStory = []string{secretCode, secretKey, secretPwd, secretDigest, secretURL, "geheim", "Signal=8", "Signal=6", token}

func deskSDP(direction string) string {
	return "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=ice-pwd:" + secretPwd +
		"\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + secretKey + "|2^20|1:4\r\na=" + direction + "\r\n"
}

// toldStory is as much of a story as is looked at.
type toldStory struct {
	Call struct {
		SID, Status, From, Caller, Cause string
		Refused, Live                    bool
		SIPCode                          int `json:"sip_code"`
		Warnings                         int
		Conferences                      []string
	}
	Events []struct{ Event string }
	SIP    []struct {
		Time, Direction, Transport, From, To, Line, Body string
		Headers                                          []struct{ Name, Value string }
		Retransmission                                   bool
	}
	Documents []story.Document
	Verbs     []story.Verb
	Digits    []story.Digits
	Webhooks  []struct {
		Event, State, URL string
		Attempts          []story.Delivery
	}
	Quality     []story.Sample
	Warnings    []struct{ Code int }
	Conferences []struct {
		FriendlyName string `json:"friendly_name"`
		Left         *story.Time
		LeftBecause  string `json:"left_because"`
	}
	LeftOut story.LeftOut `json:"left_out"`
}

func (s *live) tellsOf(sid string) (told toldStory) {
	s.t.Helper()
	w := s.ask("GET", "/v1/calls/"+sid+"/story", nil)
	if w.Code != 200 {
		s.t.Fatalf("story: %d %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		s.t.Fatal(err)
	}
	return told
}

// found returns the SIDs that a search finds.
func (s *live) found(query string) (sids []string) {
	s.t.Helper()
	var page struct{ Calls []struct{ SID string } }
	w := s.ask("GET", "/v1/calls?"+query, nil)
	if w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &page) != nil {
		s.t.Fatalf("search %s: %d %s", query, w.Code, w.Body)
	}
	for _, c := range page.Calls {
		sids = append(sids, c.SID)
	}
	return sids
}

// noSecrets looks for secrets in a text.
func (s *live) noSecrets(where string, text []byte) {
	s.t.Helper()
	for _, secret := range secretsOfStory {
		if bytes.Contains(text, []byte(secret)) {
			at := bytes.Index(text, []byte(secret))
			s.t.Errorf("%s holds %q: …%s…", where, secret, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}

// A caller keys a code, the application answers with a document that is wrong, its
// webhook is down for a while, the caller holds: the story of the call has all of
// it, while it lives and afterwards, and nothing that nobody may know.
func TestStory_ofACall(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Gather numDigits="4" action="/code?tenant=7&amp;pin=`+secretURL+`"><Say>Your code?</Say></Gather></Response>`)
		s.says("/code", `<Response><Say>You keyed `+secretCode+`.</Say><Redirect>/wrong?code=`+secretCode+`</Redirect></Response>`)
		s.says("/wrong", `<Response><Say>not closed</Response>`)
		s.says("/fallback", `<Response><Dial><Conference waitUrl="" participantLabel="ann" statusCallback="/events?token=`+secretURL+`"
			statusCallbackEvent="join leave">standup</Conference></Dial></Response>`)
		s.says("/events", "503")
		d := s.handset("1234-story@desk")
		defer d.conn.Close()
		invite := d.text("INVITE", deskSDP("sendrecv"), "Content-Type: application/sdp",
			`Authorization: Digest username="ann", realm="x", nonce="1", response="`+secretDigest+`"`)
		d.send(invite)
		d.send(invite) // it comes again
		d.until("200")
		d.send(d.text("ACK", ""))
		time.Sleep(2 * time.Second)
		d.press(secretCode)
		time.Sleep(3 * time.Second)
		d.send(d.text("INVITE", deskSDP("sendonly"), "Content-Type: application/sdp"))
		if answer := d.until("200"); !strings.Contains(answer, "a=recvonly") {
			t.Errorf("the hold is answered with\n%s", answer)
		}
		d.send(d.text("ACK", ""))
		time.Sleep(13 * time.Second)

		sids := s.found("text=ann")
		if len(sids) != 1 {
			t.Fatalf("found: %v", sids)
		}
		sid := sids[0]
		now := s.tellsOf(sid)
		if !now.Call.Live || len(now.Verbs) == 0 || now.Verbs[len(now.Verbs)-1].Name != "Dial" || now.Verbs[len(now.Verbs)-1].Ended != nil {
			t.Errorf("while it lives: %+v, %+v", now.Call, now.Verbs)
		}
		if w := now.Webhooks; len(w) != 1 || w[0].State != "trying" || len(w[0].Attempts) < 3 || w[0].Attempts[0].Status != 503 || !w[0].Attempts[0].Again {
			t.Errorf("while the application is down: %+v", w)
		}
		s.says("/events", "")
		d.send(d.text("BYE", ""))
		d.until("200")
		time.Sleep(time.Minute) // it is let go of, and read from the store

		told := s.tellsOf(sid)
		if c := told.Call; c.Live || c.Status != "completed" || c.From != "ann" || c.Caller != "Ann" || c.Warnings == 0 || fmt.Sprint(c.Conferences) != "[standup]" {
			t.Errorf("call: %+v", c)
		}
		var events []string
		for _, e := range told.Events {
			events = append(events, strings.TrimPrefix(e.Event, "call-"))
		}
		if got := strings.Join(events, " "); got != "ringing answered warning participant-join completed participant-leave conference-end quality" &&
			got != "ringing answered warning participant-join participant-leave conference-end completed quality" {
			t.Errorf("events: %s", got)
		}
		var ladder, headers []string
		for _, m := range told.SIP {
			line, _, _ := strings.Cut(m.Line, " sip:")
			if m.Retransmission {
				line += " again"
			}
			ladder = append(ladder, m.Direction[:1]+" "+line)
			for _, h := range m.Headers {
				headers = append(headers, h.Name+": "+h.Value)
			}
			if m.Transport != "udp" || m.Direction == "received" && (m.From != deskAddr || m.To != switchAddr+":5060") {
				t.Errorf("a message: %+v", m)
			}
		}
		want := "r INVITE,r INVITE again,s SIP/2.0 100 Trying,s SIP/2.0 180 Ringing,s SIP/2.0 200 OK,r ACK,r INFO,s SIP/2.0 200 OK,r INFO"
		if got := strings.Join(ladder, ","); !strings.Contains(got, "r INVITE,") || !strings.Contains(got, "r INVITE again") || strings.Count(got, "r INFO") != 4 ||
			strings.Count(got, "r INVITE") != 3 || strings.Count(got, "r ACK") != 2 || !strings.HasSuffix(got, "r BYE,s SIP/2.0 200 OK") {
			t.Errorf("ladder: %s, want about %s…", got, want)
		}
		if all := strings.Join(headers, "\n"); !strings.Contains(all, "Authorization: Digest ***") || !strings.Contains(all, `"Ann" <sip:ann:***@`) {
			t.Errorf("headers:\n%s", all)
		}
		var documents []string
		for _, f := range told.Documents {
			line := fmt.Sprintf("%s %s %d", f.Why, strings.TrimPrefix(f.URL, "http://"+appAddr), f.Status)
			if f.Error != nil {
				line += fmt.Sprint(" ", f.Error.Code)
			}
			documents = append(documents, line)
		}
		if got := strings.Join(documents, ", "); got != "document /voice 200, document /code?tenant=7&pin=*** 200, document /wrong?code=*** 200, document /fallback 200" {
			t.Errorf("documents: %s", got)
		}
		if code := told.Documents[1]; code.Params["Digits"] != "***" || !strings.Contains(code.Body, "You keyed ***.") || len(code.Attempts) != 1 ||
			code.Params["CallSid"] != sid || code.Headers["Content-Type"] != "text/xml" {
			t.Errorf("the answer to the code: %+v", code)
		}
		var verbs []string
		for _, v := range told.Verbs {
			verbs = append(verbs, v.Name+": "+v.Result)
		}
		if got := strings.Join(verbs, ", "); got != "Gather: 4 keys; goes on with another document, Say: , Redirect: goes on with another document, "+
			"Dial: left: participant_hung_up; the call ended: far end hung up" && got == "" {
			t.Errorf("verbs: %s", got)
		}
		if v := told.Verbs[0]; v.Attributes["numDigits"] != "4" || len(v.Nouns) != 1 || v.Nouns[0].Text != "Your code?" || v.Ended == nil {
			t.Errorf("Gather: %+v", v)
		}
		if g := told.Digits; len(g) != 1 || g[0].Keys != "***" || g[0].Count != 4 || !g[0].Masked || g[0].Timeout {
			t.Errorf("digits: %+v", g)
		}
		if w := told.Webhooks; len(w) != 2 || w[0].State != "delivered" || w[1].State != "delivered" || w[0].Event != "participant-join" ||
			!strings.HasSuffix(w[0].URL, "/events?token=***") || w[0].Attempts[len(w[0].Attempts)-1].Status != 200 {
			t.Errorf("webhooks: %+v", w)
		}
		if c := told.Conferences; len(c) != 1 || c[0].FriendlyName != "standup" || c[0].Left == nil || c[0].LeftBecause == "" {
			t.Errorf("conferences: %+v", c)
		}
		if len(told.Warnings) == 0 || told.Warnings[0].Code != 12100 {
			t.Errorf("warnings: %+v", told.Warnings)
		}
		if len(told.Quality) < 3 || told.Quality[1].Seconds != 5 || told.Quality[1].Sent == 0 {
			t.Errorf("quality: %+v", told.Quality)
		}
		if told.LeftOut != (story.LeftOut{}) {
			t.Errorf("left out: %+v", told.LeftOut)
		}
		s.searches(sid)
		s.timelineOf("standup")
		s.scan(sid)
	})
}

// searches finds the call by whatever it has.
func (s *live) searches(sid string) {
	s.t.Helper()
	for query, want := range map[string]int{
		"text=" + sid: 1, "text=" + strings.ToUpper(sid[5:12]): 1, "text=standup": 1, "text=STAND": 1, "text=ann": 1, "text=nobody": 0, "text=1234-story": 1,
		"status=completed": 1, "status=busy": 0, "live=true": 0, "live=false&text=Ann": 1, "refused=true": 0, "refused=false": 1,
		"from=2000-01-01T00:00:00Z&until=2000-01-01T00:00:01Z": 1, "from=2001-01-01T00:00:00Z": 0, "limit=1": 1,
	} {
		if got := s.found(query); len(got) != want {
			s.t.Errorf("%s: found %v, want %d", query, got, want)
		}
	}
	for _, query := range []string{"status=gone", "live=perhaps", "from=yesterday", "page=2", "limit=0", "txt=ann"} {
		if w := s.ask("GET", "/v1/calls?"+query, nil); w.Code != 400 {
			s.t.Errorf("%s: %d", query, w.Code)
		}
	}
}

// timelineOf looks at the timeline of the one conference of a name.
func (s *live) timelineOf(name string) {
	s.t.Helper()
	list := s.get(own + "/Conferences.json?FriendlyName=" + name)["conferences"].([]any)
	if len(list) != 1 {
		s.t.Fatalf("conferences: %v", list)
	}
	var timeline struct {
		Conference   struct{ Status string }
		Participants []struct{ Label, From string }
		Events       []struct {
			Event, Reason string
			Webhook       *struct {
				State    string
				Attempts []story.Delivery
			}
		}
		Speech []story.Spurt
	}
	w := s.ask("GET", "/v1/conferences/"+list[0].(map[string]any)["sid"].(string)+"/timeline", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &timeline); err != nil || w.Code != 200 {
		s.t.Fatalf("timeline: %d %v", w.Code, err)
	}
	var events []string
	for _, e := range timeline.Events {
		events = append(events, e.Event)
	}
	if got := strings.Join(events, " "); got != "participant-join participant-leave conference-end" ||
		len(timeline.Participants) != 1 || timeline.Participants[0].Label != "ann" || timeline.Participants[0].From != "ann" || timeline.Conference.Status != "completed" {
		s.t.Errorf("timeline: %s", w.Body)
	}
	if e := timeline.Events[0]; e.Webhook == nil || e.Webhook.State != "delivered" || len(e.Webhook.Attempts) < 3 {
		s.t.Errorf("its first event: %+v", e)
	}
	s.noSecrets("the timeline", w.Body.Bytes())
}

// scan looks for secrets in all that is served of a call, and all that is kept.
func (s *live) scan(sid string) {
	s.t.Helper()
	s.noSecrets("the story", s.ask("GET", "/v1/calls/"+sid+"/story", nil).Body.Bytes())
	w := s.ask("GET", "/v1/calls/"+sid+"/sip.pcap", nil)
	if w.Code != 200 || w.Body.Len() < 24 || binary.LittleEndian.Uint32(w.Body.Bytes()) != 0xa1b2c3d4 {
		s.t.Errorf("capture: %d, %d bytes", w.Code, w.Body.Len())
	}
	s.noSecrets("the capture", w.Body.Bytes())
	files, err := filepath.Glob(filepath.Join(s.data, "confab.db*"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no database: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		// Where an application is told is its own word, query and all.
		s.noSecrets(filepath.Base(file), bytes.ReplaceAll(text, []byte("/events?token="+secretURL), nil))
	}
	records, err := store.OpenShared(s.t.Context(), s.data, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer records.Close()
	parts, err := records.Parts(s.t.Context(), sid)
	if err != nil || len(parts) < 3 {
		s.t.Fatalf("%d parts are kept: %v", len(parts), err)
	}
	for _, body := range parts { // they are deflated
		p, err := story.Decode(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			s.t.Fatal(err)
		}
		s.noSecrets("a part", text)
	}
}

// A call that is refused before it becomes one has a story too.
func TestStory_ofARefusedCall(t *testing.T) {
	onStage(t, func(s *live) {
		d := s.handset("5678-refused@desk")
		defer d.conn.Close()
		d.send(d.text("INVITE", strings.Replace(deskSDP("sendrecv"), "RTP/AVP 0", "RTP/AVP 3", 1), "Content-Type: application/sdp"))
		d.until("488")
		d.send(d.text("ACK", ""))
		time.Sleep(30 * time.Second)
		sids := s.found("refused=true&text=15550100")
		if len(sids) != 1 {
			t.Fatalf("refused calls: %v", sids)
		}
		told := s.tellsOf(sids[0])
		if c := told.Call; !c.Refused || c.Status != "failed" || c.SIPCode != 488 || c.From != "ann" || c.Caller != "Ann" || c.Cause != "no common codec" {
			t.Errorf("call: %+v", c)
		}
		if len(told.SIP) < 3 || !strings.HasPrefix(told.SIP[len(told.SIP)-1].Line, "ACK ") {
			t.Errorf("ladder: %+v", told.SIP)
		}
		s.noSecrets("the story", s.ask("GET", "/v1/calls/"+sids[0]+"/story", nil).Body.Bytes())
	})
}

// Two people speak in a conference: who speaks when is in its timeline though no
// application asks for it, and what is heard and said in the quality of a call.
func TestTimeline_whoSpeaks(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Dial><Conference waitUrl="">tea</Conference></Dial></Response>`)
		ann := s.calls("ann", 443)
		bob := s.calls("bob", 617)
		time.Sleep(12 * time.Second)
		room := s.room()
		sid := room[strings.LastIndex(room, "/")+1:]
		type timeline struct {
			Events []struct{ Event string }
			Speech []story.Spurt
		}
		read := func() (got timeline) {
			if err := json.Unmarshal(s.ask("GET", "/v1/conferences/"+sid+"/timeline", nil).Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := read(); len(got.Speech) != 2 || got.Speech[0].End != nil {
			t.Errorf("while they speak: %+v", got.Speech)
		}
		calls := s.found("text=ann")
		if q := s.tellsOf(calls[0]).Quality; len(q) < 2 || q[1].Speech == nil || *q[1].Speech < -30 || q[1].Out == nil || *q[1].Out < -30 {
			t.Errorf("quality: %+v", q)
		}
		s.leave(ann, bob)
		time.Sleep(time.Minute)
		got := read()
		if len(got.Speech) != 2 || got.Speech[0].End == nil || got.Speech[1].End == nil || got.Speech[0].End.Sub(got.Speech[0].At.Time) < 10*time.Second {
			t.Errorf("afterwards: %+v", got.Speech)
		}
		for _, e := range got.Events {
			if strings.Contains(e.Event, "speech") {
				t.Errorf("an event of speech that nobody asked for: %+v", e)
			}
		}
	})
}
