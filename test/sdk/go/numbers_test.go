package sdk

import (
	"strings"
	"testing"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

func TestNumbers(t *testing.T) {
	s, a, c := moved(t)
	if got := ok(c.Api.ListAvailablePhoneNumberCountry(&openapi.ListAvailablePhoneNumberCountryParams{}))(t); len(got) != 1 {
		t.Errorf("%d countries, want 1", len(got))
	}
	same(t, "country", ok(c.Api.FetchAvailablePhoneNumberCountry("US", nil))(t).CountryCode, "US")
	free := func(params *openapi.ListAvailablePhoneNumberLocalParams) int {
		return len(ok(c.Api.ListAvailablePhoneNumberLocal("US", params))(t))
	}
	local := func() *openapi.ListAvailablePhoneNumberLocalParams {
		return &openapi.ListAvailablePhoneNumberLocalParams{}
	}
	if all, area, other := free(local()), free(local().SetAreaCode(415)), free(local().SetAreaCode(212)); all != 5 || area != 5 || other != 0 {
		t.Errorf("%d numbers, %d and %d by area code, want 5, 5 and 0", all, area, other)
	}

	app := ok(c.Api.CreateApplication((&openapi.CreateApplicationParams{}).SetFriendlyName("Tea").SetVoiceUrl(a.URL + "/faulty")))(t)
	bought := ok(c.Api.CreateIncomingPhoneNumber((&openapi.CreateIncomingPhoneNumberParams{}).SetPhoneNumber("+14155550201").SetVoiceUrl(a.URL + "/team")))(t)
	if n := free(local()); n != 4 {
		t.Errorf("%d numbers are left, want 4", n)
	}
	_, err := c.Api.CreateIncomingPhoneNumber((&openapi.CreateIncomingPhoneNumberParams{}).SetPhoneNumber("+14155550201"))
	refused(t, err, 400, 21422)
	sid := *bought.Sid
	changed := ok(c.Api.UpdateIncomingPhoneNumber(sid, (&openapi.UpdateIncomingPhoneNumberParams{}).SetFriendlyName("Front").SetVoiceApplicationSid(*app.Sid)))(t)
	same(t, "application", changed.VoiceApplicationSid, *app.Sid)
	same(t, "voice URL", ok(c.Api.FetchIncomingPhoneNumber(sid, nil))(t).VoiceUrl, a.URL+"/team")
	for name, params := range map[string]*openapi.ListIncomingPhoneNumberParams{
		"number": (&openapi.ListIncomingPhoneNumberParams{}).SetPhoneNumber("+14155550201"),
		"name":   (&openapi.ListIncomingPhoneNumberParams{}).SetFriendlyName("Front"),
	} {
		if got := ok(c.Api.ListIncomingPhoneNumber(params))(t); len(got) != 1 || *got[0].Sid != sid {
			t.Errorf("by %s: %d numbers, want the one that was bought", name, len(got))
		}
	}
	if got := ok(c.Api.ListIncomingPhoneNumber((&openapi.ListIncomingPhoneNumberParams{}).SetPageSize(2)))(t); len(got) != 4 {
		t.Errorf("%d numbers, want 4", len(got))
	}

	// A call to the bought number is answered by its application.
	s.call(t, "+15551998", "+14155550201")
	until(t, "the call is over", func() bool {
		return len(ok(c.Api.ListCall((&openapi.ListCallParams{}).SetTo("+14155550201").SetStatus("completed")))(t)) == 1
	})

	same(t, "name", ok(c.Api.UpdateApplication(*app.Sid, (&openapi.UpdateApplicationParams{}).SetFriendlyName("Tea & more")))(t).FriendlyName, "Tea & more")
	if got := ok(c.Api.ListApplication((&openapi.ListApplicationParams{}).SetFriendlyName("Tea & more")))(t); len(got) != 1 {
		t.Errorf("%d applications, want 1", len(got))
	}
	for _, err := range []error{c.Api.DeleteApplication(*app.Sid, nil), c.Api.DeleteIncomingPhoneNumber(sid, nil)} {
		if err != nil {
			t.Error(err)
		}
	}
	_, err = c.Api.FetchApplication(*app.Sid, nil)
	refused(t, err, 404, 20404)
	_, err = c.Api.FetchIncomingPhoneNumber(sid, nil)
	refused(t, err, 404, 20404)
}

func TestKeys(t *testing.T) {
	s, _, c := moved(t)
	s.ring(t, c)
	made := ok(c.Api.CreateNewKey((&openapi.CreateNewKeyParams{}).SetFriendlyName("night desk")))(t)
	byKey := newClient(s.http, s.account.SID, *made.Sid, *made.Secret)
	if got := ok(byKey.Api.ListCall(&openapi.ListCallParams{}))(t); len(got) != 1 {
		t.Errorf("with a key: %d calls, want 1", len(got))
	}
	_, err := byKey.Api.FetchAccount(s.account.SID)
	refused(t, err, 401, 20003)
	same(t, "name", ok(c.Api.UpdateKey(*made.Sid, (&openapi.UpdateKeyParams{}).SetFriendlyName("day desk")))(t).FriendlyName, "day desk")
	same(t, "name", ok(c.Api.FetchKey(*made.Sid, nil))(t).FriendlyName, "day desk")
	signing := ok(c.Api.CreateNewSigningKey((&openapi.CreateNewSigningKeyParams{}).SetFriendlyName("s")))(t)
	if keys, both := ok(c.Api.ListKey(&openapi.ListKeyParams{}))(t), ok(c.Api.ListSigningKey(&openapi.ListSigningKeyParams{}))(t); len(keys) != 2 || len(both) != 2 {
		t.Errorf("%d keys and %d signing keys, want the same 2", len(keys), len(both))
	}
	for _, err := range []error{c.Api.DeleteKey(*made.Sid, nil), c.Api.DeleteSigningKey(*signing.Sid, nil)} {
		if err != nil {
			t.Error(err)
		}
	}
	_, err = byKey.Api.ListCall(&openapi.ListCallParams{})
	refused(t, err, 401, 20003)
}

func TestNotifications(t *testing.T) {
	s, a, c := moved(t)
	call := s.ring(t, c)
	warnings := func() []openapi.ApiV2010Notification {
		return ok(c.Api.ListNotification((&openapi.ListNotificationParams{}).SetLog(1)))(t)
	}
	until(t, "the warning is noted", func() bool { return len(warnings()) == 1 })
	noted := warnings()[0]
	same(t, "call", noted.CallSid, call)
	same(t, "log", noted.Log, "1")
	got := ok(c.Api.FetchNotification(*noted.Sid, nil))(t)
	same(t, "address", got.RequestUrl, a.URL+"/faulty")
	same(t, "code", got.ErrorCode, *noted.ErrorCode)
	same(t, "method", got.RequestMethod, "POST")
	for what, text := range map[string]*string{"CallSid=" + call: got.RequestVariables, "Content-Type=text%2Fxml": got.ResponseHeaders, "<Response>": got.ResponseBody} {
		if text == nil || !strings.Contains(*text, what) {
			t.Errorf("no %s in what was asked and answered: %v", what, text)
		}
	}
	if of := ok(c.Api.ListCallNotification(call, &openapi.ListCallNotificationParams{}))(t); len(of) != 1 {
		t.Errorf("%d notices on the call, want 1", len(of))
	}
	same(t, "sid", ok(c.Api.FetchCallNotification(call, *noted.Sid, nil))(t).Sid, *noted.Sid)
	if got := ok(c.Api.ListNotification((&openapi.ListNotificationParams{}).SetLog(0)))(t); len(got) != 0 {
		t.Errorf("%d errors, want none", len(got))
	}
}
