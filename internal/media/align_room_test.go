package media

import "testing"

// A slot in which many are due is left to them.
func TestAlign_noSlotIsFilled(t *testing.T) {
	due := [slotsPerTick]int{0: 1000, 1: 60, 2: 100}
	for slot, want := range []bool{false, true, true, true} {
		if got := hasRoom(due, slot, 4); got != want {
			t.Errorf("slot %d of %v has room for four: %v, want %v", slot, due, got, want)
		}
	}
	if even := [slotsPerTick]int{125, 125, 125, 125, 125, 125, 125, 180}; !hasRoom(even, 0, 4) || hasRoom(even, 7, 30) {
		t.Error("where all have as many, each has room for a few, and the fullest has not for many")
	}
}
