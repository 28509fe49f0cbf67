package confab

import (
	"context"
	"fmt"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
)

// endCutOff ends in the journal what a crash cut off: whoever was told that a
// call or a conference began is told that it ended.
func (s *Switch) endCutOff(ctx context.Context) error {
	calls, err := s.store.LiveCalls(ctx)
	if err != nil {
		return fmt.Errorf("end calls of the last run: %w", err)
	}
	for _, c := range calls {
		if err := s.endCall(ctx, c); err != nil {
			return fmt.Errorf("end call %s of the last run: %w", c.SID, err)
		}
	}
	conferences, err := s.store.LiveConferences(ctx)
	if err != nil {
		return fmt.Errorf("end conferences of the last run: %w", err)
	}
	for _, c := range conferences {
		if err := s.endConference(ctx, c); err != nil {
			return fmt.Errorf("end conference %s of the last run: %w", c.SID, err)
		}
	}
	if len(calls)+len(conferences) > 0 {
		s.log.Warn("the last run did not end well", "calls", len(calls), "conferences", len(conferences))
	}
	return nil
}

func (s *Switch) endCall(ctx context.Context, c contract.CallInfo) error {
	number, _, err := s.store.Number(ctx, c.Number)
	if err != nil {
		return err
	}
	becomes := call.Causes[contract.CauseFailed]
	e := contract.Event{Type: contract.EventCallCompleted, Time: time.Now(), Call: &c,
		Sequence: 1} // after the ringing, which is 0
	c.Status, c.SIPCode = becomes.Unanswered, becomes.Code
	if !c.Answered.IsZero() {
		c.Status, c.SIPCode, e.Sequence = becomes.Answered, 200, 2
	}
	c.Cause, c.Ended = contract.CauseFailed, e.Time
	if number.StatusCallback != "" {
		e.Callback = &contract.Callback{URL: number.StatusCallback, Method: number.StatusMethod}
	}
	s.store.Append(e)
	return nil
}

// endConference tells of the end where the conference's last event was told,
// if any was.
func (s *Switch) endConference(ctx context.Context, c contract.ConferenceInfo) error {
	e := contract.Event{Type: contract.EventConferenceEnd, Time: time.Now(), Conference: &c, Sequence: 1}
	for after := contract.Pos(0); ; {
		told, err := s.store.TailStream(ctx, string(c.SID), after, 1000)
		if err != nil {
			return err
		}
		if len(told) == 0 {
			break
		}
		last := told[len(told)-1]
		after, e.Callback, e.Sequence = last.Pos, last.Callback, last.Sequence+1
	}
	c.Status, c.Ended, c.Participants = contract.ConferenceCompleted, e.Time, 0
	c.ReasonEnded = contract.EndedByLastLeft
	s.store.Append(e)
	return nil
}
