package audio

import (
	"math"
	"sync"
)

// instrument is who plays a note of the wait music.
type instrument int

const (
	pad instrument = iota
	bass
	bell
	instruments = 3
)

// partials are the loudness of each instrument's fundamental and its harmonics.
// Together with the highest note of each (see composer) none is above 3.4 kHz.
var partials = [instruments][]float64{
	pad:  {1, 0.45, 0.22, 0.1, 0.05},
	bass: {1, 0.8, 0.5, 0.3, 0.15, 0.06},
	bell: {1, 0.25, 0.06},
}

// timbreSize is how many steps a turn has: linear interpolation between them is
// below −80 dB of the truth.
const timbreSize = 2048

// timbre is one turn of an instrument's wave; the first value stands again at the end.
type timbre [timbreSize + 1]float32

var timbres = sync.OnceValue(func() *[instruments]timbre {
	var all [instruments]timbre
	for i, harmonics := range partials {
		for k := range all[i] {
			var v float64
			for h, loud := range harmonics {
				v += loud * math.Sin(2*math.Pi*float64((h+1)*k)/timbreSize)
			}
			all[i][k] = float32(v)
		}
	}
	return &all
})
