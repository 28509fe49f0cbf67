package transcript

import (
	"strings"
	"testing"
	"testing/synctest"
)

// A transcript that passes whatever happens proves nothing: here each kind of
// step meets what it must not be content with.
func TestOnClock_fails(t *testing.T) {
	const conference = `-- numbers --
+15550100 /voice status /ended
-- POST /voice --
<Response><Dial><Conference statusCallback="/conf" statusCallbackEvent="join start">x</Conference></Dial></Response>
-- timeline --
`
	const speech = `-- POST /voice --
<Response><Say>Hello to you.</Say></Response>
-- timeline --
`
	const pause = `-- POST /voice --
<Response><Pause length="2"/><Say>Hello.</Say></Response>
-- timeline --
`
	const dial = `-- POST /voice --
<Response><Dial action="/after"><Client>bob</Client></Dial></Response>
-- timeline --
`
	shared := NewProps()
	for name, test := range map[string]struct{ text, want string }{
		"not rung":          {dial + "0s bob registers\nbob is rung", "x.txt:5: bob is not rung, but has called nobody, and was not called"},
		"rung":              {dial + "0s bob registers\nann calls +15550100\nbob is rung\nbob is not rung", "bob is rung"},
		"nothing to answer": {dial + "0s bob registers\nbob answers", "bob cannot answer: has called nobody"},
		"missed nothing":    {dial + "0s bob registers\nann calls +15550100\nbob is rung\nbob answers\nbob misses it", "bob does not miss a call, but is in a call"},
		"missed":            {dial + "0s bob registers\nann calls +15550100\nbob is rung\nann hangs up\nbob misses it\nbob answers", "bob cannot answer: missed a call"},
		"other keys":        {dial + "0s bob registers\nann calls +15550100\nbob is rung\nbob answers\nbob hears silence\nann keys 1\nbob is sent 2", `bob was sent "1", not "2"`},
		"no refusal":        {dial + "0s bob registers\noperator calls bob Url=$APP/after gets 21205", "answered with error 0, want 21205"},
		"another parameter": {conference + "0s ann calls +15550100\nexpect POST /conf StatusCallbackEvent=participant-join Muted=true",
			"x.txt:7: nothing that was sent fits: expect POST /conf StatusCallbackEvent=participant-join Muted=true\n\tnext is 0.004s POST /conf StatusCallbackEvent=participant-join SequenceNumber=1 CallSid=@ann"},
		"its difference": {conference + "0s ann calls +15550100\nexpect POST /conf Muted=true", "want Muted=true, have false"},
		"nothing":        {conference + "0s ann calls +15550100\nexpect POST /conf\nexpect POST /conf", "x.txt:8: nothing was sent: expect POST /conf"},
		"another order": {conference + "0s ann calls +15550100\nann hears music\nbob calls +15550100\nann hears 440",
			"x.txt:9: ann does not hear 440 Hz"},
		"order of posts": {conference + "0s ann calls +15550100\nann hears music\nbob calls +15550100\nbob is answered\nexpect POST /conf CallSid=@bob", "nothing that was sent fits"},
		"somebody else":  {conference + "0s ann calls +15550100; bob calls +15550100\nexpect POST /conf CallSid=@ann\nexpect POST /conf CallSid=@ann", "nothing that was sent fits"},
		"another conference": {conference + "0s ann calls +15550100\nexpect POST /conf ConferenceSid=@one\nbob calls +15550100\nexpect POST /conf ConferenceSid=@two",
			"want ConferenceSid=@two, have @one"},
		"more posts":     {conference + "0s ann calls +15550100\nexpect end of posts", "it is not the end of posts:"},
		"more of a path": {conference + "0s ann calls +15550100\nexpect end of posts /voice", "it is not the end of posts:"},
		"another method": {conference + "0s ann calls +15550100\nexpect GET /conf", "(method)"},
		"oneself":        {conference + "0s ann calls +15550100; bob calls +15550100\nann says 440\n1s bob hears 660", "bob does not hear 660 Hz"},
		"also":           {conference + "0s ann calls +15550100; bob calls +15550100; carol calls +15550100\nann says 440; bob says 660\n1s carol hears 440", "carol also hears 660 (bob)"},
		"silence":        {conference + "0s ann calls +15550100\nann hears silence", "ann hears no silence but"},
		"music":          {conference + "0s ann calls +15550100; bob calls +15550100\n1s bob says 440; ann hears music", "ann hears not the music"},
		"no music":       {conference + "0s ann calls +15550100; bob calls +15550100\n1s ann hears music", "ann hears no music but silence"},
		"no beep":        {conference + "0s ann calls +15550100\nann is answered; bob calls +15550100; ann hears no beep", "ann hears"},
		"a beep":         {conference + "0s ann calls +15550100; bob calls +15550100\n1s ann hears a rising beep", "ann hears no beep but silence"},
		"the wrong beep": {conference + "0s ann calls +15550100\nann hears music\nbob calls +15550100; carol calls +15550100\n2s dave calls +15550100\nann hears a falling beep", "ann hears the wrong beep"},
		"another text":   {speech + "0s ann calls +15550100\nann hears speech \"Hello to all.\"", `x.txt:5: ann hears "Hello to you`},
		"more text":      {speech + "0s ann calls +15550100\nann hears speech \"Hello\"", `more than "Hello"`},
		"less text":      {speech + "0s ann calls +15550100\nann hears speech \"Hello to you. And\"", `not "Hello to you. And"`},
		"text too late": {"-- POST /voice --\n<Response><Say>Hello.</Say><Pause length=\"2\"/><Say>Hello.</Say></Response>\n-- timeline --\n0s ann calls +15550100\nann hears speech \"Hello.\"\nann hears speech \"Hello.\"",
			"x.txt:6: ann hears nothing in time, not"},
		"no text":         {conference + "0s ann calls +15550100\nann hears speech \"Hello\"", `, not "Hello"`},
		"not yet":         {pause + "0s ann calls +15550100\nann is answered", "x.txt:5: ann is not answered, but hears it ringing"},
		"still there":     {conference + "0s ann calls +15550100\nann is hung up within 2s", "ann is not hung up, but is in a call"},
		"gone":            {speech + "0s ann calls +15550100\n2s ann is there", "ann is not in a call: was hung up: far end hung up"},
		"no longer rings": {conference + "0s ann calls +15550100\n500ms ann is ringing", "ann is not ringing, but is in a call"},
		"another status":  {speech + "0s ann calls +15559999\nann gets 486", "ann does not get 486, but got 404"},
		"no call":         {speech + "0s ann hears silence", "ann cannot hear: has called nobody"},
		"two calls":       {speech + "0s ann calls +15550100; ann calls +15550100", "ann is in a call already"},
		"cancel too late": {speech + "0s ann calls +15550100\nann is answered\nann cancels", "ann cannot cancel"},
		"no warning":      {speech + "0s ann calls +15550100\nann is answered\nexpect warning 13230 on ann", "ann is not warned of 13230"},
		"another warning": {"-- POST /voice --\n<Response><Sing/></Response>\n-- timeline --\n0s ann calls +15550100\nexpect warning 13230 on ann", "ann is warned of 12200"},
		"unexpected warning": {"-- POST /voice --\n<Response><Sing/></Response>\n-- timeline --\n0s ann calls +15550100\nann is hung up",
			"x: ann is warned of 12200 (<Sing> is not an element of <Response> (line 1)), which nothing expects"},
		"too slow":          {speech + "0s ann calls +15550100\nann hears speech \"Hello to you.\"\n500ms ann is hung up", "late: what is above takes longer"},
		"method not served": {"-- POST /voice --\n<Response><Redirect>/next</Redirect></Response>\n-- GET /next --\n<Response/>\n-- timeline --\n0s ann calls +15550100\nann is hung up within 9s\nexpect warning 11200 on ann", "x: POST /next: the file serves that path to another method"},
		"more parameters":   {conference + "0s ann calls +15550100\nexpect POST /conf StatusCallbackEvent CallSid only", "want no AccountSid, Coaching, "},
		"another property":  {conference + "0s ann calls +15550100\nexpect POST /conf ConferenceSid=@c\noperator reads @c status=completed", "status is init, want completed"},
		"no such property":  {conference + "0s ann calls +15550100\nexpect POST /conf ConferenceSid=@c\noperator reads @c/@ann size=1", "it has no size"},
		"not refused":       {conference + "0s ann calls +15550100\nexpect POST /conf ConferenceSid=@c\noperator reads @c/@ann gets 20404", "answered with error 0, want 20404"},
		"no such setting":   {"-- config --\nmax_callers: 1\n-- timeline --\n0s ann calls +15550100", "x.txt:2: max_callers: the switch has no such setting"},
		"no such room":      {"-- rooms --\n123 tea\n-- timeline --\n0s ann calls +15550100", "x.txt:2: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := onClock(t.Context(), parsed(t, "x", test.text), shared, t.TempDir(), newDiary(), false)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v\nwant %s", err, test.want)
				}
			})
		})
	}
}

