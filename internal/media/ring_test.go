package media

import (
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"confab/internal/audio"
)

// A prompt or a recording may last for longer than 2³² samples: six days at 8 kHz.
func TestRing_goesOnWhereItsCountersWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRing(rapid.IntRange(1, 300).Draw(t, "size"))
		start := uint32(0) - uint32(rapid.IntRange(0, 1000).Draw(t, "before the wrap"))
		r.read.Store(start)
		r.written.Store(start)
		var model []int16
		next := int16(0)
		for range 50 {
			frame := make([]int16, rapid.IntRange(0, 200).Draw(t, "put"))
			for i := range frame {
				next++
				frame[i] = next
			}
			fits := len(model)+len(frame) <= len(r.samples)
			if got := r.put(frame); got != fits {
				t.Fatalf("put of %d beside %d in a ring of %d: %v", len(frame), len(model), len(r.samples), got)
			}
			if fits {
				model = append(model, frame...)
			}
			dst := make([]int16, rapid.IntRange(0, 200).Draw(t, "take"))
			n := r.take(dst)
			if want := min(len(dst), len(model)); n != want || !slices.Equal(dst[:n], model[:n]) {
				t.Fatalf("took %v, want %v", dst[:n], model[:want])
			}
			model = model[n:]
			if r.held() != len(model) {
				t.Fatalf("holds %d, want %d", r.held(), len(model))
			}
		}
	})
}

func TestPlayer_saysEverySampleWhereItsCountersWrap(t *testing.T) {
	p := newPlayer(8000)
	p.ring.read.Store(1<<32 - 1000)
	p.ring.written.Store(1<<32 - 1000)
	want := make([]int16, 8000)
	for i := range want {
		want[i] = int16(i + 1)
	}
	src := audio.FromSamples(8000, want)
	var got []int16
	for {
		if err := p.fill(src); err != nil {
			t.Fatal(err)
		}
		frame := make([]int16, 160)
		if _, more := p.add(frame); !more {
			break
		}
		got = append(got, frame...)
	}
	if !slices.Equal(got, want) {
		t.Error("what was said is not what was to be said")
	}
}

// stuck is a source that has nothing and never ends.
type stuck struct{}

func (stuck) Rate() int                 { return 8000 }
func (stuck) Read([]int16) (int, error) { return 0, nil }

func TestPlayer_givesUpASourceThatGivesNothing(t *testing.T) {
	if err := newPlayer(8000).fill(stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v, want %v", err, io.ErrNoProgress)
	}
}
