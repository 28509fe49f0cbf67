package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

// answers answers and stays until the script is over.
func answers(ctx context.Context, c *call.Call, _ call.Script) {
	if err := c.Answer(ctx); err == nil {
		<-ctx.Done()
	}
}

// desk finds applications.
type desk map[contract.ApplicationSID]contract.NumberInfo

func (d desk) Answering(_ context.Context, sid contract.ApplicationSID) (contract.NumberInfo, bool, error) {
	n, ok := d[sid]
	return n, ok, nil
}

// A leg may name the application that answers it, the call's SID, and what goes
// with the first request.
func TestAnApplicationAnswersALegThatNamesIt(t *testing.T) {
	applications := desk{"AP1": {Application: "AP1", VoiceURL: "http://app.test/browser"}}
	scripts := make(chan call.Script, 1)
	onStage(t, call.Config{Applications: applications, Handler: runScripts(func(ctx context.Context, c *call.Call, s call.Script) {
		scripts <- s
		answers(ctx, c, s)
	})}, func(s *stage) {
		sid := contract.NewCallSID()
		f := s.ringsAs(leg.Info{From: "client:alice", To: "tea", SID: sid, Application: "AP1", Params: map[string]string{"Room": "tea"}})
		got := <-scripts
		if got.URL != "http://app.test/browser" || got.Params["Room"] != "tea" {
			t.Errorf("script %+v", got)
		}
		if i := s.one().Info(); i.SID != sid || i.From != "client:alice" || i.To != "tea" || i.Number != "" {
			t.Errorf("call %+v", i)
		}
		f.goes(leg.End{Cause: contract.CauseFarEnd, Code: 200})
		s.settle()
		other := s.ringsAs(leg.Info{From: "client:alice", To: "+15550100", Application: "AP2"})
		s.settle()
		if other.cause != contract.CauseNotFound {
			t.Errorf("an application that does not exist: hung up by %v", other.cause)
		}
	})
}

