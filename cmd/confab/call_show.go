package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/phone"
)

// silentFor is after how long without a sign of life a caller is told so.
const silentFor = 3 * time.Second

// callSummary is what --json prints. Levels are dBov (RFC 6464: 0 loudest, −127
// silence).
type callSummary struct {
	Target    string       `json:"target"`
	Answered  bool         `json:"answered"`
	Code      int          `json:"code"`          // SIP status that it ended with
	Ended     string       `json:"ended"`         // in words
	SetUp     float64      `json:"setup_seconds"` // until answered or refused
	Seconds   float64      `json:"seconds"`       // from the answer to the end
	Keys      string       `json:"keys"`          // that the far end pressed
	Loudest   float64      `json:"loudest_dbov"`
	Pitches   []pitchHeard `json:"pitches,omitempty"`
	Codec     string       `json:"codec,omitempty"`
	Sent      uint64       `json:"packets_sent"`
	Received  uint64       `json:"packets_received"`
	Lost      int64        `json:"packets_lost"`
	Late      uint64       `json:"packets_late"`
	Jitter    float64      `json:"jitter_ms"`
	Recording string       `json:"recording,omitempty"`
	Error     string       `json:"error,omitempty"` // what could not be said or pressed
}

// pitchHeard is how loud a pitch of --listen was at its loudest.
type pitchHeard struct {
	Hz    float64 `json:"hz"`
	Level float64 `json:"dbov"`
}

// callShow shows a call as it happens: line by line, with a level meter where
// the output is a terminal; or as JSON when it is over.
type callShow struct {
	out     io.Writer
	live    bool // a terminal: the last line is the meter
	json    bool
	started time.Time

	mu      sync.Mutex
	metered bool // the meter is on the line
	ring    bool
	hint    *time.Timer
	summary callSummary
}

func newCallShow(t terminal, c *callCmd) *callShow {
	s := &callShow{out: t.out, live: isTerminal(t.out) && !c.JSON, json: c.JSON, started: time.Now()}
	s.summary = callSummary{Target: c.Target, Loudest: audio.Quietest, Recording: c.Record}
	for _, hz := range c.Listen {
		s.summary.Pitches = append(s.summary.Pitches, pitchHeard{hz, audio.Quietest})
	}
	return s
}

// isTerminal reports whether w is one that understands a line being drawn anew.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// calling says that the call begins.
func (s *callShow) calling() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line("calling %s", s.summary.Target)
	s.hint = time.AfterFunc(silentFor, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.hint != nil {
			s.line("no sign of life yet; trying on")
		}
	})
}

// event shows what happens to the call.
func (s *callShow) event(e phone.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unhint()
	switch e.Kind {
	case phone.Ringing:
		if !s.ring {
			s.line("ringing (%d)", e.Code)
		}
		s.ring = true
	case phone.Answered:
		s.summary.Answered = true
		s.summary.SetUp = seconds(e.At.Sub(s.started))
		s.line("answered after %.1f s", s.summary.SetUp)
	case phone.Key:
		s.summary.Keys += string(rune(e.Key))
		s.line("heard key %c", e.Key)
	case phone.Heard:
		s.summary.Loudest = max(s.summary.Loudest, tenth(e.Sound.Level))
		for i, level := range e.Sound.Pitches {
			s.summary.Pitches[i].Level = max(s.summary.Pitches[i].Level, tenth(level))
		}
		s.meter(e.Sound)
	case phone.Ended:
		s.summary.Code, s.summary.Ended = e.Code, ended(e.Cause)
		if took := seconds(e.At.Sub(s.started)); s.summary.Answered {
			s.summary.Seconds = math.Round(1000*(took-s.summary.SetUp)) / 1000
		} else {
			s.summary.SetUp = took
		}
	}
}

// rang reports whether the far end has rung.
func (s *callShow) rang() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring
}

// played takes note of what the network did to the voice.
func (s *callShow) played(v media.Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary.Codec, s.summary.Sent, s.summary.Received, s.summary.Lost = v.Codec, v.Sent, v.Received, v.Lost
	s.summary.Late = v.Buffer.Late
	s.summary.Jitter = tenth(float64(v.Jitter) / float64(time.Millisecond))
}

// finish shows how it ended. call is nil for one that was not answered.
func (s *callShow) finish(call *phone.Call, failed error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unhint()
	if failed != nil {
		s.summary.Error = failed.Error()
	}
	if s.summary.Ended == "" {
		s.summary.Ended = "given up"
	}
	if s.json {
		text, err := json.MarshalIndent(s.summary, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\n", text)
		return err
	}
	if call == nil {
		return nil
	}
	v := s.summary
	s.line("%s after %.1f s", v.Ended, v.Seconds)
	s.line("heard %s; %d packets received, %d lost, %d late, jitter %.1f ms; %d sent (%s)",
		s.sounds(), v.Received, v.Lost, v.Late, v.Jitter, v.Sent, v.Codec)
	return nil
}

// sounds says what was heard.
func (s *callShow) sounds() string {
	words := []string{"silence"}
	if s.summary.Loudest > -60 {
		words[0] = fmt.Sprintf("up to %.0f dBov", s.summary.Loudest)
	}
	for _, p := range s.summary.Pitches {
		words = append(words, fmt.Sprintf("%.0f Hz at %.0f dBov", p.Hz, p.Level))
	}
	if s.summary.Keys != "" {
		words = append(words, "keys "+s.summary.Keys)
	}
	return strings.Join(words, ", ")
}

// line prints one line, above the meter.
func (s *callShow) line(format string, args ...any) {
	if s.json {
		return
	}
	if s.metered {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.metered = false
	}
	fmt.Fprintf(s.out, format+"\n", args...)
}

// meter draws how loud it is, on a terminal.
func (s *callShow) meter(sound phone.Sound) {
	if !s.live {
		return
	}
	const width, quiet = 24, -72.0
	filled := int(math.Round(width * max(0, 1-sound.Level/quiet)))
	level := "silence"
	if sound.Level > quiet {
		level = fmt.Sprintf("%4.0f dBov", sound.Level)
	}
	at := sound.At.Truncate(time.Second)
	fmt.Fprintf(s.out, "\r\x1b[K%02d:%02d ▕%s%s▏ %s", int(at.Minutes()), int(at.Seconds())%60,
		strings.Repeat("█", filled), strings.Repeat(" ", width-filled), level)
	s.metered = true
}

// unhint stops the timer of the hint.
func (s *callShow) unhint() {
	if s.hint != nil {
		s.hint.Stop()
		s.hint = nil
	}
}

// ended says why a call is over, as its caller sees it.
func ended(c contract.Cause) string {
	switch c {
	case contract.CauseDocument:
		return "hung up here"
	case contract.CauseFarEnd:
		return "the far end hung up"
	}
	return c.String()
}

// seconds is d in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// tenth rounds to a tenth.
func tenth(v float64) float64 { return math.Round(v*10) / 10 }
