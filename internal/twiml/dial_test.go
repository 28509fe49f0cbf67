package twiml_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/twiml"
)

func conferenceDefaults() *twiml.Conference {
	return &twiml.Conference{
		Name: "tea", Muted: false, Beep: twiml.BeepBoth, StartOnEnter: true, EndOnExit: false, JitterBufferSize: "large",
		HasWaitURL: false, WaitMethod: "POST", StatusCallbackMethod: "POST", Record: "do-not-record", Trim: true,
		Recording: twiml.RecordingCallback{Method: "POST", Events: []string{"completed"}},
	}
}

func dialDefaults() twiml.Dial {
	return twiml.Dial{
		Conference: conferenceDefaults(),
		Method:     "POST", Timeout: 30 * time.Second, TimeLimit: 14400 * time.Second, ReferMethod: "POST",
		Record: "do-not-record", Track: "both",
		Recording: twiml.RecordingCallback{Method: "POST", Events: []string{"completed"}},
	}
}

func TestDial_attributes(t *testing.T) {
	type d = twiml.Dial
	rows := []row[twiml.Dial]{
		{``, nil, 0},
		{`action="/done"`, func(d *d) { d.HasAction, d.Action = true, "/done" }, 0},
		{`action=""`, func(d *d) { d.HasAction = true }, 0},
		{`method="GET"`, func(d *d) { d.Method = "GET" }, 0},
		{`method="x"`, nil, 13210},
		{`timeout="5"`, func(d *d) { d.Timeout = 5 * time.Second }, 0},
		{`timeout="600"`, func(d *d) { d.Timeout = 600 * time.Second }, 0},
		{`timeout="601"`, nil, 13212},
		{`timeout="4"`, nil, 13212},
		{`timeLimit="60"`, func(d *d) { d.TimeLimit = time.Minute }, 0},
		{`timeLimit="86400"`, func(d *d) { d.TimeLimit = 24 * time.Hour }, 0},
		{`timeLimit="86401"`, nil, 13216},
		{`timeLimit="0"`, nil, 13216},
		{`hangupOnStar="true"`, func(d *d) { d.HangupOnStar = true }, 0},
		{`hangupOnStar="1"`, nil, 13213},
		{`callerId="+15550100"`, func(d *d) { d.CallerID = "+15550100" }, 0},
		{`callerId="client:ann@home"`, func(d *d) { d.CallerID = "client:ann@home" }, 0},
		{`callerId="a b;c"`, nil, 13214},
		{`answerOnBridge="true"`, func(d *d) { d.AnswerOnBridge = true }, 0},
		{`answerOnBridge="x"`, nil, 13219},
		{`record="record-from-answer"`, func(d *d) { d.Record = "record-from-answer" }, 0},
		{`record="record-from-ringing"`, func(d *d) { d.Record = "record-from-ringing" }, 0},
		{`record="record-from-answer-dual"`, func(d *d) { d.Record = "record-from-answer-dual" }, 0},
		{`record="record-from-ringing-dual"`, func(d *d) { d.Record = "record-from-ringing-dual" }, 0},
		{`record="true"`, func(d *d) { d.Record = "record-from-answer" }, 0},
		{`record="false"`, nil, 0},
		{`record="always"`, nil, 13217},
		{`trim="trim-silence"`, func(d *d) { d.Trim = true }, 0},
		{`trim="do-not-trim"`, nil, 0},
		{`trim="x"`, nil, 12200},
		{`recordingStatusCallback="/r"`, func(d *d) { d.Recording.URL = "/r" }, 0},
		{`recordingStatusCallback="http://[x"`, nil, 13256},
		{`recordingStatusCallbackMethod="GET"`, func(d *d) { d.Recording.Method = "GET" }, 0},
		{`recordingStatusCallbackEvent="in-progress completed absent"`, func(d *d) { d.Recording.Events = []string{"in-progress", "completed", "absent"} }, 0},
		{`recordingStatusCallbackEvent="x"`, nil, 12200},
		{`recordingTrack="inbound"`, func(d *d) { d.Track = "inbound" }, 0},
		{`recordingTrack="outbound"`, func(d *d) { d.Track = "outbound" }, 0},
		{`recordingTrack="x"`, nil, 12200},
		{`recordingConfigurationId="abc"`, func(d *d) { d.Recording.ConfigurationID = "abc" }, 0},
		{`ringTone="us-old"`, func(d *d) { d.RingTone = "us-old" }, 0},
		{`ringTone="xx"`, nil, 13220},
		{`sequential="true"`, func(d *d) { d.Sequential = true }, 0},
		{`sequential="x"`, nil, 13218},
		{`referUrl="/refer"`, func(d *d) { d.ReferURL = "/refer" }, 0},
		{`referMethod="GET"`, func(d *d) { d.ReferMethod = "GET" }, 0},
		{`events="call-progress-event"`, func(d *d) { d.Events = "call-progress-event" }, 0},
		{`passports="x"`, func(d *d) { d.Passports = "x" }, 0},
		{`url="/x"`, nil, 12200},
	}
	for _, tone := range strings.Fields("at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt ru se sg th uk us us-old tw ve za") {
		rows = append(rows, row[twiml.Dial]{`ringTone="` + tone + `"`, func(d *d) { d.RingTone = tone }, 0})
	}
	walk(t, "Dial", "<Conference>tea</Conference>", dialDefaults(), rows)
}