func TestLifeOfACall(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, s call.Script) {
		if s.Address != (call.Address{URL: "http://app.test/voice", Method: "GET"}) ||
			c.Fallback() != (call.Address{URL: "http://app.test/fallback", Method: "POST"}) {
			t.Errorf("script %+v, fallback %+v, want the number's", s, c.Fallback())
		}
		time.Sleep(2 * time.Second)
		c.Answer(ctx)
		c.Answer(ctx) // does nothing
		time.Sleep(3 * time.Second)
	})}, func(s *stage) {
		begin := time.Now()
		f := s.rings("+15550100")
		c := s.one()
		got := c.Info()
		want := contract.CallInfo{SID: got.SID, Account: account, Number: "+15550100", From: "+15550123", To: "+15550100",
			Caller: "Ann", Forwarded: "+15550111", Status: contract.CallRinging, Direction: contract.Inbound, Created: begin,
			SIPCallID: "abc@phone", SIPDomain: "confab.test", SourceIP: "192.0.2.20",
			CallbackURL: "http://app.test/status", CallbackMethod: "GET",
			Headers: map[string]string{"X-Customer": "7"}}
		if diff := cmp.Diff(want, got); diff != "" || !got.SID.Valid() {
			t.Errorf("info (-want +got):\n%s", diff)
		}
		if found, ok := s.calls.Find(c.SID()); !ok || found != c {
			t.Error("the call is not found by its SID")
		}
		<-c.Done()
		s.settle() // its goroutine has ended too
		s.expect("call-ringing=ringing call-answered=in-progress call-completed=completed call-quality=completed")
		end := s.last()
		if d := end.Duration(time.Now()); d != 3*time.Second || end.SIPCode != 200 || end.Cause != contract.CauseDocument {
			t.Errorf("ended after %v with %d, %v", d, end.SIPCode, end.Cause)
		}
		if f.rung != 1 || f.answered != 1 || f.hungUp != 1 || f.cause != contract.CauseDocument {
			t.Errorf("rung %d, answered %d, hung up %d times by %v", f.rung, f.answered, f.hungUp, f.cause)
		}
		// Twilio IncomingPhoneNumber StatusCallback: the final callback alone.
		for _, e := range s.journal.all() {
			switch final := e.Type == contract.EventCallCompleted; {
			case final && (e.Callback == nil || *e.Callback != contract.Callback{URL: "http://app.test/status", Method: "GET"}):
				t.Errorf("the end is told to %v", e.Callback)
			case !final && e.Callback != nil:
				t.Errorf("%s is told to %v", e.Type, *e.Callback)
			}
		}
		if st := s.calls.Stats(); st != (call.Stats{Taken: 1}) {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestToIsE164WhereItIsKnown(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		s.rings("15550100")
		if got := s.one().Info(); got.To != "+15550100" || got.Number != "+15550100" {
			t.Errorf("to %q, number %q", got.To, got.Number)
		}
	})
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, to string
		prepare  func(*stage)
		want     contract.Cause
	}{
		{"unknown number", "+15550199", nil, contract.CauseNotFound},
		{"numbers unreadable", "unreadable", nil, contract.CauseOverload},
		{"too many calls", "+15550100", func(s *stage) { s.rings("+15550100"); s.rings("+15550100") }, contract.CauseOverload},
		{"journal full", "+15550100", func(s *stage) { s.journal.sick = errors.New("disk full") }, contract.CauseOverload},
		{"stopping", "+15550100", func(s *stage) { s.calls.Close() }, contract.CauseShutdown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, call.Config{Handler: runScripts(answers), MaxCalls: 2}, func(s *stage) {
				if tt.prepare != nil {
					tt.prepare(s)
				}
				before := len(s.journal.all())
				f := s.rings(tt.to)
				if f.cause != tt.want || f.rung != 0 || f.answered != 0 {
					t.Errorf("hung up by %v, rung %d, answered %d, want %v alone", f.cause, f.rung, f.answered, tt.want)
				}
				if after := len(s.journal.all()); after != before {
					t.Errorf("a refused call left %d events", after-before)
				}
				if st := s.calls.Stats(); st.Refused != 1 {
					t.Errorf("%d refused", st.Refused)
				}
			})
		})
	}
}

