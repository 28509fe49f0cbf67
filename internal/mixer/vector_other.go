//go:build !amd64

package mixer

func fastest() arithmetic { return false }

func addVector(sum *int32, voice *int16, blocks int)                     { panic("no vectors") }
func lessVector(dst *int16, sum *int32, voice *int16, blocks int) uint32 { panic("no vectors") }
func narrowVector(dst *int16, sum *int32, blocks int) uint32             { panic("no vectors") }
func rampVector(dst *int16, sum *int32, voice *int16, gain *slope, blocks, eights int) uint32 {
	panic("no vectors")
}
