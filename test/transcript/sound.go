package transcript

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
)

// soundRate is the rate of what people say and of the application's sound, Hz.
const soundRate = 8000

// sound makes a WAV file of lines such as "tone 440 2s" and "silence 500ms".
func sound(text string) ([]byte, error) {
	var parts []audio.Source
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		d, err := time.ParseDuration(w[len(w)-1])
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("sound: %q has no time such as 2s", line)
		}
		switch {
		case len(w) == 2 && w[0] == "silence":
			parts = append(parts, audio.Silence(soundRate, d))
		case len(w) == 3 && w[0] == "tone":
			hz, err := pitch(w[1])
			if err != nil {
				return nil, err
			}
			parts = append(parts, audio.NewTone(soundRate, hz, audiotest.ToneLevel, d))
		default:
			return nil, fmt.Errorf("sound: %q is neither tone HZ TIME nor silence TIME", line)
		}
	}
	samples, err := audio.Samples(audio.Concat(parts...))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = audio.WriteWAV(&b, soundRate, samples)
	return b.Bytes(), err
}

// lineNoise is what a poor line adds, at about −45 dBov, without an end
// (audio.Source).
type lineNoise struct{ *rand.Rand }

// Rate returns the sample rate, Hz.
func (lineNoise) Rate() int { return soundRate }

// Read fills dst.
func (n lineNoise) Read(dst []int16) (int, error) {
	const most = 320
	for i := range dst {
		dst[i] = int16(n.IntN(2*most+1) - most)
	}
	return len(dst), nil
}

// pitch reads a pitch in Hz that a telephone carries.
func pitch(w string) (float64, error) {
	hz, err := strconv.ParseFloat(w, 64)
	if err != nil || hz < 300 || hz > 3400 {
		return 0, fmt.Errorf("%q is no pitch that a telephone carries: 300 to 3400 Hz", w)
	}
	return hz, nil
}