// TestCauses ends calls in every way that there is and reads what it became.
func TestCauses(t *testing.T) {
	type result struct {
		status contract.CallStatus
		code   int
		cause  contract.Cause
	}
	end := func(cause contract.Cause) func(*stage, *far) {
		return func(s *stage, _ *far) { s.one().End(cause) }
	}
	goes := func(e leg.End) func(*stage, *far) { return func(_ *stage, f *far) { f.goes(e) } }
	tests := []struct {
		name     string
		answered bool
		do       func(*stage, *far)
		want     result
	}{
		{"rejected, Twilio <Reject>", false, end(contract.CauseRejected), result{contract.CallNoAnswer, 404, contract.CauseRejected}},
		{"busy, Twilio <Reject>", false, end(contract.CauseBusy), result{contract.CallBusy, 486, contract.CauseBusy}},
		{"REST while ringing", false, end(contract.CauseAPI), result{contract.CallCanceled, 480, contract.CauseAPI}},
		{"REST while in progress", true, end(contract.CauseAPI), result{contract.CallCompleted, 200, contract.CauseAPI}},
		{"failed while ringing", false, end(contract.CauseFailed), result{contract.CallFailed, 500, contract.CauseFailed}},
		{"unknown cause", false, end(contract.Cause(99)), result{contract.CallFailed, 500, contract.Cause(99)}},
		{"CANCEL, RFC 3261 §9", false, goes(leg.End{Cause: contract.CauseCanceled, Code: 487}), result{contract.CallCanceled, 487, contract.CauseCanceled}},
		{"BYE", true, goes(leg.End{Cause: contract.CauseFarEnd, Code: 200}), result{contract.CallCompleted, 200, contract.CauseFarEnd}},
		{"no ACK", true, goes(leg.End{Cause: contract.CauseNoACK, Code: 200}), result{contract.CallFailed, 408, contract.CauseNoACK}},
		{"no ACK, no code", true, goes(leg.End{Cause: contract.CauseNoACK}), result{contract.CallFailed, 408, contract.CauseNoACK}},
		{"gone for no reason", true, goes(leg.End{}), result{contract.CallCompleted, 200, contract.CauseFarEnd}},
		{"the first one has the say", true, func(s *stage, f *far) {
			c := s.one()
			c.End(contract.CauseDocument)
			c.End(contract.CauseAPI)
			f.goes(leg.End{Cause: contract.CauseFarEnd})
		}, result{contract.CallCompleted, 200, contract.CauseDocument}},
		{"who has gone already has the say", true, func(s *stage, f *far) {
			c := s.one()
			f.goes(leg.End{Cause: contract.CauseFarEnd})
			c.End(contract.CauseDocument)
		}, result{contract.CallCompleted, 200, contract.CauseFarEnd}},
		{"media time-out", true, func(_ *stage, f *far) { <-f.session.Lost() }, result{contract.CallCompleted, 200, contract.CauseMediaTimeout}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
				if tt.answered {
					c.Answer(ctx)
				}
				<-ctx.Done()
				var ended *contract.Ended
				if !errors.As(context.Cause(ctx), &ended) || ended.Cause != tt.want.cause {
					t.Errorf("the script ended by %v", context.Cause(ctx))
				}
			})}, func(s *stage) {
				f := s.rings("+15550100")
				c := s.one()
				tt.do(s, f)
				<-c.Done()
				got := s.last()
				if got := (result{got.Status, got.SIPCode, got.Cause}); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
				if _, ok := s.calls.Find(c.SID()); ok {
					t.Error("an ended call is found")
				}
			})
		})
	}
}

func TestEveryCauseHasAnOutcome(t *testing.T) {
	for cause := contract.CauseFarEnd; cause.String() != "unknown cause"; cause++ {
		o, ok := call.Causes[cause]
		if !ok {
			t.Errorf("%v has none", cause)
			continue
		}
		if !o.Answered.Terminal() || !o.Unanswered.Terminal() || o.Code < 400 || o.Code > 699 {
			t.Errorf("%v: %+v", cause, o)
		}
	}
}

func TestTimeLimitCountsFromTheAnswer(t *testing.T) {
	onStage(t, call.Config{TimeLimit: time.Hour, Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		time.Sleep(30 * time.Second)
		c.Answer(ctx)
		<-ctx.Done()
	})}, func(s *stage) {
		s.voiceless = true // hours of packets would only take time
		s.rings("+15550100")
		<-s.one().Done()
		got := s.last()
		if d := got.Duration(got.Ended); d != time.Hour || got.Cause != contract.CauseTimeLimit || got.Status != contract.CallCompleted {
			t.Errorf("ended after %v by %v as %s", d, got.Cause, got.Status)
		}
	})
}

func TestRingingIsNotLimitedByTheTimeLimit(t *testing.T) {
	onStage(t, call.Config{TimeLimit: 10 * time.Second, Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		time.Sleep(30 * time.Second)
		if err := c.Answer(ctx); err != nil {
			t.Errorf("Answer gave %v", err)
		}
	})}, func(s *stage) {
		s.rings("+15550100")
		<-s.one().Done()
	})
}

func TestDefaultTimeLimit(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		s.voiceless = true
		s.rings("+15550100")
		<-s.one().Done()
		if got := s.last(); got.Duration(got.Ended) != 4*time.Hour {
			t.Errorf("ended after %v", got.Duration(got.Ended))
		}
	})
}