func TestConference_attributes(t *testing.T) {
	const sid = "CA0123456789abcdef0123456789abcdef"
	type c = twiml.Conference
	rows := []row[twiml.Conference]{
		{``, nil, 0},
		{`muted="true"`, func(c *c) { c.Muted = true }, 0},
		{`muted="x"`, nil, 13230},
		{`beep="false"`, func(c *c) { c.Beep = twiml.BeepNever }, 0},
		{`beep="onEnter"`, func(c *c) { c.Beep = twiml.BeepOnEnter }, 0},
		{`beep="onExit"`, func(c *c) { c.Beep = twiml.BeepOnExit }, 0},
		{`beep="loud"`, nil, 13235},
		{`startConferenceOnEnter="false"`, func(c *c) { c.StartOnEnter = false }, 0},
		{`startConferenceOnEnter="x"`, nil, 13232},
		{`endConferenceOnExit="true"`, func(c *c) { c.EndOnExit = true }, 0},
		{`participantLabel="boss"`, func(c *c) { c.Label = "boss" }, 0},
		{`jitterBufferSize="off"`, func(c *c) { c.JitterBufferSize = "off" }, 0},
		{`jitterBufferSize="small"`, func(c *c) { c.JitterBufferSize = "small" }, 0},
		{`jitterBufferSize="medium"`, func(c *c) { c.JitterBufferSize = "medium" }, 0},
		{`jitterBufferSize="huge"`, nil, 12200},
		{`waitUrl="/wait"`, func(c *c) { c.HasWaitURL, c.WaitURL = true, "/wait" }, 0},
		{`waitUrl=""`, func(c *c) { c.HasWaitURL = true }, 0},
		{`waitUrl="http://[bad"`, nil, 13233},
		{`waitMethod="GET"`, func(c *c) { c.WaitMethod = "GET" }, 0},
		{`waitMethod="x"`, nil, 13234},
		{`maxParticipants="1"`, func(c *c) { c.MaxParticipants = 1 }, 0},
		{`maxParticipants="250"`, func(c *c) { c.MaxParticipants = 250 }, 0},
		{`record="record-from-start"`, func(c *c) { c.Record = "record-from-start" }, 0},
		{`record="true"`, func(c *c) { c.Record = "record-from-start" }, 0},
		{`record="x"`, nil, 12200},
		{`region="de1"`, func(c *c) { c.Region = "de1" }, 0},
		{`region="moon1"`, nil, 12200},
		{`trim="do-not-trim"`, func(c *c) { c.Trim = false }, 0},
		{`trim="false"`, func(c *c) { c.Trim = false }, 0},
		{`trim="true"`, nil, 0},
		{`coach="` + sid + `"`, func(c *c) { c.Coach = sid }, 0},
		{`statusCallback="/conf"`, func(c *c) { c.StatusCallback = "/conf" }, 0},
		{`statusCallbackEvent="start end join leave mute hold modify speaker announcement"`, func(c *c) {
			c.StatusCallbackEvents = []string{"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"}
		}, 0},
		{`statusCallbackEvent=" leave  join leave "`, func(c *c) { c.StatusCallbackEvents = []string{"leave", "join"} }, 0},
		{`statusCallbackEvent=""`, nil, 0},
		{`statusCallbackMethod="GET"`, func(c *c) { c.StatusCallbackMethod = "GET" }, 0},
		{`recordingStatusCallback="/r"`, func(c *c) { c.Recording.URL = "/r" }, 0},
		{`recordingStatusCallback="http://[x"`, nil, 13256},
		{`recordingStatusCallbackMethod="GET"`, func(c *c) { c.Recording.Method = "GET" }, 0},
		{`recordingStatusCallbackEvent="absent"`, func(c *c) { c.Recording.Events = []string{"absent"} }, 0},
		{`recordingConfigurationId="abc"`, func(c *c) { c.Recording.ConfigurationID = "abc" }, 0},
		{`eventCallbackUrl="/e"`, func(c *c) { c.EventCallbackURL = "/e" }, 0},
		{`name="x"`, nil, 12200},
	}
	for _, r := range rows {
		t.Run(r.attribute, func(t *testing.T) {
			d, got := one[*twiml.Dial](t, "<Dial><Conference "+r.attribute+">tea</Conference></Dial>")
			want := dialDefaults()
			if r.change != nil {
				r.change(want.Conference)
			}
			if diff := cmp.Diff(&want, d); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var wantCodes []int
			if r.code != 0 {
				wantCodes = []int{r.code}
			}
			if diff := cmp.Diff(wantCodes, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// What the error dictionary calls an error, and a name that is none, keep the
// conference from being joined.
func TestConference_faults(t *testing.T) {
	tests := []struct {
		attributes, name string
		code             int
	}{
		{`endConferenceOnExit="x"`, "tea", 13231},
		{`trim="x"`, "tea", 13239},
		{`coach="CA123"`, "tea", 13240},
		{`coach="CF0123456789abcdef0123456789abcdef"`, "tea", 13240},
		{`maxParticipants="0"`, "tea", 16002},
		{`maxParticipants="many"`, "tea", 16002},
		{`statusCallback="http://[x"`, "tea", 16002},
		{`statusCallbackEvent="start stop"`, "tea", 16002},
		{`statusCallbackMethod="PUT"`, "tea", 16002},
		{`recordingStatusCallbackMethod="PUT"`, "tea", 16002},
		{`recordingStatusCallbackEvent="failed"`, "tea", 16002},
		{`eventCallbackUrl="http://[x"`, "tea", 16002},
		{`participantLabel="a/b"`, "tea", 16023},
		{`participantLabel="a%2fb"`, "tea", 16023},
		{`participantLabel="CA0123456789abcdef0123456789abcdef"`, "tea", 16023},
		{`participantLabel="` + strings.Repeat("x", 129) + `"`, "tea", 16023},
		{``, "", 13237},
		{``, " \n ", 13237},
		{``, strings.Repeat("é", 129), 13237},
	}
	for _, test := range tests {
		t.Run(test.attributes+test.name, func(t *testing.T) {
			doc := parse(t, "<Response>\n<Dial>\n<Conference muted='true' "+test.attributes+">"+test.name+"</Conference></Dial></Response>")
			d := doc.Verbs[0].(*twiml.Dial)
			if d.Conference != nil {
				t.Errorf("conference is joined: %+v", d.Conference)
			}
			if d.Fault == nil || d.Fault.Code != test.code || d.Fault.Line != 3 {
				t.Fatalf("got fault %v, want %d in line 3", d.Fault, test.code)
			}
			if diff := cmp.Diff([]twiml.Warning{*d.Fault}, doc.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConference_nameOf128(t *testing.T) {
	name := strings.Repeat("é", 128)
	d, got := one[*twiml.Dial](t, "<Dial><Conference>\n\t"+name+"\n</Conference></Dial>")
	if d.Conference == nil || d.Conference.Name != name || got != nil {
		t.Errorf("got %+v with warnings %v", d.Conference, got)
	}
}

func TestDial_nouns(t *testing.T) {
	tests := []struct {
		name, body string
		joins      bool
		nouns      []string
		codes      []int
	}{
		{"conference", `<Conference>tea</Conference>`, true, nil, nil},
		{"bare number", `+15550100`, false, []string{"Number"}, nil},
		{"each noun", `<Number>1</Number><Client>a</Client><Sip>sip:a@b</Sip><Queue>q</Queue><Application>x</Application><Sim>s</Sim><WhatsApp>w</WhatsApp>`,
			false, []string{"Number", "Sip", "Queue", "Application", "Sim", "WhatsApp"}, nil},
		{"conference and number", `<Conference>tea</Conference><Number>1</Number>`, true, nil, []int{13000}},
		{"number and conference", `1<Conference>tea</Conference>`, true, nil, []int{13000}},
		{"two conferences", `<Conference>tea</Conference><Conference>cake</Conference>`, true, nil, []int{13000}},
		{"verb", `<Say>x</Say>`, false, nil, []int{13215, 13223}},
		{"unknown", `<Foo/>`, false, nil, []int{12200, 13223}},
		{"nobody", ``, false, nil, []int{13223}},
		{"client and conference", `<Client>ann</Client><Conference>tea</Conference>`, true, nil, []int{13000}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, got := one[*twiml.Dial](t, "<Dial>"+test.body+"</Dial>")
			if (d.Conference != nil) != test.joins {
				t.Errorf("got conference %v, want one: %v", d.Conference, test.joins)
			}
			if d.Conference != nil && d.Conference.Name != "tea" {
				t.Errorf("got conference %q, want the first", d.Conference.Name)
			}
			var nouns []string
			for _, n := range d.Nouns {
				nouns = append(nouns, n.Name)
			}
			if diff := cmp.Diff(test.nouns, nouns); diff != "" {
				t.Errorf("nouns (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.codes, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBeep(t *testing.T) {
	tests := []struct {
		beep        twiml.Beep
		enter, exit bool
	}{
		{twiml.BeepBoth, true, true}, {twiml.BeepNever, false, false},
		{twiml.BeepOnEnter, true, false}, {twiml.BeepOnExit, false, true},
	}
	for _, test := range tests {
		if test.beep.Enter() != test.enter || test.beep.Exit() != test.exit {
			t.Errorf("%s: got %v, %v", test.beep, test.beep.Enter(), test.beep.Exit())
		}
	}
}

// A password in an address is a secret.
func TestConference_passwordIsNotShown(t *testing.T) {
	doc := parse(t, `<Response><Dial><Conference waitUrl="http://ann:sesame@[bad">tea</Conference></Dial></Response>`)
	if len(doc.Warnings) != 1 || strings.Contains(doc.Warnings[0].Message, "sesame") {
		t.Errorf("warnings: %v", doc.Warnings)
	}
}

func TestClient(t *testing.T) {
	tests := []struct {
		name, body string
		want       []*twiml.Client
		codes      []int
	}{
		{"identity", "<Client>\n ann \n</Client>", []*twiml.Client{client("ann", nil)}, nil},
		{"several", `<Client>ann</Client><Client>bob</Client>`, []*twiml.Client{client("ann", nil), client("bob", nil)}, nil},
		{"parameters", `<Client><Identity> ann </Identity><Parameter name="a" value=" 1 "/><Parameter name="b" value=""/></Client>`,
			[]*twiml.Client{client("ann", func(c *twiml.Client) { c.Parameters = []twiml.Parameter{{"a", " 1 "}, {"b", ""}} })}, nil},
		{"attributes", `<Client url="/w" method="get" statusCallback="/s" statusCallbackMethod="GET" statusCallbackEvent="initiated ringing  answered completed">ann</Client>`,
			[]*twiml.Client{client("ann", func(c *twiml.Client) {
				c.URL, c.Method, c.StatusCallback, c.StatusCallbackMethod = "/w", "GET", "/s", "GET"
				c.StatusCallbackEvents = []string{"initiated", "ringing", "answered", "completed"}
			})}, nil},
		{"wrong words", `<Client method="PUT" statusCallbackEvent="join" colour="red">ann</Client>`, []*twiml.Client{client("ann", nil)}, []int{12200, 12200, 12200}},
		{"notification", `<Client clientNotificationUrl="/n">ann</Client>`, []*twiml.Client{client("ann", nil)}, []int{12200}},
		{"nobody", `<Client/>`, nil, []int{13223}},
		{"a space", `<Client>ann b</Client>`, nil, []int{13223}},
		{"a query", `<Client>ann?x=1</Client>`, nil, []int{13223}},
		{"too long", `<Client>` + strings.Repeat("é", 257) + `</Client>`, nil, []int{13223}},
		{"too many", strings.Repeat(`<Client>a</Client>`, 11), slices.Repeat([]*twiml.Client{client("a", nil)}, 10), []int{13250}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, got := one[*twiml.Dial](t, "<Dial>"+test.body+"</Dial>")
			if diff := cmp.Diff(test.want, d.Clients); diff != "" {
				t.Errorf("clients (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.codes, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// client is a Client at its defaults, but for what set changes.
func client(identity string, set func(*twiml.Client)) *twiml.Client {
	c := new(twiml.Dial).Call(identity)
	if set != nil {
		set(c)
	}
	return c
}
