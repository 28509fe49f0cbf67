package mixer

import "golang.org/x/sys/cpu"

// fastest returns arithmetic by vectors if this machine can do what vector_amd64.s asks for.
func fastest() arithmetic { return arithmetic(cpu.X86.HasAVX2) }

// addVector is add for blocks·vectorBlock samples.
//
//go:noescape
func addVector(sum *int32, voice *int16, blocks int)

// lessVector is less for blocks·vectorBlock samples.
//
//go:noescape
func lessVector(dst *int16, sum *int32, voice *int16, blocks int) (over uint32)

// narrowVector is narrow for blocks·vectorBlock samples.
//
//go:noescape
func narrowVector(dst *int16, sum *int32, blocks int) (over uint32)

// rampVector is curve.applyLess for blocks of 8·eights samples.
//
//go:noescape
func rampVector(dst *int16, sum *int32, voice *int16, gain *slope, blocks, eights int) (over uint32)
