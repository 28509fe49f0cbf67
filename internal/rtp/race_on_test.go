//go:build race

package rtp_test

// Under the race detector a sync.Pool forgets a quarter of what is put into it.
const raceDetector = true
