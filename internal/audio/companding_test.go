package audio_test

import (
	"testing"

	"confab/internal/audio"
)

// interval is one row of the tables of ITU-T G.711: the magnitudes from low
// (inclusive) up to the next row's low are coded as code and stand for value.
// low and value are in units of the table.
type interval struct {
	low   int
	value float64
	code  byte // positive; before any inversion
}

// mulaw is ITU-T G.711 Table 2a by its notes: eight segments (chords) of
// sixteen intervals; the first has one half as wide as the others of its
// segment, y0 = 0; y128 = 8031.
func mulaw() []interval {
	rows := []interval{{0, 0, 0}}
	low := 1
	for segment := range 8 {
		for step := range 16 {
			if segment == 0 && step == 0 {
				continue
			}
			width := 2 << segment
			rows = append(rows, interval{low, float64(low) + float64(width)/2, byte(segment<<4 | step)})
			low += width
		}
	}
	return rows
}

// alaw is ITU-T G.711 Table 1a by its notes: the first two segments have
// intervals of 2 units, each further one intervals of twice the width; y128 = 4032.
func alaw() []interval {
	var rows []interval
	low := 0
	for segment := range 8 {
		width := 2 << max(0, segment-1)
		for step := range 16 {
			rows = append(rows, interval{low, float64(low) + float64(width)/2, byte(segment<<4 | step)})
			low += width
		}
	}
	return rows
}

func TestCompanding_G711_tables(t *testing.T) {
	for _, law := range []struct {
		name    string
		rows    []interval
		unit    int  // of the table, in 16-bit steps
		invert  byte // what the line inverts, with the sign bit set for positive
		last    float64
		virtual int // the last decision value
		to      func(int16) byte
		from    func(byte) int16
	}{
		{"µ-law", mulaw(), 4, 0x7F, 8031, 8159, audio.ToULaw, audio.FromULaw},
		{"A-law", alaw(), 8, 0x55, 4032, 4096, audio.ToALaw, audio.FromALaw},
	} {
		t.Run(law.name, func(t *testing.T) {
			last := law.rows[len(law.rows)-1]
			if len(law.rows) != 128 || last.value != law.last || last.low >= law.virtual {
				t.Fatalf("the table itself is wrong: %d rows, last %+v", len(law.rows), last)
			}
			for i := range 1 << 16 {
				sample := int16(i)
				// An interval holds its lower end, above zero and below.
				magnitude, sign := int(sample), byte(0x80)
				if sample < 0 {
					magnitude, sign = -1-int(sample), 0
				}
				row := law.rows[0]
				for _, r := range law.rows {
					if r.low*law.unit <= magnitude {
						row = r
					}
				}
				want := (sign | row.code) ^ law.invert
				if got := law.to(sample); got != want {
					t.Fatalf("code of %d: %#02x, want %#02x", sample, got, want)
				}
				value := int16(row.value * float64(law.unit))
				if sign == 0 {
					value = -value
				}
				if got := law.from(want); got != value {
					t.Fatalf("value of %#02x: %d, want %d", want, got, value)
				}
			}
		})
	}
}

// ITU-T G.711 Tables 1a to 2b: some rows as printed.
func TestCompanding_G711_printedRows(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample int16
		u, a   byte
	}{
		{"silence", 0, 0xFF, 0xD5},
		{"just below silence", -1, 0x7F, 0x55},
		{"positive overload", 32767, 0x80, 0xAA},
		{"negative overload", -32768, 0x00, 0x2A},
	} {
		if u, a := audio.ToULaw(c.sample), audio.ToALaw(c.sample); u != c.u || a != c.a {
			t.Errorf("%s: %#02x and %#02x, want %#02x and %#02x", c.name, u, a, c.u, c.a)
		}
	}
}
