package signal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/signal"
	"confab/internal/token"
	"confab/internal/webrtc"
)

// A page of any origin signs in with its token, and is called once it is registered.
func TestSigningIn(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p := s.connects("203.0.113.20")
		p.says("register", fields{"media": fields{"audio": true}})
		p.fails(31204) // before listen
		p.says("listen", fields{"token": "nonsense"})
		p.fails(31204)
		p.says("listen", fields{"token": s.signed(func(t *token.Token) { t.Account = account })[:60]})
		p.fails(31204)
		p.says("listen", fields{"token": s.signed(nil), "reconnectTimeout": 30, "browserinfo": fields{"p": "browser"}})
		p.hears("connected")
		p.says("register", fields{"media": fields{"audio": true}})
		p.hears("ready")
		p.says("register", fields{"media": fields{"audio": true}}) // every 30 s
		p.hears("ready")
		if st := s.server.Stats(); st.Sockets != 1 || st.Registered != 1 || st.Identities != 1 || st.Denied != 2 {
			t.Errorf("%+v", st)
		}
		p.says("register", fields{"media": fields{"audio": false}})
		p.hears("offline")
		if st := s.server.Stats(); st.Registered != 0 || st.Identities != 0 {
			t.Errorf("%+v", st)
		}
		p.says("dance", fields{"x": 1}) // is left
		p.hearsNothing()
		p.says("message", fields{"callsid": "CA1", "content": "hello", "voiceeventsid": "KX1"})
		if m := p.fails(31400); m.Payload.EventID != "KX1" {
			t.Errorf("%+v", m.Payload)
		}
	})
}

func TestATokenWithoutTheGrant(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p := s.connects("203.0.113.20")
		p.says("listen", fields{"token": s.signed(func(t *token.Token) { t.Incoming, t.Outgoing = false, false })})
		p.hears("connected")
		p.says("register", fields{"media": fields{"audio": true}})
		p.fails(31204)
		p.says("invite", fields{"callsid": "TJS1", "sdp": offer})
		if m := p.hears("hangup"); m.Payload.CallSID != "TJS1" || m.Payload.Error == nil || m.Payload.Error.Code != 31403 {
			t.Errorf("%+v", m.Payload)
		}
	})
}

// Who does not say who it is, or says nothing any more, is cut off.
func TestSilentSockets(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p := s.connects("203.0.113.20")
		deaf := s.signsIn("bob")
		deaf.deaf = true
		alive := s.signsIn("carol")
		begin := time.Now()
		<-p.gone
		if d := time.Since(begin); d != 10*time.Second || websocket.CloseStatus(p.err) != websocket.StatusPolicyViolation {
			t.Errorf("closed after %v: %v", d, p.err)
		}
		<-deaf.gone
		if d := time.Since(begin); d < 29*time.Second || d > 31*time.Second {
			t.Errorf("a deaf page was closed after %v", d)
		}
		time.Sleep(10 * time.Minute)
		alive.hearsNothing()
		alive.says("register", fields{"media": fields{"audio": true}})
		alive.hears("ready")
	})
}

// A token that expires takes the registration away, not the call that lives; a new
// one brings it back.
func TestExpiry(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		short := func(t *token.Token) { t.Expires = time.Now().Add(time.Minute) }
		p := s.connects("203.0.113.20")
		p.says("listen", fields{"token": s.signed(short)})
		p.hears("connected")
		p.says("register", fields{"media": fields{"audio": true}})
		p.hears("ready")
		l, _ := p.answered()
		time.Sleep(time.Minute)
		p.fails(31205)
		p.hears("offline")
		if st := s.server.Stats(); st.Registered != 0 {
			t.Errorf("%+v", st)
		}
		p.says("register", fields{"media": fields{"audio": true}})
		p.fails(31205)
		p.says("invite", fields{"callsid": "TJS2", "sdp": offer})
		p.fails(31205)
		time.Sleep(time.Minute)
		if isDone(l) {
			t.Fatal("the call ended with the token")
		}
		p.says("listen", fields{"token": s.signed(nil)})
		p.hears("connected")
		p.says("register", fields{"media": fields{"audio": true}})
		p.hears("ready")
		p.says("hangup", fields{"callsid": string(l.Info().SID)})
		s.ended(l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		p.says("listen", fields{"token": s.signed(short)})
		p.hears("connected")
		begin := time.Now()
		<-p.gone
		if d := time.Since(begin); d < time.Minute || d > 71*time.Second {
			t.Errorf("closed after %v: %v", d, p.err)
		}
	})
}

