package mixer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"confab/internal/mixer"
)

const size = 8

// frames returns n voices that together are within full scale.
func frames(t *rapid.T, n int) [][]int16 {
	most := int16(32767 / n)
	frame := rapid.SliceOfN(rapid.Int16Range(-most, most), size, size)
	return rapid.SliceOfN(frame, n, n).Draw(t, "frames")
}

func sum(frames [][]int16, but int) []int16 {
	out := make([]int16, size)
	for i := range out {
		var v int32
		for j, f := range frames {
			if j != but && f != nil {
				v += int32(f[i])
			}
		}
		out[i] = int16(v)
	}
	return out
}

func TestMix_isTheExactSumOfTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "strips")
		m := mixer.New(size)
		strips := make([]*mixer.Strip, n)
		for i := range strips {
			strips[i] = m.Add()
		}
		for range 3 { // nothing of one turn is left in the next
			voices := frames(t, n)
			for i := range voices {
				if rapid.Bool().Draw(t, "says nothing") {
					voices[i] = nil // muted or silent
				}
			}
			for _, i := range rapid.Permutation(indexes(n)).Draw(t, "order") {
				if voices[i] != nil {
					strips[i].Put(voices[i])
				}
			}
			m.Sum()
			for i, s := range strips {
				got, shared := s.Mix(make([]int16, size))
				if want := sum(voices, i); !slices.Equal(got, want) {
					t.Fatalf("strip %d hears %v, want %v", i, got, want)
				}
				if shared != (voices[i] == nil) {
					t.Fatalf("strip %d: shared %v though it says %v", i, shared, voices[i])
				}
				others := slices.ContainsFunc(slices.Delete(slices.Clone(voices), i, i+1), func(v []int16) bool { return v != nil })
				if s.HearsNothing() == others {
					t.Fatalf("strip %d hears nothing: %v, though others say something: %v", i, s.HearsNothing(), others)
				}
			}
			m.Clear()
		}
	})
}

func TestMix_nobodyHearsThemselves(t *testing.T) {
	m := mixer.New(size)
	s, other := m.Add(), m.Add()
	loud := slices.Repeat([]int16{32767}, size)
	s.Put(loud)
	m.Sum()
	if got, _ := s.Mix(make([]int16, size)); !slices.Equal(got, make([]int16, size)) {
		t.Errorf("a lone talker hears %v, want silence", got)
	}
	if got, _ := other.Mix(make([]int16, size)); !slices.Equal(got, loud) {
		t.Errorf("the listener hears %v, want %v", got, loud)
	}
}

func TestOnly_isHeardByTheListenersAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "strips")
		m := mixer.New(size)
		strips := make([]*mixer.Strip, n)
		for i := range strips {
			strips[i] = m.Add()
		}
		voices := frames(t, n)
		audience := map[int][]int{} // who is heard by whom alone
		for i := range strips {
			if !rapid.Bool().Draw(t, "private") {
				continue
			}
			listeners := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, n, rapid.ID[int]).Draw(t, "listeners")
			audience[i] = listeners
			var only []*mixer.Strip
			for _, l := range listeners {
				only = append(only, strips[l])
			}
			strips[i].Only(only...)
		}
		for i, s := range strips {
			s.Put(voices[i])
		}
		m.Sum()
		for i, s := range strips {
			heard := make([][]int16, n)
			for j := range strips {
				listeners, private := audience[j]
				if j != i && (!private || slices.Contains(listeners, i)) {
					heard[j] = voices[j]
				}
			}
			if got, _ := s.Mix(make([]int16, size)); !slices.Equal(got, sum(heard, -1)) {
				t.Fatalf("strip %d hears %v, want %v (audience %v)", i, got, sum(heard, -1), audience)
			}
			something := slices.ContainsFunc(heard, func(v []int16) bool { return v != nil })
			if s.HearsNothing() == something {
				t.Fatalf("strip %d hears nothing: %v (audience %v)", i, s.HearsNothing(), audience)
			}
		}
		m.Clear()
		for _, s := range strips {
			s.Only()
		}
		for i, s := range strips {
			s.Put(voices[i])
		}
		m.Sum()
		for i, s := range strips {
			if got, _ := s.Mix(make([]int16, size)); !slices.Equal(got, sum(voices, i)) {
				t.Fatalf("after Only() strip %d hears %v, want %v", i, got, sum(voices, i))
			}
		}
	})
}

