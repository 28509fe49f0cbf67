package codec

import "golang.org/x/sys/cpu"

// byVector returns l if this machine can do what g711vector_amd64.s asks for, else nil.
func byVector(l *lawVector) *lawVector {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return l
}

// sumVector returns the sum of the magnitudes of blocks·vectorBlock coded bytes, at least
// one block and at most 4,096.
//
//go:noescape
func sumVector(l *lawVector, payload *byte, blocks int) int

// decodeVector decodes blocks·vectorBlock bytes into as many samples.
//
//go:noescape
func decodeVector(l *lawVector, dst *int16, payload *byte, blocks int)

// encodeVector codes blocks·vectorBlock samples into as many bytes.
//
//go:noescape
func encodeVector(l *lawVector, dst *byte, frame *int16, blocks int)