func TestAnswerFails(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		if err := c.Answer(ctx); !errors.Is(err, media.ErrNoPort) {
			t.Errorf("Answer gave %v", err)
		}
	})}, func(s *stage) {
		session, err := s.plane.Open(media.SessionConfig{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		f := &far{session: session, answer: media.ErrNoPort, done: make(chan struct{}), info: leg.Info{To: "+15550100"}}
		s.legs = append(s.legs, f)
		s.calls.Accept(f)
		s.settle()
		<-s.one().Done()
		s.expect("call-ringing=ringing call-completed=failed")
	})
}

// A CANCEL that crosses the answer: the call was cancelled, it did not fail.
func TestCanceledWhileItIsAnswered(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		if err := c.Answer(ctx); err == nil {
			t.Error("answered a call that was cancelled")
		}
	})}, func(s *stage) {
		session, err := s.plane.Open(media.SessionConfig{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		f := &far{session: session, answer: errors.New("cancelled"), done: make(chan struct{}), info: leg.Info{To: "+15550100"}}
		s.legs = append(s.legs, f)
		s.calls.Accept(f)
		s.settle()
		f.goes(leg.End{Cause: contract.CauseCanceled, Code: 487})
		s.settle()
		s.expect("call-ringing=ringing call-completed=canceled")
	})
}

// A BYE that comes before Answer has returned: the call was answered, whoever
// is first to note it.
func TestHungUpWhileItIsAnswered(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		<-ctx.Done()
	})}, func(s *stage) {
		f := s.rings("+15550100")
		f.goes(leg.End{Cause: contract.CauseFarEnd, Code: 200})
		s.settle()
		s.expect("call-ringing=ringing call-answered=in-progress call-completed=completed call-quality=completed")
	})
}

func TestAnswerAfterTheEnd(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
		<-ctx.Done()
		var ended *contract.Ended
		if err := c.Answer(context.Background()); !errors.As(err, &ended) {
			t.Errorf("Answer gave %v", err)
		}
	})}, func(s *stage) {
		f := s.rings("+15550100")
		f.goes(leg.End{Cause: contract.CauseCanceled, Code: 487})
		s.settle()
		if f.answered != 0 {
			t.Error("answered a call that had been cancelled")
		}
	})
}

func TestWarningsAreBounded(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		s.rings("+15550100")
		c := s.one()
		for range 1000 {
			c.Warn(contract.Warning{Code: contract.CodeSchema, Message: "no such verb", URL: "http://app.test/voice"})
		}
		n := 0
		for _, e := range s.journal.all() {
			if e.Type != contract.EventCallWarning {
				continue
			}
			if n++; e.Warning == nil || e.Warning.Code != contract.CodeSchema || e.Warning.URL != "http://app.test/voice" {
				t.Fatalf("warning %+v", e.Warning)
			}
			if e.Callback != nil {
				t.Fatal("a warning is called back")
			}
		}
		if n != 100 {
			t.Errorf("%d of 1000 warnings were kept, want 100", n)
		}
	})
}

func TestPanicEndsItsCallAlone(t *testing.T) {
	onStage(t, call.Config{Handler: serve(func(ctx context.Context, c *call.Call) {
		c.Answer(ctx)
		if c.Info().From == "+15550123" && c.Info().Caller == "Bob" {
			panic("broken")
		}
		<-ctx.Done()
	})}, func(s *stage) {
		ann := s.rings("+15550100")
		session, err := s.plane.Open(media.SessionConfig{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		bob := &far{session: session, voiceless: true, done: make(chan struct{}), info: leg.Info{From: "+15550123", To: "+15550100", Caller: "Bob"}}
		s.legs = append(s.legs, bob)
		s.calls.Accept(bob)
		s.settle()
		if got := s.last(); got.Caller != "Bob" || got.Cause != contract.CauseFailed || got.Status != contract.CallFailed {
			t.Errorf("bob's call: %s by %v", got.Status, got.Cause)
		}
		select {
		case <-ann.done:
			t.Error("ann's call ended too")
		default:
		}
		if n := s.calls.Stats().Panics; n != 1 {
			t.Errorf("%d panics counted", n)
		}
	})
}