// A key that is removed takes its sockets with it, and no others; a call goes on if its
// page comes back with a token of another key.
func TestARemovedKey(t *testing.T) {
	const other contract.KeySID = "SK00000000000000000000000000000004"
	onStage(t, nil, func(s *stage) {
		p, lost, idle, stays := s.registers("alice"), s.signsIn("carol"), s.signsIn("dan"), s.connects("203.0.113.20")
		l, again := p.answered()
		gone, _ := lost.answered()
		ringing := idle.calls("")
		stays.says("listen", fields{"token": s.signed(func(t *token.Token) { t.Key, t.Identity = other, "bob" })})
		stays.hears("connected")
		stays.says("register", fields{"media": fields{"audio": true}})
		stays.hears("ready")
		time.Sleep(time.Minute) // nothing is amiss
		begin := time.Now()
		s.keys.removed.Store(key, true)
		time.Sleep(2500 * time.Millisecond) // until it has been looked after, however long ago that was
		for _, who := range []*page{p, lost, idle} {
			who.fails(31204)
			<-who.gone
			if websocket.CloseStatus(who.err) != websocket.StatusPolicyViolation || time.Since(begin) > 3*time.Second {
				t.Errorf("closed after %v: %v", time.Since(begin), who.err)
			}
		}
		s.ended(ringing, leg.End{Cause: contract.CauseCanceled, Code: 487})
		if st := s.server.Stats(); st.Sockets != 1 || st.Registered != 1 || st.Revoked != 3 || st.Detached != 2 {
			t.Errorf("%+v", st)
		}
		// The token that it had is worth nothing any more.
		back := s.connects("203.0.113.20")
		back.says("listen", fields{"token": s.signed(nil)})
		back.fails(31204)
		back.says("listen", fields{"token": s.signed(func(t *token.Token) { t.Key = other })})
		back.hears("connected")
		back.says("invite", fields{"callsid": string(l.Info().SID), "sdp": offer, "reconnect": again})
		back.hears("answer")
		<-gone.Done()
		if d := time.Since(begin); d < 30*time.Second || d > 33*time.Second {
			t.Errorf("the call of who did not come back ended after %v", d)
		}
		time.Sleep(time.Minute)
		if st := s.server.Stats(); isDone(l) || st.Registered != 1 || st.Sockets != 2 {
			t.Errorf("done %v, %+v", isDone(l), st)
		}
	})
}

