package transcript

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"confab/internal/audio"
)

// settle is how long after a deed the ear does not judge: a voice has two jitter
// buffers and a mixer to pass.
const settle = 250 * time.Millisecond

// window is how long the ear listens, unless it is told otherwise.
const window = 400 * time.Millisecond

// How loud is what (dBov). People say a pitch at −20.
const (
	heardLevel  = -30.0 // a pitch that is heard is at least so loud
	strayLevel  = -45.0 // one that is not heard is less loud
	silentLevel = -60.0 // silence: at most the least step of A-law
)

// nearness is how close two pitches are that count as one, Hz.
const nearness = 15.0

// hearing listens to a person's telephone for a while and judges what is heard.
// On the stage of the clock that is one window; on the other a window that fits
// must come within a bound, for there the moment is not exact.
type hearing struct {
	name  string
	skip  time.Duration // not judged, at the beginning
	d     time.Duration
	rest  time.Duration // for which more of it may be heard before an utterance
	judge func(r *run, samples []int16) error

	ear  *ear
	from int
}

func (h *hearing) begin(r *run) (err error) {
	if h.ear, err = r.person(h.name).listening(); err != nil {
		return err
	}
	h.from = h.ear.now()
	return nil
}

func (h *hearing) end(r *run) error {
	from := h.from + samplesIn(h.skip)
	for last := from + samplesIn(r.stage.patience); ; from += samplesIn(h.d) / 4 {
		to := from + samplesIn(h.d)
		samples := h.ear.heard(to)
		if len(samples) < to {
			return fmt.Errorf("%s hears only %v of %v: the call has ended, or its voice", h.name,
				samplesTime(max(0, len(samples)-from)), h.d)
		}
		rest := h.rest
		if rest > 0 {
			rest = r.stage.bound(rest)
		}
		h.ear.judged(to, rest)
		err := h.judge(r, samples[from:to])
		if err == nil || from >= last {
			return err
		}
	}
}

// parseHears: "ann hears 440 and 660, not 880", and so on.
func parseHears(name string, w []string) (step, error) {
	if len(w) == 0 {
		return nil, errors.New("hears what?")
	}
	if w[0] == "speech" {
		return parseSpeech(name, w[1:])
	}
	w, d, err := phrase(w, "for", window)
	if err != nil {
		return nil, err
	}
	h := &hearing{name: name, skip: settle, d: d, rest: settle}
	switch what := strings.Join(w, " "); what {
	case "silence":
		h.rest = 0
		h.judge = func(r *run, samples []int16) error { return h.silence(samples) }
	case "music":
		h.judge = func(r *run, samples []int16) error { return h.music(r, samples) }
	case "a rising beep", "a falling beep":
		return &beepHearing{hearing: hearing{name: name, d: beepTime}, rising: what == "a rising beep"}, nil
	case "no beep":
		if h.skip = 0; d == window {
			h.d = beepTime
		}
		h.judge = func(r *run, samples []int16) error { return h.noBeep(r, samples) }
	default:
		wanted, unwanted, err := parseWanted(w)
		if err != nil {
			return nil, err
		}
		h.judge = func(r *run, samples []int16) error { return h.pitches(r, samples, wanted, unwanted) }
	}
	return h, nil
}

// parseWanted: "440 and 660, not 880".
func parseWanted(w []string) (wanted, unwanted []float64, err error) {
	words := strings.Fields(strings.ReplaceAll(strings.Join(w, " "), ",", " "))
	if i := slices.Index(words, "not"); i >= 0 {
		if unwanted, err = parsePitches(words[i+1:]); err != nil {
			return nil, nil, err
		}
		words = words[:i]
	}
	if wanted, err = parsePitches(words); err != nil {
		return nil, nil, fmt.Errorf("%q is neither silence, music, speech, a beep nor pitches: %w", strings.Join(w, " "), err)
	}
	return wanted, unwanted, nil
}

func (h *hearing) silence(samples []int16) error {
	if l := audio.Level(samples); l > silentLevel {
		return fmt.Errorf("%s hears no silence but %s", h.name, describe(samples))
	}
	return nil
}

// pitches wants each of the pitches, and nothing else that stands out.
func (h *hearing) pitches(r *run, samples []int16, wanted, unwanted []float64) error {
	for _, hz := range wanted {
		if l := audio.LevelAt(samples, soundRate, hz); l < heardLevel {
			return fmt.Errorf("%s does not hear %s (%.0f dBov) but %s", h.name, r.whose(hz), l, describe(samples))
		}
	}
	for _, hz := range unwanted {
		if l := audio.LevelAt(samples, soundRate, hz); l > strayLevel {
			return fmt.Errorf("%s hears %s (%.0f dBov)", h.name, r.whose(hz), l)
		}
	}
	for _, p := range audio.Pitches(samples, soundRate, 2*len(wanted)+4) {
		if p.Level > strayLevel && !slices.ContainsFunc(wanted, func(hz float64) bool { return near(hz, p.Hz) }) {
			return fmt.Errorf("%s also hears %s (%.0f dBov)", h.name, r.whose(p.Hz), p.Level)
		}
	}
	return nil
}

// describe says what is heard, for a message.
func describe(samples []int16) string {
	pitches := audio.Pitches(samples, soundRate, 4)
	loud := slices.DeleteFunc(pitches, func(p audio.Pitch) bool { return p.Level < strayLevel })
	if len(loud) == 0 {
		if l := audio.Level(samples); l > silentLevel {
			return fmt.Sprintf("something faint (%.0f dBov)", l)
		}
		return "silence"
	}
	return fmt.Sprint(loud)
}

func near(a, b float64) bool { return math.Abs(a-b) < nearness }
