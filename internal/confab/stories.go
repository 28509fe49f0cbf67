package confab

import (
	"time"

	"confab/internal/contract"
	"confab/internal/signal"
	"confab/internal/sip"
	"confab/internal/story"
	"confab/internal/webhook"
)

// What is told when there are stories; nil: nobody is.

func (s *Switch) traces() func(sip.Traced) {
	if s.stories == nil {
		return nil
	}
	return s.trace
}

func (s *Switch) tracesFrames() func(signal.Traced) {
	if s.stories == nil {
		return nil
	}
	return s.traceFrame
}

func (s *Switch) talks() func(contract.ConferenceSID, contract.CallSID, bool) {
	if s.stories == nil {
		return nil
	}
	return s.stories.Talks
}

func (s *Switch) tells() func(contract.Event, int, webhook.Made, bool) {
	if s.stories == nil {
		return nil
	}
	return s.tried
}

// trace tells the stories of a message of SIP.
func (s *Switch) trace(m sip.Traced) {
	s.stories.Trace(m.CallID, story.Traced{At: m.At, Sent: m.Sent, Transport: m.Network, Local: m.Local, Remote: m.Remote, Raw: m.Raw})
}

// traceFrame tells the stories of a frame of a browser's signalling.
func (s *Switch) traceFrame(f signal.Traced) {
	s.stories.Trace(string(f.Call), story.Traced{At: f.At, Sent: f.Sent, Transport: "ws", Local: s.HTTP(), Remote: f.Remote, Raw: f.Frame})
}

// sample tells the stories what the voice of a share of the calls that live is like.
func (s *Switch) sample(share, of int) {
	now := time.Now()
	s.calls.Sample(s.plane, share, of, func(call contract.CallSID, over time.Duration, q contract.Quality, out float64) {
		s.stories.Sample(call, story.Reading{At: now, Over: over, Quality: q, Out: out})
	})
}

// tried tells the stories of an attempt at a callback.
func (s *Switch) tried(e contract.Event, attempt int, m webhook.Made, again bool) {
	t := story.Tried{At: m.At, Took: m.Took, Method: m.Method, URL: m.URL, Status: m.Status}
	code := 0
	if m.Err != nil {
		code, t.Err = int(m.Err.Code), m.Err.Message
	}
	s.stories.Tried(e.Pos, attempt, story.Told{Tried: t, Code: code, Header: m.Header, Body: m.Body, Again: again})
}
