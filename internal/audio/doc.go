// Package audio works on linear PCM in frames: gain, level, resampling, tones,
// music, DTMF and WAV. It knows numbers only: no codec, clock, socket or
// goroutine.
package audio
