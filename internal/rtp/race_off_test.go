//go:build !race

package rtp_test

const raceDetector = false