// A page calls: it is told the SID, and answered; its parameters and those of its
// token go along, the token's first.
func TestACallOfAPage(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p := s.connects("203.0.113.20")
		p.says("listen", fields{"token": s.signed(func(t *token.Token) {
			t.Application, t.Params = app, map[string]string{"team": "tea"}
		})})
		p.hears("connected")
		l := p.calls("To=room1&Foo=b%20r&team=cake&Bar=%2B")
		i := l.Info()
		if i.From != "client:alice" || i.To != "room1" || i.Application != app || i.Transport != "webrtc" || i.Outbound || !i.SID.Valid() ||
			i.Source.Addr().String() != "203.0.113.20" || i.CallID != "" {
			t.Errorf("info %+v", i)
		}
		if len(i.Params) != 3 || i.Params["Foo"] != "b r" || i.Params["team"] != "tea" || i.Params["Bar"] != "+" {
			t.Errorf("params %v", i.Params)
		}
		p.says("invite", fields{"callsid": "TJS1", "sdp": offer}) // sent again
		p.hearsNothing()
		for range 2 {
			if err := l.Ring(s.t.Context()); err != nil {
				t.Error(err)
			}
		}
		if m := p.hears("ringing"); m.Payload.CallSID != string(i.SID) || m.Payload.SDP != "" {
			t.Errorf("ringing %+v", m.Payload)
		}
		for range 2 {
			if err := l.Answer(s.t.Context()); err != nil {
				t.Error(err)
			}
		}
		if m := p.hears("answer"); m.Payload.CallSID != string(i.SID) || m.Payload.SDP != "answer of ours" || len(m.Payload.Reconnect) < 20 {
			t.Errorf("answer %+v", m.Payload)
		}
		p.hearsNothing()
		if !s.plain.last().started {
			t.Error("the voice was not started")
		}
		p.says("dtmf", fields{"callsid": string(i.SID), "dtmf": "1#w"})
		for _, want := range []byte("1#") {
			if got, err := l.Session().Digit(s.t.Context()); err != nil || got != want {
				t.Errorf("digit %q, %v; want %q", got, err, want)
			}
		}
		p.says("reinvite", fields{"callsid": string(i.SID), "sdp": offer + "a=ice-ufrag:other\r\n"})
		if m := p.hears("answer"); m.Payload.SDP != "answer to a later offer" || m.Payload.CallSID != string(i.SID) {
			t.Errorf("answer %+v", m.Payload)
		}
		p.says("reinvite", fields{"callsid": string(i.SID), "sdp": "x"})
		p.fails(31488)
		if err := l.Refer(s.t.Context(), "sip:bob@192.0.2.9"); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Refer: %v", err)
		}
		if err := l.Hangup(s.t.Context(), contract.CauseAPI); err != nil {
			t.Error(err)
		}
		if m := p.hears("hangup"); m.Payload.CallSID != string(i.SID) || m.Payload.Error != nil {
			t.Errorf("hangup %+v", m.Payload)
		}
		s.ended(l, leg.End{Cause: contract.CauseAPI, Code: 200})
		if err := l.Answer(s.t.Context()); !errors.Is(err, signal.ErrEnded) {
			t.Errorf("Answer after the end: %v", err)
		}
		p.says("reinvite", fields{"callsid": string(i.SID), "sdp": offer})
		p.hears("hangup") // it is over
	})
}

// How a call that was not answered ends, as each side sees it.
func TestRefusals(t *testing.T) {
	for cause, want := range map[contract.Cause]struct{ code, failure int }{
		contract.CauseBusy: {486, 31486}, contract.CauseRejected: {404, 31404}, contract.CauseNotFound: {404, 31404},
		contract.CauseOverload: {503, 31503}, contract.CauseShutdown: {503, 31503}, contract.CauseFailed: {500, 31500}, contract.CauseDocument: {603, 0},
	} {
		onStage(t, nil, func(s *stage) {
			p := s.signsIn("alice")
			l := p.calls("")
			l.Hangup(s.t.Context(), cause)
			l.Hangup(s.t.Context(), contract.CauseAPI) // the first has the say
			s.ended(l, leg.End{Cause: cause, Code: want.code})
			// It was not told the SID yet: it goes by its own name.
			m := p.hears("hangup")
			if code := 0; m.Payload.Error != nil {
				code = m.Payload.Error.Code
				if code != want.failure {
					t.Errorf("%v: told %d, want %d", cause, code, want.failure)
				}
			} else if want.failure != 0 {
				t.Errorf("%v: told no error", cause)
			}
			if m.Payload.CallSID != "TJS1" {
				t.Errorf("%v: about %s", cause, m.Payload.CallSID)
			}
			p.hearsNothing()
		})
	}
	onStage(t, nil, func(s *stage) {
		p := s.signsIn("alice")
		gaveUp := p.calls("")
		p.says("hangup", fields{"callsid": "TJS1"})
		s.ended(gaveUp, leg.End{Cause: contract.CauseCanceled, Code: 487})
		vanished := p.calls("")
		p.vanishes()
		s.ended(vanished, leg.End{Cause: contract.CauseCanceled, Code: 487})
		if err := vanished.Ring(s.t.Context()); err == nil {
			t.Error("rang a call that has ended")
		}
	})
}

