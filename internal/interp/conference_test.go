package interp_test

import (
	"strings"
	"testing"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/interp"
)

// call returns the SID of a caller's call.
func (c *caller) call() contract.CallSID {
	c.t.Helper()
	for _, live := range c.calls.List() {
		if info := live.Info(); info.From == c.name {
			return info.SID
		}
	}
	c.t.Fatalf("%s has no call", c.name)
	return ""
}

// Twilio Participant resource, HoldUrl, AnnounceUrl; Conference resource,
// AnnounceUrl: which requests are made, and who hears what they give.
func TestDocumentsOfALiveConference(t *testing.T) {
	var config interp.Config
	onStage(t, func(s *stage) {
		scripts, err := interp.New(config)
		if err != nil {
			t.Fatal(err)
		}
		s.app.on("/voice", "<Dial><Conference beep='false'>tea</Conference></Dial>")
		s.app.on("/hold", "<Play>/tone.wav</Play><Gather/>") // Gather may not stand here
		s.app.on("/news", "<Say>abcdefghijklmnopqrst</Say>")
		s.app.on("/all", "<Pause length='1'/><Redirect method='GET'>/more</Redirect>")
		s.app.on("/more", "<Play>/tone.wav</Play>")
		s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
		ann := s.calling("ann")
		settle()
		bob := s.calling("bob")
		time.Sleep(time.Second)
		live, ok := s.conferences.Named(account, "tea")
		if !ok {
			t.Fatal("no conference")
		}

		if _, err := live.Hold(ann.call(), true, &conference.Document{URL: base + "/hold"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if !ann.hears(440) || bob.hears(440) {
			t.Error("ann alone hears the hold document")
		}
		if _, err := live.Hold(ann.call(), false, nil); err != nil {
			t.Fatal(err)
		}
		settle()
		if _, err := live.Announce(bob.call(), conference.Document{URL: base + "/news"}); err != nil {
			t.Fatal(err)
		}
		if d := bob.voiced(2 * time.Second); d < 1100*time.Millisecond || d > 1300*time.Millisecond {
			t.Errorf("bob hears %v of an announcement of 1.2 s", d)
		}
		if _, err := live.AnnounceAll(conference.Document{URL: base + "/all"}, scripts.Announcer()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1200 * time.Millisecond)
		if !ann.hears(440) || !bob.hears(440) {
			t.Error("the announcement to all is not heard by all")
		}
		time.Sleep(2 * time.Second)
		in := "ConferenceSid=" + string(live.SID()) + " FriendlyName=tea"
		sid := " AccountSid=" + string(account)
		s.expectPosts("CallSid ConferenceSid FriendlyName AccountSid ApiVersion",
			"POST /voice CallSid="+string(ann.call())+sid+" ApiVersion=2010-04-01", "POST /voice CallSid="+string(bob.call())+sid+" ApiVersion=2010-04-01",
			"GET /hold CallSid="+string(ann.call())+" "+in+sid+" ApiVersion=2010-04-01", "GET /tone.wav",
			"POST /news CallSid="+string(bob.call())+" "+in+sid+" ApiVersion=2010-04-01",
			"POST /all "+in+sid+" ApiVersion=2010-04-01", "GET /more "+in+sid+" ApiVersion=2010-04-01", "GET /tone.wav")
		s.expectWarnings(13238)
		if got, want := s.conferenceEvents(), "participant-hold, participant-unhold, announcement-end, announcement-end"; !strings.HasSuffix(got, want) {
			t.Errorf("events %s, want %s at the end", got, want)
		}

		// Of a document that cannot be had no event tells, but a notice: on the call,
		// or on the conference.
		if _, err := live.Announce(bob.call(), conference.Document{URL: base + "/gone"}); err != nil {
			t.Fatal(err)
		}
		if _, err := live.AnnounceAll(conference.Document{URL: base + "/gone"}, scripts.Announcer()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.expectWarnings(13238, 11200)
		if got := s.conferenceEvents(); !strings.HasSuffix(got, "announcement-end, announcement-end, conference-warning") {
			t.Errorf("events %s", got)
		}
		ann.hangsUp()
		bob.hangsUp()
	}, func(_ *stage, c *interp.Config) { config = *c })
}

// Twilio <Conference> coach: 13240, and the call goes on with the action.
func TestCoachByDocument(t *testing.T) {
	onStage(t, func(s *stage) {
		const room = "<Dial action='/after'><Conference beep='false' coach='%'>tea</Conference></Dial>"
		plain := strings.Replace(room, "%", "", 1)
		documents := map[string]string{"ann": plain, "bob": plain}
		s.by(documents)
		s.app.on("/after")
		ann := s.calling("ann")
		settle()
		documents["early"] = strings.Replace(room, "%", string(ann.call()), 1)
		s.calling("early").waits() // it has not started
		s.expectWarnings(13240)
		bob := s.calling("bob")
		settle()
		documents["lost"] = strings.Replace(room, "%", "CA"+strings.Repeat("0", 32), 1)
		s.calling("lost").waits()
		s.expectWarnings(13240, 13240)
		live, _ := s.conferences.Named(account, "tea")
		live.Hold(ann.call(), true, nil)
		settle()
		s.calling("early").waits()
		s.expectWarnings(13240, 13240, 16027)
		live.Hold(ann.call(), false, nil)
		settle()
		coach := s.calling("early")
		time.Sleep(time.Second)
		defer coach.says(440)()
		if !ann.hears(440) || bob.hears(440) {
			t.Error("the coach is heard by ann alone")
		}
		if p, ok := live.Participant(coach.call()); !ok || !p.Coaching || p.CallToCoach != ann.call() {
			t.Errorf("the coach is shown as %+v", p)
		}
		for _, c := range []*caller{coach, bob, ann} {
			c.hangsUp()
		}
		after := 0
		for _, r := range s.app.requests() {
			if r.path == "/after" && r.form.Get("DialCallStatus") == "failed" {
				after++
			}
		}
		if after != 3 {
			t.Errorf("%d actions were told of a Dial that failed, want 3", after)
		}
	})
}
