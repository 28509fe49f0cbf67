package audio

import "golang.org/x/sys/cpu"

// hasVectors reports whether this machine can do what gain_amd64.s asks for.
func hasVectors() bool { return cpu.X86.HasAVX2 }

// gainVector is gains.apply for blocks·vectorBlock samples, at least one block.
//
//go:noescape
func gainVector(frame *int16, at, step uint32, blocks int)