func TestInvitesThatAreWrong(t *testing.T) {
	onStage(t, func(c *signal.Config) { c.Limits.PerSocket = 2 }, func(s *stage) {
		p := s.signsIn("alice")
		for _, wrong := range []fields{
			{"sdp": offer}, {"callsid": "TJS1"}, {"callsid": strings.Repeat("x", 65), "sdp": offer}, {"callsid": "TJS1", "sdp": "x"},
			{"callsid": "TJS1", "sdp": offer, "twilio": fields{"params": "%zz"}},
			{"callsid": "TJS1", "sdp": offer, "twilio": fields{"params": "To=a%0Ab"}},
			{"callsid": "TJS1", "sdp": offer, "twilio": fields{"params": strings.Repeat("a=b&", 2000)}},
		} {
			p.says("invite", wrong)
			if m := p.hears("hangup"); m.Payload.Error == nil || m.Payload.Error.Code == 0 {
				t.Errorf("%.60v: %+v", wrong, m.Payload)
			}
		}
		s.plain.full = true
		p.says("invite", fields{"callsid": "TJS1", "sdp": offer})
		if m := p.hears("hangup"); m.Payload.Error.Code != 31503 {
			t.Errorf("without a port: %+v", m.Payload.Error)
		}
		s.plain.full = false
		for n := range 3 {
			p.says("invite", fields{"callsid": "TJS" + string(rune('1'+n)), "sdp": offer})
		}
		if m := p.hears("hangup"); m.Payload.CallSID != "TJS3" || m.Payload.Error.Code != 31486 {
			t.Errorf("beyond the bound: %+v", m.Payload)
		}
		for _, frame := range []string{"x", "[]", "{}", `{"type":1}`, `{"type":"listen","payload":[]}`, `{"type":"register","payload":{"media":1}}`, "\n\n\n"} {
			p.saysRaw(frame)
			p.fails(31100)
		}
		if st := s.server.Stats(); st.Malformed != 7 || st.Legs != 2 {
			t.Errorf("%+v", st)
		}
	})
}

// Voice that ends takes the call with it.
func TestTheVoiceEnds(t *testing.T) {
	for _, test := range []struct {
		err  error
		want contract.Cause
		told int
	}{
		{webrtc.ErrHungUp, contract.CauseFarEnd, 0},
		{webrtc.ErrLost, contract.CauseMediaTimeout, 31003},
		{webrtc.ErrUnconnected, contract.CauseMediaTimeout, 31003},
		{errors.New("other"), contract.CauseFailed, 31000},
	} {
		onStage(t, nil, func(s *stage) {
			p := s.signsIn("alice")
			l, _ := p.answered()
			s.plain.last().ends(test.err)
			s.ended(l, leg.End{Cause: test.want, Code: 200})
			m := p.hears("hangup")
			if m.Payload.Error == nil && test.told != 0 || m.Payload.Error != nil && m.Payload.Error.Code != test.told {
				t.Errorf("%v: told %+v", test.err, m.Payload.Error)
			}
		})
	}
}

