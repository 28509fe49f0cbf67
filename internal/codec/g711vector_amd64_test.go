package codec

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// What the vector unit says is what the tables say, of whatever length: whole blocks,
// some samples more, none.
func TestG711_vectorsSayWhatTablesSay(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for _, c := range []*g711{PCMU.(*g711), PCMA.(*g711)} {
		if c.vector == nil {
			t.Skip("this machine has no AVX2: there are but tables")
		}
		tables := *c
		tables.vector = nil
		for length := range 200 {
			payload := make([]byte, length)
			frame := make([]int16, length)
			for i := range payload {
				payload[i], frame[i] = byte(random.Uint32()), int16(random.Uint32())
			}
			type said struct {
				level   int
				decoded []int16
				coded   []byte
			}
			var by [2]said
			for i, c := range []*g711{&tables, c} {
				by[i] = said{decoded: make([]int16, length+1), coded: make([]byte, length+1)}
				by[i].level, _ = c.Level(payload)
				c.Decode(by[i].decoded, payload)
				c.Encode(by[i].coded, frame)
			}
			if by[0].level != by[1].level || !slices.Equal(by[0].decoded, by[1].decoded) || !bytes.Equal(by[0].coded, by[1].coded) {
				t.Fatalf("%s, %d samples: by tables %v, by vectors %v", c.name, length, by[0], by[1])
			}
		}
	}
}
