//go:build !amd64

package audio

func hasVectors() bool { return false }

func gainVector(frame *int16, at, step uint32, blocks int) { panic("no vectors") }
