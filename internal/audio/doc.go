// Package audio works on linear PCM in frames: level and pitch, resampling,
// tones, music, DTMF, the laws of G.711, and WAV. It knows numbers only: no
// codec, clock, socket or goroutine.
package audio
