package interp_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/speech"
)

// wav is a sound file of one tone.
func wav(t *testing.T, hz float64, d time.Duration) []byte {
	t.Helper()
	samples, err := audio.Samples(audio.NewTone(8000, hz, -20, d))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, 8000, samples); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ulaw is the same as headerless µ-law.
func ulaw(t *testing.T, hz float64, d time.Duration) []byte {
	t.Helper()
	samples, err := audio.Samples(audio.NewTone(8000, hz, -20, d))
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(samples))
	return b[:codec.PCMU.NewEncoder().Encode(b, samples)]
}

// broken is a speech engine that never says anything.
type broken struct{ error }

func (broken) Name() string { return "broken" }
func (b broken) Synthesize(context.Context, string, speech.Voice) (audio.Source, error) {
	return nil, b.error
}

// Twilio <Say>, <Play>: how long each is heard, and what is warned of.
func TestPrompts(t *testing.T) {
	const ten = "abcdefghij" // 600 ms
	tests := []struct {
		name, document string
		lasts          time.Duration
		warnings       []int
		sets           []set
	}{
		{"Say", "<Say>" + ten + "</Say>", 600 * time.Millisecond, nil, nil},
		{"Say loop", "<Say loop='3'>" + ten + "</Say>", 1800 * time.Millisecond, nil, nil},
		{"Say loop 0 is 1000 times", "<Say loop='0'>ab</Say>", 2 * time.Minute, nil, nil},
		{"Say of nothing", "<Say/>", 0, []int{13520}, nil},
		{"Say with a bad voice", "<Say voice='Polly.Nobody'>" + ten + "</Say>", 0, []int{13511}, nil},
		{"Say in no language", "<Say language='xx-XX'>" + ten + "</Say>", 0, []int{13512}, nil},
		{"Say without an engine", "<Say loop='3'>" + ten + "</Say>", 400 * time.Millisecond, []int{12400}, []set{withSpeech(nil)}},
		{"Say with a broken engine", "<Say>" + ten + "</Say>", 400 * time.Millisecond, []int{12400}, []set{withSpeech(broken{errors.New("no")})}},
		{"Play WAV", "<Play>/tone.wav</Play>", time.Second, nil, nil},
		{"Play WAV twice", "<Play loop='2'>tone.wav</Play>", 2 * time.Second, nil, nil},
		{"Play µ-law", "<Play>/tone.ulaw</Play>", time.Second, nil, nil},
		{"Play of a type not played", "<Play>/tone.mp3</Play>", 0, []int{13420}, nil},
		{"Play of no sound", "<Play>/lie.wav</Play>", 0, []int{13420}, nil},
		{"Play of nothing there", "<Play>/missing.wav</Play>", 0, []int{11200}, nil},
		{"Play of a bad URL", "<Play>ftp://app.test/a.wav</Play>", 0, []int{11100}, nil},
		{"what is wrong does not stop the next", "<Play>/missing.wav</Play><Say>" + ten + "</Say>", 600 * time.Millisecond, []int{11200}, nil},
		{"Pause", "<Say>a</Say><Pause length='4'/><Say>a</Say>", 4120 * time.Millisecond, nil, nil},
		{"a verb that cannot be run", "<Enqueue>q</Enqueue><Say>" + ten + "</Say>", 600 * time.Millisecond, []int{13750}, nil},
		{"an unknown element", "<Sai/><Say>" + ten + "</Say>", 600 * time.Millisecond, []int{12200}, nil},
		{"Hangup makes the rest unreachable", "<Say>a</Say><Hangup/><Say>" + ten + "</Say>", 60 * time.Millisecond, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.app.on("/voice", tt.document)
				s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
				s.app.gives("/tone.ulaw", "audio/basic", ulaw(t, 440, time.Second))
				s.app.gives("/tone.mp3", "audio/mpeg", []byte("ID3"))
				s.app.gives("/lie.wav", "audio/x-wav", []byte("not a sound"))
				c := s.calling("ann")
				c.waits()
				if tt.lasts > 0 {
					tt.lasts += lastWord
				}
				near(t, "lasted", c.ended.Sub(c.answered), tt.lasts)
				if got := s.warnings(); !slices.Equal(got, tt.warnings) {
					t.Errorf("warnings %v, want %v", got, tt.warnings)
				}
			}, tt.sets...)
		})
	}
}

func TestPlayIsHeard(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Pause length='1'/><Play>/tone.wav</Play>")
		s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
		c := s.calling("ann")
		time.Sleep(1500 * time.Millisecond)
		if !c.hears(440) {
			t.Error("the file is not heard")
		}
		c.waits()
		// Twilio <Play>: a plain GET with none of the standard parameters.
		for _, r := range s.app.requests() {
			if r.path == "/tone.wav" && (r.method != "GET" || len(r.form) != 0) {
				t.Errorf("asked by %s with %v", r.method, r.form)
			}
		}
	})
}

// Twilio <Play> digits: w is half a second, W a second.
func TestPlayDigits(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Say>a</Say><Play digits="12wW#"/>`)
		c := s.calling("ann")
		var keys []byte
		begin := time.Now()
		var last time.Duration
		for range 3 {
			ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
			key, err := c.far.Digit(ctx)
			cancel()
			if err != nil {
				t.Fatal(err)
			}
			keys, last = append(keys, key), time.Since(begin)
		}
		if string(keys) != "12#" || last < 1500*time.Millisecond {
			t.Errorf("the far end got %q within %v", keys, last)
		}
		c.waits()
	})
}

// Twilio: the MIME type of the answer decides.
func TestAnswersThatAreNoDocuments(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		lasts                   time.Duration
		warnings                []int
	}{
		{"sound", "audio/wav", string(wav(t, 440, time.Second)), time.Second, nil},
		{"text", "text/plain", "abcdefghij", 600 * time.Millisecond, nil},
		{"a document sent as text", "text/plain", "<Response><Say>abcde</Say></Response>", 300 * time.Millisecond, nil},
		{"a document sent as HTML", "text/html; charset=utf-8", "<Response><Say>abcde</Say></Response>", 300 * time.Millisecond, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.app.gives("/voice", tt.contentType, []byte(tt.body))
				c := s.calling("ann")
				c.waits()
				if tt.lasts > 0 {
					tt.lasts += lastWord
				}
				near(t, "lasted", c.ended.Sub(c.answered), tt.lasts)
				s.expectWarnings(tt.warnings...)
			})
		})
	}
}