// A call outlives the loss of its socket, if its page comes back in time.
func TestReattaching(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		p := s.signsIn("alice")
		l, again := p.answered()
		sid := string(l.Info().SID)
		p.vanishes()
		time.Sleep(29 * time.Second)
		if st := s.server.Stats(); isDone(l) || st.Detached != 1 || st.Sockets != 0 {
			t.Fatalf("done %v, %+v", isDone(l), st)
		}
		// Neither another identity, nor another page of it, nor one without the word.
		bob := s.signsIn("bob")
		bob.says("invite", fields{"callsid": sid, "sdp": offer, "reconnect": again, "twilio": fields{}})
		if m := bob.hears("hangup"); m.Payload.Error == nil || m.Payload.Error.Code != 31209 {
			t.Errorf("%+v", m.Payload)
		}
		bob.says("hangup", fields{"callsid": sid})
		other := s.signsIn("alice")
		other.says("invite", fields{"callsid": sid, "sdp": "v=0\r\na=fingerprint:sha-256 CC:DD\r\n", "reconnect": again})
		other.hears("hangup")
		other.says("invite", fields{"callsid": sid, "sdp": offer, "reconnect": "guess"})
		other.hears("hangup")
		if isDone(l) {
			t.Fatal("somebody else has ended it")
		}
		back := s.signsIn("alice")
		back.says("invite", fields{"callsid": sid, "sdp": offer, "reconnect": again, "twilio": fields{}})
		if m := back.hears("answer"); m.Payload.CallSID != sid || m.Payload.SDP != "" || m.Payload.Reconnect != again {
			t.Errorf("%+v", m.Payload)
		}
		time.Sleep(time.Minute)
		if st := s.server.Stats(); isDone(l) || st.Detached != 0 || st.Reattached != 1 {
			t.Fatalf("done %v, %+v", isDone(l), st)
		}
		// A socket whose end was not noticed yet is no obstacle.
		third := s.signsIn("alice")
		third.says("invite", fields{"callsid": sid, "sdp": offer, "reconnect": again})
		third.hears("answer")
		back.vanishes()
		time.Sleep(time.Minute)
		if isDone(l) {
			t.Fatal("the call ended with the socket that it had before")
		}
		third.vanishes()
		hungUp := s.signsIn("alice")
		hungUp.says("hangup", fields{"callsid": sid}) // was queued while it had no socket
		s.ended(l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		hungUp.says("invite", fields{"callsid": sid, "sdp": offer, "reconnect": again})
		if m := hungUp.hears("hangup"); m.Payload.CallSID != sid || m.Payload.Error != nil {
			t.Errorf("a call that is over: %+v", m.Payload)
		}
	})
	onStage(t, nil, func(s *stage) {
		p := s.signsIn("alice")
		l, _ := p.answered()
		p.vanishes()
		begin := time.Now()
		<-l.Done()
		if d := time.Since(begin); d != 30*time.Second || l.End() != (leg.End{Cause: contract.CauseFarEnd, Code: 200}) {
			t.Errorf("ended after %v by %+v", d, l.End())
		}
	})
}

// dialled is what came of a call to an identity.
type dialled struct {
	leg   leg.Leg
	err   error
	rings []int
}

func (s *stage) dials(ctx context.Context, target leg.Target) chan dialled {
	came := make(chan dialled, 1)
	s.served.Go(func() {
		var d dialled
		d.leg, d.err = s.server.Dial(ctx, target, func(p leg.Progress) { d.rings = append(d.rings, p.Code) })
		came <- d
	})
	synctest.Wait()
	return came
}

