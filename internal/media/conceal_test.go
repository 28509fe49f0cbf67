package media

import (
	"slices"
	"testing"
)

// A gap is filled on one straight line from what was heard to nothing.
func TestConceal_fadesOnALine(t *testing.T) {
	for _, lengths := range [][]int{{160, 160, 160, 160}, {80, 80, 80, 80, 80, 80, 80}, {160, 80, 40, 120, 160}} {
		in := inlet{frame: slices.Repeat([]int16{12000}, 160), loud: hangover}
		var got []int16
		for _, n := range lengths {
			if in.conceal(n) {
				got = append(got, in.frame[:n]...)
			}
			// The frame before the next one.
			all := append(slices.Repeat([]int16{12000}, 160), got...)
			copy(in.frame, all[len(all)-160:])
		}
		if len(got) < 480 {
			t.Fatalf("%v: only %d samples are filled", lengths, len(got))
		}
		for i, v := range got {
			want := 12000 * max(480-i, 0) / 480
			if d := int(v) - want; d < -60 || d > 60 {
				t.Fatalf("%v: sample %d is %d, want %d", lengths, i, v, want)
			}
		}
		if in.loud != 0 && in.gap >= 480 && in.conceal(160) {
			t.Errorf("%v: it does not end", lengths)
		}
	}
}

func TestConceal_aSilentOneStaysSilent(t *testing.T) {
	in := inlet{frame: slices.Repeat([]int16{12000}, 160)}
	if in.conceal(160) {
		t.Error("something is made of silence")
	}
}
