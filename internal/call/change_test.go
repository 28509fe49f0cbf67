package call_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
)

// A time limit that is given to a live call counts from its answer, whenever it
// is given: the last one has the say, and one that has passed ends the call now.
func TestChange_timeLimitCountsFromTheAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer time.Duration
		limits map[time.Duration]time.Duration // by when they are given
		want   time.Duration
	}{
		{"while it rings", 30 * time.Second, map[time.Duration]time.Duration{10 * time.Second: 5 * time.Second}, 5 * time.Second},
		{"after the answer", 0, map[time.Duration]time.Duration{10 * time.Second: time.Minute}, time.Minute},
		{"longer again", 0, map[time.Duration]time.Duration{10 * time.Second: 20 * time.Second, 15 * time.Second: time.Minute}, time.Minute},
		{"passed already", 0, map[time.Duration]time.Duration{10 * time.Second: 5 * time.Second}, 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, _ call.Script) {
				time.Sleep(test.answer)
				c.Answer(ctx)
				<-ctx.Done()
			})}, func(s *stage) {
				s.voiceless = true
				s.rings("+15550100")
				c := s.one()
				for at, limit := range test.limits {
					time.AfterFunc(at, func() {
						if err := c.Change(call.Change{TimeLimit: limit}); err != nil {
							t.Error(err)
						}
					})
				}
				<-c.Done()
				if got := s.last(); got.Duration(got.Ended).Round(time.Second) != test.want || got.Cause != contract.CauseTimeLimit {
					t.Errorf("ended after %v by %v, want %v", got.Duration(got.Ended), got.Cause, test.want)
				}
			})
		})
	}
}

// Who is told of the end is whoever was named last, and the journal knows it
// before the end.
func TestChange_statusCallback(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		s.rings("+15550100")
		c := s.one()
		if got := c.Info(); got.CallbackURL != "http://app.test/status" || got.CallbackMethod != "GET" {
			t.Errorf("at first %q by %q, want the number's", got.CallbackURL, got.CallbackMethod)
		}
		for _, url := range []string{"http://app.test/first", "http://app.test/second"} {
			if err := c.Change(call.Change{StatusCallback: &contract.Callback{URL: url, Method: "POST"}}); err != nil {
				t.Fatal(err)
			}
		}
		s.settle()
		events := s.journal.all()
		last := events[len(events)-1]
		if last.Type != contract.EventCallModify || last.Call.CallbackURL != "http://app.test/second" || last.Callback != nil || last.Sequence != 2 {
			t.Errorf("in the journal: %+v of %+v", last, last.Call)
		}
		c.End(contract.CauseAPI)
		<-c.Done()
		told := s.calledBack()
		if want := (contract.Callback{URL: "http://app.test/second", Method: "POST"}); len(told) != 1 ||
			told[0].Type != contract.EventCallCompleted || *told[0].Callback != want || told[0].Sequence != 2 {
			t.Errorf("told %+v", told)
		}
		err := c.Change(call.Change{StatusCallback: &contract.Callback{}})
		if !errors.Is(err, call.ErrEnded) || c.Info().CallbackURL != "http://app.test/second" {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestChange_nobodyIsTold(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		s.rings("+15550100")
		c := s.one()
		c.Change(call.Change{StatusCallback: &contract.Callback{}})
		c.End(contract.CauseAPI)
		<-c.Done()
		if told := s.calledBack(); len(told) > 0 {
			t.Errorf("told %+v", told)
		}
	})
}

// calledBack returns the events that somebody is told of.
func (s *stage) calledBack() (told []contract.Event) {
	for _, e := range s.journal.all() {
		if e.Callback != nil {
			told = append(told, e)
		}
	}
	return told
}
