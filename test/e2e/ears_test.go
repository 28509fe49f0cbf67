package e2e

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"confab/internal/audio"
)

// ears are what somebody has heard so far, and how far it has been attended to.
type ears struct {
	t     *testing.T
	who   string
	since func(from int) []int16 // all that was heard from that sample on
	at    int                    // what was heard before is dealt with
}

// recording returns the samples of a WAV file, which is still being written,
// from one on. Its header has 44 bytes.
func recording(file string, from int) []int16 {
	f, err := os.Open(file)
	if err != nil {
		return nil // not made yet
	}
	defer f.Close()
	if _, err := f.Seek(44+2*int64(from), io.SeekStart); err != nil {
		return nil
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil
	}
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return samples
}

// patience is how long something may take to be heard, beyond the time that it
// lasts: machines that test are busy.
const patience = 30 * time.Second

// hears waits until text has been said, after all that was dealt with before,
// and returns where it begins and ends, in samples.
func (e *ears) hears(text string) (begin, end int) {
	e.t.Helper()
	q := spoken(e.t, text).search(e.at)
	e.await(q, q.whole)
	begin, end = q.span()
	e.at = end
	return begin, end
}

// beginsToHear waits until text is being said, and returns up to where it has
// come.
func (e *ears) beginsToHear(text string) (at int) {
	e.t.Helper()
	q := spoken(e.t, text).search(e.at)
	e.await(q, q.begun)
	for i, found := range q.at {
		if q.found(i) {
			at = max(at, found+piece)
		}
	}
	e.at = at
	return at
}

// heardEnd reports whether text was said to its end between two moments.
func (e *ears) heardEnd(text string, from, to int) bool {
	e.t.Helper()
	q := spoken(e.t, text).search(0)
	heard := append(e.since(from)[:max(0, to-from)], make([]int16, rate)...)
	q.look(&ears{since: func(at int) []int16 { return heard[at:] }})
	return q.ended()
}

// await waits for a search.
func (e *ears) await(q *search, done func() bool) {
	e.t.Helper()
	deadline := time.Now().Add(patience)
	for q.look(e); !done(); q.look(e) {
		if time.Now().After(deadline) {
			e.t.Fatalf("%s does not hear %q within %v: of %.1f s from %.1f s on, its pieces are alike by %.2f",
				e.who, q.text, patience, seconds(len(e.since(e.at))), seconds(e.at), q.likeness)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// hearsTones waits until, over a second, all of the pitches there are heard and
// none of those absent.
func (e *ears) hearsTones(there, absent []float64) {
	e.t.Helper()
	const (
		loud = -30 // dBov; a phone's tone is at -20, or louder
		soft = 20  // dB less than the loudest tone: what there is none of
	)
	deadline := time.Now().Add(patience)
	from := len(e.since(0))
	for {
		heard := e.since(from)
		if len(heard) < rate {
			if time.Now().After(deadline) {
				e.t.Fatalf("%s hears nothing more after %.1f s", e.who, seconds(from))
			}
			time.Sleep(50 * time.Millisecond)
			continue
		}
		heard = heard[:rate]
		least := -20.0
		var wrong []string
		for _, hz := range there {
			level := audio.LevelAt(heard, rate, hz)
			least = max(least, level)
			if level < loud {
				wrong = append(wrong, fmt.Sprintf("%v Hz is at %.0f dBov and should be heard", hz, level))
			}
		}
		for _, hz := range absent {
			if level := audio.LevelAt(heard, rate, hz); level > least-soft {
				wrong = append(wrong, fmt.Sprintf("%v Hz is at %.0f dBov and should not be heard", hz, level))
			}
		}
		if wrong == nil {
			return
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("%s, %.1f s into the call: %s; loudest are %v", e.who, seconds(from), strings.Join(wrong, "; "), audio.Pitches(heard, rate, 5))
		}
		from += rate / 2
	}
}

// hearsSomething waits until a second of what is heard is no silence.
func (e *ears) hearsSomething() {
	e.t.Helper()
	from := len(e.since(0))
	until(e.t, patience, e.who+" hears something", func() bool {
		heard := e.since(from)
		return len(heard) >= rate && audio.Level(heard[len(heard)-rate:]) > -40
	})
}

func seconds(samples int) float64 { return float64(samples) / rate }