// Several pages of one identity ring; the first that answers has the call.
func TestSeveralTabs(t *testing.T) {
	onStage(t, nil, func(s *stage) {
		one, two, bob := s.registers("alice"), s.registers("alice"), s.registers("bob")
		sid := contract.NewCallSID()
		came := s.dials(s.t.Context(), leg.Target{URI: "client:alice?room=tea&who=a%20b", SID: sid, From: "+15550100", Name: "Ann"})
		var again string
		for _, p := range []*page{one, two} {
			m := p.hears("invite")
			again = m.Payload.Reconnect
			if m.Payload.CallSID != string(sid) || m.Payload.SDP != "offer of ours" || again == "" {
				t.Errorf("invite %+v", m.Payload)
			}
			if got := m.Payload.Parameters; got["From"] != "+15550100" || got["To"] != "client:alice" || got["CallSid"] != string(sid) ||
				got["AccountSid"] != string(account) || got["Params"] != "room=tea&who=a+b" {
				t.Errorf("parameters %v", got)
			}
		}
		bob.hearsNothing()
		two.says("answer", fields{"callsid": string(sid), "sdp": offer})
		one.says("answer", fields{"callsid": string(sid), "sdp": offer}) // too late
		d := <-came
		if d.err != nil || len(d.rings) != 1 || d.rings[0] != 180 {
			t.Fatalf("Dial: %+v", d)
		}
		if i := d.leg.Info(); !i.Outbound || i.SID != sid || i.From != "+15550100" || i.To != "client:alice" || i.Caller != "Ann" {
			t.Errorf("info %+v", i)
		}
		one.hears("cancel")
		two.hearsNothing()
		if st := s.server.Stats(); st.Legs != 1 {
			t.Errorf("%+v", st)
		}
		// It too can be taken up again.
		two.vanishes()
		back := s.registers("alice")
		back.says("invite", fields{"callsid": string(sid), "sdp": offer, "reconnect": again})
		back.hears("answer")
		back.says("hangup", fields{"callsid": string(sid)})
		s.ended(d.leg, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

// How a call to an identity comes to nothing.
func TestDial_refused(t *testing.T) {
	target := leg.Target{URI: "client:alice", From: "+15550100", Timeout: 20 * time.Second}
	refused := func(t *testing.T, d dialled, want leg.End) {
		t.Helper()
		var r *leg.Refused
		if !errors.As(d.err, &r) || r.End != want || r.Reason == "" {
			t.Errorf("Dial = %v (%+v), want %+v", d.err, r, want)
		}
	}
	onStage(t, nil, func(s *stage) {
		refused(t, <-s.dials(s.t.Context(), target), leg.End{Cause: contract.CauseNoAnswer, Code: 480}) // nobody is registered
		one, two := s.registers("alice"), s.registers("alice")
		rejected := s.dials(s.t.Context(), target)
		for _, p := range []*page{one, two} {
			p.says("reject", fields{"callsid": p.hears("invite").Payload.CallSID})
		}
		refused(t, <-rejected, leg.End{Cause: contract.CauseBusy, Code: 486})
		begin := time.Now()
		late := s.dials(s.t.Context(), target)
		refused(t, <-late, leg.End{Cause: contract.CauseNoAnswer, Code: 487})
		if d := time.Since(begin); d != 20*time.Second {
			t.Errorf("gave up after %v", d)
		}
		for _, p := range []*page{one, two} {
			sid := p.hears("invite").Payload.CallSID
			p.hears("cancel")
			p.says("answer", fields{"callsid": sid, "sdp": offer}) // too late
			p.hears("hangup")
		}
		ctx, cancel := context.WithCancel(s.t.Context())
		given := s.dials(ctx, target)
		one.hears("invite")
		cancel()
		if d := <-given; !errors.Is(d.err, context.Canceled) {
			t.Errorf("Dial = %v", d.err)
		}
		one.hears("cancel")
		two.hears("invite")
		two.hears("cancel")
		// One goes, the other rejects.
		mixed := s.dials(s.t.Context(), target)
		one.vanishes()
		two.says("reject", fields{"callsid": two.hears("invite").Payload.CallSID})
		refused(t, <-mixed, leg.End{Cause: contract.CauseBusy, Code: 486})
		bad := s.dials(s.t.Context(), target)
		two.says("answer", fields{"callsid": two.hears("invite").Payload.CallSID, "sdp": "x"})
		refused(t, <-bad, leg.End{Cause: contract.CauseNoCodec, Code: 488})
		two.hears("hangup")
		s.plain.full = true
		refused(t, <-s.dials(s.t.Context(), target), leg.End{Cause: contract.CauseOverload, Code: 503})
		s.plain.full = false
		s.server.Drain()
		refused(t, <-s.dials(s.t.Context(), target), leg.End{Cause: contract.CauseShutdown, Code: 503})
		for _, uri := range []string{"sip:alice@192.0.2.9", "client:", "client:a b", "client:alice?%zz", "client:alice?" + strings.Repeat("a", 5000)} {
			if d := <-s.dials(s.t.Context(), leg.Target{URI: uri}); d.err == nil || errors.As(d.err, new(*leg.Refused)) {
				t.Errorf("%.40s: %v, want an error of the address", uri, d.err)
			}
		}
	})
}
