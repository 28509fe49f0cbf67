//go:build !amd64

package codec

// byVector returns nil: here are but tables.
func byVector(*lawVector) *lawVector { return nil }

func sumVector(l *lawVector, payload *byte, blocks int) int            { panic("no vectors") }
func decodeVector(l *lawVector, dst *int16, payload *byte, blocks int) { panic("no vectors") }
func encodeVector(l *lawVector, dst *byte, frame *int16, blocks int)   { panic("no vectors") }
