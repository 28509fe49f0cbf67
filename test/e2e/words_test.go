package e2e

import (
	"context"
	"math"
	"math/bits"
	"math/cmplx"
	"sync"
	"testing"

	"confab/internal/audio"
	"confab/internal/speech"
)

const (
	rate   = 8000      // of everything that is listened to, Hz
	piece  = rate / 10 // samples of speech that are looked for as one
	pieces = 12        // of one text
	window = 4096      // samples that are looked through at once

	// alike is from where on two sounds are the same; 1 is the same to the sample.
	// Of the pieces of another text in the same voice two come so near at most.
	alike = 0.95

	enough = 5 // pieces, of which a text is known
)

// words is a text as the program speaks it: some pieces, in their order. In a
// voice that was held up for a moment the whole is not found, but its pieces are.
type words struct {
	text   string
	length int            // samples
	pieces [][]complex128 // the conjugate spectrum of each, of unit energy
	begin  []int          // of each
}

// speaker speaks as the program does.
var speaker = sync.OnceValues(func() (*speech.Speaker, error) {
	engine, err := speech.Find(context.Background())
	if err != nil {
		return nil, err
	}
	return speech.New(speech.Config{Engine: engine})
})

// pronounce returns text in the voice of the line.
func pronounce(t *testing.T, text string) []int16 {
	t.Helper()
	s, err := speaker()
	if err != nil {
		t.Fatal(err)
	}
	src, err := s.Say(t.Context(), speech.Request{Text: text, Voice: "alice", Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	samples, err := audio.Samples(src)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// spoken returns the words of text.
func spoken(t *testing.T, text string) words {
	t.Helper()
	samples := pronounce(t, text)
	var loud []int // where pieces begin that are not silent
	for at := 0; at+piece <= len(samples); at += piece / 4 {
		if audio.Level(samples[at:at+piece]) > -35 {
			loud = append(loud, at)
		}
	}
	if len(loud) < pieces {
		t.Fatalf("%q is too short, or too soft, to be listened for", text)
	}
	w := words{text: text, length: len(samples)}
	for i := range pieces {
		at := loud[i*(len(loud)-1)/(pieces-1)]
		w.begin = append(w.begin, at)
		w.pieces = append(w.pieces, pattern(samples[at:at+piece]))
	}
	return w
}

// pattern prepares a piece to be looked for.
func pattern(samples []int16) []complex128 {
	x := make([]complex128, window)
	var energy float64
	for i, s := range samples {
		x[i] = complex(float64(s), 0)
		energy += float64(s) * float64(s)
	}
	transform(x)
	for i := range x {
		x[i] = cmplx.Conj(x[i]) / complex(math.Sqrt(energy), 0)
	}
	return x
}

// sound is up to a window of what was heard, prepared to be looked through.
type sound struct {
	spectrum []complex128
	energy   []float64 // of the piece that begins at each sample
}

func listen(samples []int16) sound {
	s := sound{spectrum: make([]complex128, window), energy: make([]float64, max(0, len(samples)-piece+1))}
	var sum float64
	for i, v := range samples {
		s.spectrum[i] = complex(float64(v), 0)
		sum += float64(v) * float64(v)
		if i >= piece {
			sum -= float64(samples[i-piece]) * float64(samples[i-piece])
		}
		if i >= piece-1 {
			s.energy[i-piece+1] = sum
		}
	}
	transform(s.spectrum)
	return s
}

// find returns where in s the piece is, and how alike it is there.
//
//go:norace
func (s sound) find(piece []complex128) (at int, likeness float64) {
	x := make([]complex128, window)
	for i := range x {
		x[i] = cmplx.Conj(s.spectrum[i] * piece[i]) // conjugate: transforming again is the way back
	}
	transform(x)
	for i, energy := range s.energy {
		if energy < 1e6 {
			continue // silence is like anything
		}
		if r := real(x[i]) / window / math.Sqrt(energy); r > likeness {
			at, likeness = i, r
		}
	}
	return at, likeness
}

// turns are the roots of unity that transform turns by.
var turns = sync.OnceValue(func() []complex128 {
	t := make([]complex128, window/2)
	for i := range t {
		t[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/window)
	}
	return t
})

// transform is the Fourier transform of x, whose length is window, in place. The
// race detector would make it ten times as slow, and there is nothing to detect.
//
//go:norace
func transform(x []complex128) {
	shift, turns := 64-uint(bits.Len(uint(window-1))), turns()
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < len(x); half *= 2 {
		for from := 0; from < len(x); from += 2 * half {
			low, high := x[from:from+half], x[from+half:from+2*half]
			for k := range low {
				a, b := low[k], turns[k*(window/2/half)]*high[k]
				low[k], high[k] = a+b, a-b
			}
		}
	}
}

// search is the search for words in what is heard.
type search struct {
	words
	at       []int     // where each piece is most alike, in samples
	likeness []float64 // how alike it is there
	upto     int       // what has been looked through
}

func (w words) search(from int) *search {
	return &search{words: w, at: make([]int, len(w.pieces)), likeness: make([]float64, len(w.pieces)), upto: from}
}

// look goes on looking, in what ears have heard since.
func (q *search) look(e *ears) {
	for {
		heard := e.since(q.upto)
		heard = heard[:min(len(heard), window)]
		if len(heard) < piece+rate/4 {
			return // not much yet
		}
		s := listen(heard)
		for i, p := range q.pieces {
			if at, likeness := s.find(p); likeness > q.likeness[i] {
				q.at[i], q.likeness[i] = q.upto+at, likeness
			}
		}
		q.upto += len(heard) - piece // a piece may have begun there
	}
}

// found reports whether piece i was heard.
func (q *search) found(i int) bool { return q.likeness[i] >= alike }

// among returns how many of the pieces from one to before another were heard.
func (q *search) among(from, to int) (n int) {
	for i := from; i < to; i++ {
		if q.found(i) {
			n++
		}
	}
	return n
}

// whole reports whether the text was heard.
func (q *search) whole() bool { return q.among(0, pieces) >= enough }

// begun reports whether the beginning of the text was heard.
func (q *search) begun() bool { return q.among(0, pieces/3) >= 2 }

// ended reports whether the end of the text was heard.
func (q *search) ended() bool { return q.among(pieces-pieces/3, pieces) >= 2 }

// span is where the text begins and ends in what is heard, by the pieces that
// were found.
func (q *search) span() (begin, end int) {
	for i, at := range q.at {
		if !q.found(i) {
			continue
		}
		if b := at - q.begin[i]; end == 0 || b < begin {
			begin = b
		}
		end = max(end, at-q.begin[i]+q.length)
	}
	return begin, end
}

// Texts are told apart, and found through G.711 in a voice that is held up now
// and then.
func TestWords(t *testing.T) {
	t.Parallel()
	need(t, "espeak-ng")
	texts := []string{welcome, enterCode, wrongCode, nowEntering}
	for _, said := range texts {
		for _, smooth := range []int{1000, 12} { // frames from gap to gap
			var heard []int16
			for i, v := range pronounce(t, said) {
				if i%(smooth*rate/50) == 0 {
					heard = append(heard, make([]int16, rate/50)...)
				}
				heard = append(heard, audio.FromULaw(audio.ToULaw(v)))
			}
			heard = append(heard, make([]int16, rate)...)
			e := &ears{t: t, who: "ear", since: func(from int) []int16 { return heard[min(from, len(heard)):] }}
			for _, text := range texts {
				q := spoken(t, text).search(0)
				q.look(e)
				if got, want := [...]bool{q.begun(), q.whole(), q.ended()}, text == said; got != [...]bool{want, want, want} {
					t.Errorf("said %q; begun, whole and ended of %q: %v; its pieces are alike by %.2f", said, text, got, q.likeness)
				}
			}
		}
	}
}
