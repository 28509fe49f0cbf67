package audio_test

import (
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
)

func TestMusic_isNotLoudAndNeverGone(t *testing.T) {
	for rate, seconds := range map[int]int{8000: 90, 16000: 20} {
		music := make([]int16, seconds*rate)
		audio.Music(rate).Read(music)
		if l := audio.Level(music); l < -24 || l > -20 {
			t.Errorf("at %d Hz it is at %.1f dBov", rate, l)
		}
		for second := 2; second < seconds; second++ {
			if l := audio.Level(music[(second-2)*rate : second*rate]); l < -27 || l > -17 {
				t.Errorf("at %d Hz, around second %d, it is at %.1f dBov", rate, second, l)
			}
		}
		for i, s := range music {
			if s > 24000 || s < -24000 { // 2.7 dB to spare
				t.Fatalf("at %d Hz, sample %d is %d", rate, i, s)
			}
		}
	}
}

// A click has all pitches at once; the music has none above 3.4 kHz.
func TestMusic_doesNotClick(t *testing.T) {
	const rate = 16000
	music := make([]int16, 20*rate)
	audio.Music(rate).Read(music)
	before, window := int16(0), rate/50
	for i, s := range music {
		// The steepest that partials of 3.4 kHz and less, this loud, were seen to be.
		if step := int(s) - int(before); step > 4500 || step < -4500 {
			t.Fatalf("at %.3f s it steps by %d", float64(i)/rate, step)
		}
		before = s
	}
	for at := 0; at+2*window <= len(music); at += window {
		for _, hz := range []float64{4100, 5300, 6700} {
			if l := audiotest.Hears(music[at:at+2*window], rate, hz); l > -80 {
				t.Errorf("at %.3f s, %v Hz is heard at %.1f dBov", float64(at)/rate, hz, l)
			}
		}
	}
}

func TestMusic_soundsAlikeAtEveryRate(t *testing.T) {
	narrow, wide := make([]int16, 12*8000), make([]int16, 12*48000)
	audio.Music(8000).Read(narrow)
	audio.Music(48000).Read(wide)
	for at := 2; at < 10; at += 2 {
		a := audiotest.Pitches(narrow[at*8000:(at+2)*8000], 8000, 3)
		for _, p := range a {
			if l := audiotest.Hears(wide[at*48000:(at+2)*48000], 48000, p.Hz); l < p.Level-2 || l > p.Level+2 {
				t.Errorf("second %d: %v at 8 kHz, at 48 kHz %.1f dBov", at, p, l)
			}
		}
	}
}

func TestMusic_allocatesNothing(t *testing.T) {
	music, frame := audio.Music(8000), make([]int16, 160)
	if n := testing.AllocsPerRun(1000, func() { music.Read(frame) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkMusic(b *testing.B) {
	music, frame := audio.Music(8000), make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		music.Read(frame)
	}
}