// A tree of mixers of any shape is one mixer: as soon as a voice has crossed it,
// every strip hears the clamped sum of all others and nothing twice.
func TestTrunk_aTreeOfMixersIsOne(t *testing.T) {
	type end struct { // of a trunk, on one of its mixers
		strip   *mixer.Strip
		says    []int32
		hears   *[]int32
		carried []int32 // says of the turn before
	}
	rapid.Check(t, func(t *rapid.T) {
		mixers := make([]*mixer.Mixer, rapid.IntRange(1, 8).Draw(t, "mixers"))
		ends := make([][]*end, len(mixers))
		for i := range mixers {
			mixers[i] = mixer.New(size)
			if i == 0 {
				continue
			}
			parent := rapid.IntRange(0, i-1).Draw(t, "parent")
			up := &end{strip: mixers[i].Add(), says: make([]int32, size), carried: make([]int32, size)}
			down := &end{strip: mixers[parent].Add(), says: make([]int32, size), carried: make([]int32, size)}
			up.hears, down.hears = &down.carried, &up.carried
			ends[i], ends[parent] = append(ends[i], up), append(ends[parent], down)
		}
		n := rapid.IntRange(1, 12).Draw(t, "strips")
		voices, strips, at := frames(t, n), make([]*mixer.Strip, n), make([]int, n)
		for i := range strips {
			at[i] = rapid.IntRange(0, len(mixers)-1).Draw(t, "mixer")
			strips[i] = mixers[at[i]].Add()
		}
		for turn := range len(mixers) + 1 { // the longest way, and the turn itself
			for i, s := range strips {
				s.Put(voices[i])
			}
			for i, m := range mixers {
				for _, e := range ends[i] {
					e.strip.PutSum(*e.hears)
				}
				m.Sum()
				for _, e := range ends[i] {
					e.strip.MixSum(e.says)
				}
			}
			if turn == len(mixers) {
				for i, s := range strips {
					if got, _ := s.Mix(make([]int16, size)); !slices.Equal(got, sum(voices, i)) {
						t.Fatalf("strip %d, on mixer %d of %d, hears %v, want %v", i, at[i], len(mixers), got, sum(voices, i))
					}
				}
			}
			for i, m := range mixers {
				m.Clear()
				for _, e := range ends[i] {
					copy(e.carried, e.says)
				}
			}
		}
	})
}

// A tree of two mixers, joined by a trunk strip on each, is one mixer: what
// passes between them is the unlimited sum.
func TestTrunk_twoMixersAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 10).Draw(t, "strips")
		voices := frames(t, n)
		a, b := mixer.New(size), mixer.New(size)
		trunkA, trunkB := a.Add(), b.Add()
		strips := make([]*mixer.Strip, n)
		for i := range strips {
			strips[i] = []*mixer.Mixer{a, b}[i%2].Add()
		}
		say := func() {
			for i, s := range strips {
				s.Put(voices[i])
			}
		}
		// The sums cross in one turn and are heard in the next.
		say()
		a.Sum()
		b.Sum()
		toB, toA := make([]int32, size), make([]int32, size)
		trunkA.MixSum(toB)
		trunkB.MixSum(toA)
		a.Clear()
		b.Clear()
		say()
		trunkA.PutSum(toA)
		trunkB.PutSum(toB)
		a.Sum()
		b.Sum()
		for i, s := range strips {
			if got, _ := s.Mix(make([]int16, size)); !slices.Equal(got, sum(voices, i)) {
				t.Fatalf("strip %d hears %v, want %v", i, got, sum(voices, i))
			}
		}
		back := make([]int32, size)
		trunkA.MixSum(back)
		if !slices.Equal(back, toB) {
			t.Fatalf("the trunk carries back %v, want %v: nothing of its own", back, toB)
		}
	})
}

// What crosses a trunk is not limited: voices beyond full scale on one side and
// as loud ones of the other sign on the other side leave what is between them.
func TestTrunk_limitsAtTheEndOnly(t *testing.T) {
	a, b := mixer.New(size), mixer.New(size)
	trunkA, trunkB, listener := a.Add(), b.Add(), b.Add()
	for range 3 {
		a.Add().Put(slices.Repeat([]int16{32000}, size))
	}
	a.Sum()
	across := make([]int32, size)
	trunkA.MixSum(across)
	trunkB.PutSum(across)
	for range 2 {
		b.Add().Put(slices.Repeat([]int16{-32000}, size))
	}
	b.Sum()
	if got, _ := listener.Mix(make([]int16, size)); !slices.Equal(got, slices.Repeat([]int16{32000}, size)) {
		t.Errorf("the listener hears %v, want 32000", got)
	}
}

func TestTurn_doesNotAllocate(t *testing.T) {
	m := mixer.New(160)
	var strips []*mixer.Strip
	for range 50 {
		strips = append(strips, m.Add())
	}
	strips[0].Only(strips[1], strips[2])
	voice, dst := slices.Repeat([]int16{3000}, 160), make([]int16, 160) // together too loud
	if n := testing.AllocsPerRun(100, func() { turn(m, strips, voice, dst, len(strips)) }); n != 0 {
		t.Errorf("a turn allocates %v times", n)
	}
}

func turn(m *mixer.Mixer, strips []*mixer.Strip, voice, dst []int16, talkers int) {
	for _, s := range strips[:talkers] {
		s.Put(voice)
	}
	m.Sum()
	for _, s := range strips {
		s.Mix(dst)
	}
	m.Clear()
}

func BenchmarkTurn(b *testing.B) {
	for _, c := range []struct {
		name            string
		strips, talkers int
		level           int16
	}{
		{"1000 strips, 3 talk", 1000, 3, 0}, {"1000 strips, all talk", 1000, 1000, 0}, {"4 strips, all talk", 4, 4, 0},
		{"4 strips, all talk, limited", 4, 4, 20000}, {"1000 strips, all talk, limited", 1000, 1000, 20000},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := mixer.New(160)
			var strips []*mixer.Strip
			for range c.strips {
				strips = append(strips, m.Add())
			}
			voice, dst := slices.Repeat([]int16{c.level}, 160), make([]int16, 160)
			for b.Loop() {
				turn(m, strips, voice, dst, c.talkers)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.strips), "ns/strip")
		})
	}
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
