package transcript

import (
	"slices"
	"strings"
	"testing"

	"confab/internal/audio"
)

// spoken returns a text as the switch says it, coded by G.711.
func spoken(t *testing.T, tongue *tongue, text string) (samples []int16, slots []float64) {
	t.Helper()
	src, err := tongue.engine.Synthesize(t.Context(), text, anyVoice)
	if err != nil {
		t.Fatal(err)
	}
	if samples, err = audio.Samples(src); err != nil {
		t.Fatal(err)
	}
	for i, s := range samples {
		samples[i] = audio.FromULaw(audio.ToULaw(s))
	}
	if slots, err = tongue.pitches(text); err != nil {
		t.Fatal(err)
	}
	return samples, slots
}

func TestTongue_reads(t *testing.T) {
	tongue := newTongue()
	for _, text := range []string{"Hello", "Welcome to the conference system", "aabbcc  dd", "x"} {
		samples, slots := spoken(t, tongue, text)
		quiet := make([]int16, 777)
		all := slices.Concat(quiet, samples, make([]int16, 4000))
		if got := tongue.read(all); got != `"`+text+`"` {
			t.Errorf("%q is read as %s", text, got)
		}
		at := soundBegins(all, 0)
		if at < len(quiet) || at > len(quiet)+24 {
			t.Errorf("%q begins at %d, want %d", text, at, len(quiet))
		}
		end, wrong, missing := follow(all, at, slots)
		if wrong != 0 || missing != 0 || end < len(quiet)+len(samples)-8 || end > len(quiet)+len(samples)+24 || !ends(all, end) {
			t.Errorf("%q ends at %d, %d wrong, %d missing", text, end, wrong, missing)
		}
	}
	if got := tongue.read(make([]int16, 8000)); got != "silence" {
		t.Errorf("silence is read as %s", got)
	}
}

// Lost and invented frames are followed; other texts are not taken for this one.
func TestTongue_follows(t *testing.T) {
	tongue := newTongue()
	const text = "The access code you entered is incorrect."
	samples, slots := spoken(t, tongue, text)
	frame := audio.FrameSize(soundRate)
	for i := 3; i < len(samples)/frame-6; i += 17 {
		lost := slices.Concat(samples[:i*frame], samples[(i+1)*frame:])
		if end, wrong, missing := follow(lost, 0, slots); wrong+missing > 1 || end < len(lost)-200 || end > len(lost)+200 {
			t.Errorf("frame %d lost: %d wrong, %d missing, ends at %d of %d", i, wrong, missing, end, len(lost))
		}
		invented := slices.Concat(samples[:i*frame], samples[(i-1)*frame:])
		if end, wrong, missing := follow(invented, 0, slots); wrong+missing > 1 || end < len(invented)-200 || end > len(invented)+200 {
			t.Errorf("frame %d twice: %d wrong, %d missing, ends at %d of %d", i, wrong, missing, end, len(invented))
		}
	}
	for _, other := range []string{
		"The access code you entered is correct.  ", "Please enter your access code.", "The access code you entered is incorrecT.",
		strings.Repeat(" ", len(text)), strings.Repeat("e", len(text)),
	} {
		heard, _ := spoken(t, tongue, other)
		if _, wrong, missing := follow(heard, 0, slots); wrong+missing == 0 {
			t.Errorf("%q is taken for %q", other, text)
		}
	}
	if _, wrong, missing := follow(samples[:len(samples)-1000], 0, slots); wrong != 0 || missing != 2 {
		t.Errorf("the end is lost: %d wrong, %d missing", wrong, missing)
	}
	for _, lost := range []int{0, 160, 320} {
		if at := aligned(samples[lost:], slots); at+lost < -80 || at+lost > 80 {
			t.Errorf("with %d samples lost it begins at %d", lost, at)
		}
	}
}

func TestMusic(t *testing.T) {
	r := &run{music: newMusicScore()}
	score, err := audio.Samples(audio.Limit(audio.Music(soundRate), 9e9))
	if err != nil {
		t.Fatal(err)
	}
	h := &hearing{name: "ann", ear: newEar()}
	h.ear.samples = make([]int16, len(score))
	for at := 1; at < len(score)-3200; at += 9973 {
		part := slices.Clone(score[at : at+3200])
		for i, s := range part {
			part[i] = audio.FromALaw(audio.ToALaw(s))
		}
		if err := h.music(r, part); err != nil {
			t.Errorf("at %d: %v", at, err)
		}
		slices.Reverse(part)
		if h.music(r, part) == nil {
			t.Errorf("at %d: backwards it is music too", at)
		}
	}
}
