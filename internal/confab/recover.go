package confab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
)

// endCutOff ends in the journal what a crash cut off, before a call is taken:
// whoever was told that something began is told that it ended, in the order in
// which things end, and numbered on from what was told last. Participants leave,
// then their conferences end, then the calls.
func (s *Switch) endCutOff(ctx context.Context) error {
	conferences, err := s.store.LiveConferences(ctx)
	if err != nil {
		return fmt.Errorf("end conferences of the last run: %w", err)
	}
	for _, c := range conferences {
		if err := s.endConference(ctx, c); err != nil {
			return fmt.Errorf("end conference %s of the last run: %w", c.SID, err)
		}
	}
	calls, err := s.store.LiveCalls(ctx)
	if err != nil {
		return fmt.Errorf("end calls of the last run: %w", err)
	}
	for _, c := range calls {
		if err := s.endCall(ctx, c); err != nil {
			return fmt.Errorf("end call %s of the last run: %w", c.SID, err)
		}
	}
	if len(calls)+len(conferences) == 0 {
		return nil
	}
	s.log.Warn("the last run did not end well", "calls", len(calls), "conferences", len(conferences))
	return s.store.Sync(ctx)
}

// endConference lets all leave, then ends it.
func (s *Switch) endConference(ctx context.Context, c contract.ConferenceInfo) error {
	last, known, err := s.store.LastOf(ctx, string(c.SID))
	if err != nil {
		return err
	}
	left, err := s.store.Participants(ctx, c.SID)
	if err != nil {
		return err
	}
	if known && !last.Type.Numbered() {
		last.Sequence-- // it has the number of the one that comes next
	}
	now := time.Now()
	tell := func(e contract.Event, word string) {
		last.Sequence++
		told := c // as of this event
		e.Sequence, e.Time, e.Conference = last.Sequence, now, &told
		if c.CallbackURL != "" && slices.Contains(strings.Fields(c.CallbackEvents), word) {
			e.Callback = &contract.Callback{URL: c.CallbackURL, Method: c.CallbackMethod}
		}
		s.store.Append(e)
	}
	for i, p := range left {
		c.Participants = len(left) - 1 - i
		tell(contract.Event{Type: contract.EventParticipantLeave, Participant: &p,
			LeaveReason: contract.LeftByRestart, CallStatus: contract.CallFailed}, "leave")
	}
	c.Status, c.Ended, c.Participants, c.ReasonEnded = contract.ConferenceCompleted, now, 0, contract.EndedByRestart
	tell(contract.Event{Type: contract.EventConferenceEnd}, "end")
	return nil
}

// endCall ends a call as one that failed.
func (s *Switch) endCall(ctx context.Context, c contract.CallInfo) error {
	last, known, err := s.store.LastOf(ctx, string(c.SID))
	if err != nil {
		return err
	}
	becomes := call.Causes[contract.CauseFailed]
	e := contract.Event{Type: contract.EventCallCompleted, Time: time.Now(), Call: &c, Sequence: last.Sequence}
	if known && last.Type.Numbered() {
		e.Sequence++
	}
	c.Status, c.SIPCode = becomes.Unanswered, becomes.Code
	if !c.Answered.IsZero() {
		c.Status, c.SIPCode = becomes.Answered, 200
	}
	c.Cause, c.Ended = contract.CauseFailed, e.Time
	e.Callback = c.Callback(e.Type)
	s.store.Append(e)
	return nil
}
