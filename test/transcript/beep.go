package transcript

import (
	"fmt"
	"math"
	"time"

	"confab/internal/audio"
)

// beepTime is how long an ear listens for a beep.
const beepTime = 700 * time.Millisecond

// A beep is looked for in short windows.
const (
	beepWindow = 40 * time.Millisecond
	beepHop    = 10 * time.Millisecond
	beepShort  = 100 * time.Millisecond // a beep lasts longer
	beepLong   = 500 * time.Millisecond // and not so long
	beepBlur   = 60.0                   // Hz: how near to each other pitches are one in so short a window
)

// beepHearing wants a beep: a short sound beside whatever people say, whose
// pitch rises or falls.
type beepHearing struct {
	hearing
	rising bool
}

// begin listens from a little before on, unless that has been judged: what lets
// a beep sound may have been heard by somebody else, who took a moment.
func (h *beepHearing) begin(r *run) error {
	if err := h.hearing.begin(r); err != nil {
		return err
	}
	mark, _ := h.ear.marks()
	h.from = max(mark, h.from-samplesIn(settle))
	return nil
}

func (h *beepHearing) end(r *run) error {
	to := h.from + samplesIn(r.stage.bound(settle+beepTime))
	samples := h.ear.heard(to)
	if len(samples) < to {
		return fmt.Errorf("%s hears no beep before the call ends", h.name)
	}
	h.ear.judged(to, 0)
	b := findBeep(r, samples[h.from:to])
	switch {
	case b.length == 0:
		return fmt.Errorf("%s hears no beep but %s", h.name, describe(samples[h.from:to]))
	case b.length < beepShort || b.length > beepLong:
		return fmt.Errorf("%s hears no beep but %v", h.name, b)
	case h.rising != (b.last > b.first):
		return fmt.Errorf("%s hears the wrong beep: %v", h.name, b)
	}
	return nil
}

// beep is a run of sound that nobody says.
type beep struct {
	first, last float64 // pitches at its ends, Hz
	length      time.Duration
}

func (b beep) String() string {
	return fmt.Sprintf("%v of sound from %.0f to %.0f Hz", b.length, b.first, b.last)
}

// glides reports whether the pitch is another at the end: a note of music, whose end
// is still heard when somebody listens for a beep, stays where it is.
func (b beep) glides() bool { return math.Abs(b.last-b.first) > beepBlur }

// findBeep returns the first such run that glides, or else the first of all; the zero
// beep when there is none.
func findBeep(r *run, samples []int16) (first beep) {
	for _, b := range strangeRuns(r, samples) {
		if b.glides() {
			return b
		}
		if first.length == 0 {
			first = b
		}
	}
	return first
}

// strangeRuns returns the runs of sound that nobody says, in their order.
func strangeRuns(r *run, samples []int16) (runs []beep) {
	size := samplesIn(beepWindow)
	begin := -1
	for at := 0; at+size <= len(samples); at += samplesIn(beepHop) {
		hz, ok := r.strange(samples[at : at+size])
		if !ok {
			begin = -1
			continue
		}
		if begin < 0 {
			begin = at
			runs = append(runs, beep{first: hz})
		}
		b := &runs[len(runs)-1]
		b.last, b.length = hz, samplesTime(at+size-begin)
	}
	return runs
}

// strange returns the loudest pitch in samples that nobody has said.
func (r *run) strange(samples []int16) (hz float64, ok bool) {
	for _, p := range audio.Pitches(samples, soundRate, 4) {
		said := false
		for hz := range r.said {
			said = said || p.Hz-hz < beepBlur && hz-p.Hz < beepBlur
		}
		if !said && p.Level > heardLevel-5 {
			return p.Hz, true
		}
	}
	return 0, false
}

func (h *hearing) noBeep(r *run, samples []int16) error {
	if b := findBeep(r, samples); b.length > 0 {
		return fmt.Errorf("%s hears %v", h.name, b)
	}
	return nil
}
