package speech_test

import (
	"math"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/speech"
)

func TestTones_aToneForEachCharacter(t *testing.T) {
	s := newSpeaker(t, speech.Config{Engine: speech.NewTones()})
	if s.Engine() != "tones" {
		t.Errorf("engine %q", s.Engine())
	}
	got := say(t, s, speech.Request{Text: "ab a", Voice: "Polly.Mizuki"})
	const each = 480 // 60 ms
	if len(got) != 4*each {
		t.Fatalf("%d samples", len(got))
	}
	pitch := func(i int) float64 {
		p := audiotest.Pitches(got[i*each:(i+1)*each], 8000, 1)
		if len(p) == 0 {
			return 0
		}
		if math.Abs(p[0].Level+20) > 1 {
			t.Errorf("character %d is at %.1f dBov", i, p[0].Level)
		}
		return p[0].Hz
	}
	a, b := pitch(0), pitch(1)
	if math.Abs(a-pitch(3)) > 3 || math.Abs(a-b) < 50 || pitch(2) != 0 {
		t.Errorf("heard %v, %v, %v, %v", a, b, pitch(2), pitch(3))
	}
	if a < 390 || a > 2000 {
		t.Errorf("%v Hz is out of range", a)
	}
}

func TestTones_areNoDigits(t *testing.T) {
	s := newSpeaker(t, speech.Config{Engine: speech.NewTones()})
	var all string
	for r := rune(' '); r < 0x250; r++ {
		all += string(r)
	}
	d := audio.NewDTMFDetector(8000)
	for voice := say(t, s, speech.Request{Text: all}); len(voice) > 0; voice = voice[min(160, len(voice)):] {
		if key, ok := d.Write(voice[:min(160, len(voice))]); ok {
			t.Errorf("heard as %c", key)
		}
	}
}

func TestBeep_isShort(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		got, err := audio.Samples(speech.Beep(rate))
		d := time.Duration(len(got)) * time.Second / time.Duration(rate)
		if err != nil || d < 200*time.Millisecond || d > time.Second || audiotest.Hears(got, rate, 440) < -25 {
			t.Errorf("at %d Hz: %v, %v, %.1f dBov", rate, d, err, audiotest.Hears(got, rate, 440))
		}
	}
}
