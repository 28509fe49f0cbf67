package sdk

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// The numbers of the configuration.
const (
	byPOST = "+15550100" // callbacks of its conference come by POST
	byGET  = "+15550101" // and of this one's by GET
	faulty = "+15550102" // its document draws a warning
)

// moved starts an application and a switch with its numbers.
func moved(t *testing.T) (*server, *app, *twilio.RestClient) {
	t.Helper()
	a := newApp(t)
	s := start(t, fmt.Sprintf(`
numbers:
  - {number: %[1]q, voice_url: "%[4]s/team", status_callback: "%[4]s/done"}
  - {number: %[2]q, voice_url: "%[4]s/team?by=get#rc=1", voice_method: GET}
  - {number: %[3]q, voice_url: "%[4]s/faulty"}
number_blocks:
  - {first: "+14155550200", last: "+14155550204", country: US, type: local}
`, byPOST, byGET, faulty, a.URL))
	a.trust(s.account.AuthToken)
	return s, a, s.client(t)
}

// ok ends the test on an error; it returns the value that came with none.
func ok[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// refused checks that the library takes an error for what it is.
func refused(t *testing.T, err error, status, code int) {
	t.Helper()
	var rest *client.TwilioRestError
	if !errors.As(err, &rest) {
		t.Fatalf("error %v (%T), want a TwilioRestError", err, err)
	}
	if rest.Status != status || rest.Code != code || rest.Message == "" || rest.MoreInfo == "" {
		t.Errorf("error %+v, want status %d, code %d, a message and where to read more", rest, status, code)
	}
}

// same compares what two properties say.
func same[T comparable](t *testing.T, what string, got *T, want T) {
	t.Helper()
	if got == nil {
		t.Errorf("%s: there is none, want %v", what, want)
	} else if *got != want {
		t.Errorf("%s: %v, want %v", what, *got, want)
	}
}

func TestAccount(t *testing.T) {
	s, _, c := moved(t)
	s.ring(t, c)
	sid := s.account.SID
	got := ok(c.Api.FetchAccount(sid))(t)
	same(t, "sid", got.Sid, sid)
	same(t, "status", got.Status, "active")
	ok(c.Api.UpdateAccount(sid, (&openapi.UpdateAccountParams{}).SetFriendlyName("Tea & Söhne")))(t)
	all := ok(c.Api.ListAccount((&openapi.ListAccountParams{}).SetFriendlyName("Tea & Söhne")))(t)
	if len(all) != 1 {
		t.Fatalf("%d accounts, want 1", len(all))
	}
	same(t, "friendly name", all[0].FriendlyName, "Tea & Söhne")
	_, err := c.Api.CreateAccount(&openapi.CreateAccountParams{})
	refused(t, err, 501, 20001)
	_, err = newClient(s.http, sid, sid, "wrong").Api.FetchAccount(sid)
	refused(t, err, 401, 20003)
	_, err = c.Api.FetchCall("CA00000000000000000000000000000000", nil)
	refused(t, err, 404, 20404)
}

// ring makes one short call, whose document draws a warning.
func (s *server) ring(t *testing.T, c *twilio.RestClient) (sid string) {
	t.Helper()
	s.call(t, "+15551999", faulty)
	until(t, "the call is over", func() bool {
		done := ok(c.Api.ListCall((&openapi.ListCallParams{}).SetTo(faulty).SetStatus("completed")))(t)
		if len(done) == 0 {
			return false
		}
		sid = *done[0].Sid
		return true
	})
	return sid
}

func TestCalls(t *testing.T) {
	s, a, c := moved(t)
	before := time.Now().Add(-time.Minute)
	for i := range 5 {
		s.call(t, fmt.Sprintf("+1555200%d", i), byPOST)
	}
	live := (&openapi.ListCallParams{}).SetStatus("in-progress").SetPageSize(2)
	until(t, "five calls are up", func() bool { return len(ok(c.Api.ListCall(live))(t)) == 5 })

	// Paging: two at a time, each once, newest first, and no more than asked for.
	all := ok(c.Api.ListCall(live))(t)
	seen := map[string]bool{}
	for _, call := range all {
		seen[*call.Sid] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d different calls on the pages, want 5", len(seen))
	}
	if got := ok(c.Api.ListCall((&openapi.ListCallParams{}).SetPageSize(2).SetLimit(3)))(t); len(got) != 3 {
		t.Errorf("%d calls with a limit of 3", len(got))
	}
	page := ok(c.Api.PageCall((&openapi.ListCallParams{}).SetPageSize(2), "", ""))(t)
	if len(page.Calls) != 2 || page.PageSize != 2 {
		t.Errorf("a page of %d calls and size %d, want 2", len(page.Calls), page.PageSize)
	}

	for name, test := range map[string]struct {
		params *openapi.ListCallParams
		want   int
	}{
		"from":           {(&openapi.ListCallParams{}).SetFrom("+15552003"), 1},
		"to":             {(&openapi.ListCallParams{}).SetTo(byPOST), 5},
		"to nobody":      {(&openapi.ListCallParams{}).SetTo("+15550999"), 0},
		"status":         {(&openapi.ListCallParams{}).SetStatus("completed"), 0},
		"started after":  {(&openapi.ListCallParams{}).SetStartTimeAfter(before), 5},
		"started before": {(&openapi.ListCallParams{}).SetStartTimeBefore(before), 0},
		"of a parent":    {(&openapi.ListCallParams{}).SetParentCallSid(*all[0].Sid), 0},
	} {
		if got := ok(c.Api.ListCall(test.params))(t); len(got) != test.want {
			t.Errorf("%s: %d calls, want %d", name, len(got), test.want)
		}
	}

	sid := *all[0].Sid
	got := ok(c.Api.FetchCall(sid, nil))(t)
	same(t, "sid", got.Sid, sid)
	same(t, "direction", got.Direction, "inbound")
	same(t, "to", got.To, byPOST)
	refused(t, c.Api.DeleteCall(sid, nil), 409, 20009)
	_, err := c.Api.CreateCall((&openapi.CreateCallParams{}).SetTo("+15550199").SetFrom(byPOST).SetUrl(a.URL))
	refused(t, err, 501, 20001)

	// A live call is sent elsewhere, another is ended; what has ended can be forgotten.
	ok(c.Api.UpdateCall(sid, (&openapi.UpdateCallParams{}).SetStatusCallback(a.URL+"/mine").SetStatusCallbackMethod("GET").
		SetFallbackUrl(a.URL+"/team").SetFallbackMethod("POST").SetTimeLimit(600)))(t)
	_, err = c.Api.UpdateCall(sid, (&openapi.UpdateCallParams{}).SetTimeLimit(100_000))
	refused(t, err, 400, 20001)
	ok(c.Api.UpdateCall(sid, (&openapi.UpdateCallParams{}).SetTwiml(`<Response><Hangup/></Response>`)))(t)
	other := *all[1].Sid
	same(t, "status", ok(c.Api.UpdateCall(other, (&openapi.UpdateCallParams{}).SetStatus("completed")))(t).Sid, other)
	for _, sid := range []string{sid, other} {
		until(t, "the call has ended", func() bool { return *ok(c.Api.FetchCall(sid, nil))(t).Status == "completed" })
	}
	until(t, "its end is told to whom it names", func() bool {
		return slices.ContainsFunc(a.asked(), func(r request) bool {
			return r.method == "GET" && r.path == "/mine" && r.form.Get("CallSid") == sid
		})
	})
	_, err = c.Api.UpdateCall(sid, (&openapi.UpdateCallParams{}).SetStatus("completed"))
	refused(t, err, 400, 21220)
	if err := c.Api.DeleteCall(sid, nil); err != nil {
		t.Fatal(err)
	}
	_, err = c.Api.FetchCall(sid, nil)
	refused(t, err, 404, 20404)
}

func TestConference(t *testing.T) {
	for method, number := range map[string]string{"GET": byGET, "POST": byPOST} {
		t.Run(method, func(t *testing.T) { conference(t, method, number) })
	}
}

func conference(t *testing.T, method, number string) {
	s, a, c := moved(t)
	today := time.Now().UTC().Format(time.DateOnly)
	for i := range 3 {
		s.call(t, fmt.Sprintf("+1555300%d", i), number)
	}
	var room string
	until(t, "three have met", func() bool {
		rooms := ok(c.Api.ListConference((&openapi.ListConferenceParams{}).SetFriendlyName("Team").SetStatus("in-progress").SetDateCreatedAfter(today)))(t)
		if len(rooms) != 1 {
			return false
		}
		room = *rooms[0].Sid
		return len(ok(c.Api.ListParticipant(room, (&openapi.ListParticipantParams{}).SetPageSize(2)))(t)) == 3
	})
	same(t, "friendly name", ok(c.Api.FetchConference(room, nil))(t).FriendlyName, "Team")
	if got := ok(c.Api.ListConference((&openapi.ListConferenceParams{}).SetDateCreatedBefore("2020-01-01")))(t); len(got) != 0 {
		t.Errorf("%d conferences of long ago", len(got))
	}

	// By label, which has a space and a plus in it, and by call.
	first, second, third := "label +15553000", "label +15553001", "label +15553002"
	call := *ok(c.Api.FetchParticipant(room, first, nil))(t).CallSid
	got := ok(c.Api.UpdateParticipant(room, call, (&openapi.UpdateParticipantParams{}).SetMuted(true)))(t)
	same(t, "muted", got.Muted, true)
	same(t, "label", got.Label, first)
	got = ok(c.Api.UpdateParticipant(room, second, (&openapi.UpdateParticipantParams{}).SetHold(true).SetHoldUrl(a.URL+"/hold")))(t)
	same(t, "hold", got.Hold, true)
	for name, params := range map[string]*openapi.ListParticipantParams{
		first: (&openapi.ListParticipantParams{}).SetMuted(true), second: (&openapi.ListParticipantParams{}).SetHold(true),
	} {
		in := ok(c.Api.ListParticipant(room, params))(t)
		if len(in) != 1 || *in[0].Label != name {
			t.Errorf("filtered: %d participants, want %q alone", len(in), name)
		}
	}
	got = ok(c.Api.UpdateParticipant(room, second, (&openapi.UpdateParticipantParams{}).SetHold(false)))(t)
	same(t, "hold", got.Hold, false)
	got = ok(c.Api.UpdateParticipant(room, third, (&openapi.UpdateParticipantParams{}).SetCoaching(true).SetCallSidToCoach(call)))(t)
	same(t, "coaching", got.Coaching, true)
	same(t, "who is coached", got.CallSidToCoach, call)
	got = ok(c.Api.UpdateParticipant(room, call, (&openapi.UpdateParticipantParams{}).SetMuted(false).SetEndConferenceOnExit(false)))(t)
	same(t, "muted", got.Muted, false)

	if err := c.Api.DeleteParticipant(room, third, nil); err != nil {
		t.Fatal(err)
	}
	_, err := c.Api.FetchParticipant(room, third, nil)
	refused(t, err, 404, 20404)
	_, err = c.Api.CreateParticipant(room, (&openapi.CreateParticipantParams{}).SetFrom(byPOST).SetTo("+15550199"))
	refused(t, err, 501, 20001)

	ok(c.Api.UpdateConference(room, (&openapi.UpdateConferenceParams{}).SetStatus("completed")))(t)
	until(t, "the conference is over", func() bool { return *ok(c.Api.FetchConference(room, nil))(t).Status == "completed" })
	same(t, "reason", ok(c.Api.FetchConference(room, nil))(t).ReasonConferenceEnded, "conference-ended-via-api")
	_, err = c.Api.UpdateConference(room, (&openapi.UpdateConferenceParams{}).SetStatus("completed"))
	refused(t, err, 400, 16022)

	until(t, "the end is told", func() bool { return slices.Contains(a.events(method), "conference-end") })
	for _, event := range []string{"conference-start", "participant-join", "participant-mute", "participant-unmute", "participant-hold", "participant-unhold", "participant-leave"} {
		if !slices.Contains(a.events(method), event) {
			t.Errorf("no %s by %s: %v", event, method, a.events(method))
		}
	}
}
