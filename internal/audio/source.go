package audio

import "time"

// FrameDuration is how long a frame lasts at every rate.
const FrameDuration = 20 * time.Millisecond

// FrameSize returns how many samples a frame has at rate (Hz): 160 at 8 kHz.
func FrameSize(rate int) int { return rate / 50 }

// Source is sound to be heard: linear PCM, mono, int16, at one rate. Read
// fills dst with up to len(dst) samples and returns io.EOF after the last; it
// may return samples and io.EOF together. It is read by one goroutine at a time.
type Source interface {
	Rate() int // Hz
	Read(dst []int16) (int, error)
}
