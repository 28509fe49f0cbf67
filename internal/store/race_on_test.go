//go:build race

package store_test

// The race detector makes SQLite, which is Go here, some twenty times slower.
const raceDetector = true