// A run writes into the expect lines what was sent, and nothing else.
func TestUpdate(t *testing.T) {
	const before = `# About.
-- POST /voice --
<Response><Dial><Conference statusCallback="/conf" statusCallbackEvent="join start leave">x</Conference></Dial></Response>
-- timeline --
0s    ann calls +15550100
      expect POST /voice CallStatus=ringing AccountSid     # kept
      expect POST /conf                                    # filled
      bob calls +15550100
      expect POST /conf StatusCallbackEvent=participant-leave CallSid=@ann ConferenceSid=@a Label Muted=f* within 2s
      expect POST /conf StatusCallbackEvent=conference-start
      bob hangs up
      expect end of posts
`
	const after = `# About.
-- POST /voice --
<Response><Dial><Conference statusCallback="/conf" statusCallbackEvent="join start leave">x</Conference></Dial></Response>
-- timeline --
0s    ann calls +15550100
      expect POST /voice CallStatus=ringing AccountSid     # kept
      expect POST /conf StatusCallbackEvent=participant-join SequenceNumber=1 CallSid=@ann Muted=false  # filled
      bob calls +15550100
      expect POST /conf StatusCallbackEvent=participant-join CallSid=@bob ConferenceSid=@a !Label Muted=f* within 2s
      expect POST /conf StatusCallbackEvent=conference-start
      bob hangs up
      expect POST /conf StatusCallbackEvent=participant-leave SequenceNumber=4 CallSid=@bob Muted=false ReasonParticipantLeft=participant_hung_up
      expect end of posts
`
	shared := NewProps()
	for pass, text := range []string{before, after} {
		synctest.Test(t, func(t *testing.T) {
			f := parsed(t, "x", text)
			r, err := onClock(t.Context(), f, shared, t.TempDir(), newDiary(), true)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.update.text(f); got != after {
				t.Errorf("pass %d: got\n%s", pass, got)
			}
		})
	}
}
