package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"confab/internal/audio"
)

// listenFor is how much each caller listens to when it is asked whom it hears:
// two words, so that no pause of a voice hides it.
const listenFor = time.Second

// heardAt is the level of a pitch, in dBov, from which on it is heard. A voice that is
// there stands 14 dB above it, and one that is not as far below; where a thousand
// talk, and all of it is limited, it is 4 dB and 3.
const heardAt = -46

// listenTimes is how often one is asked that hears what it should not, or not
// what it should: a machine that stalls leaves holes in every voice.
const listenTimes = 5

// listen asks every caller whom it hears: each talker of its own room that has a
// pitch of its own, nobody of another room, and not itself. They listen in
// groups, so that what is kept stays small.
func (g *generator) listen(ctx context.Context) (string, error) {
	const group = 1000
	var asked []*caller
	g.do(func() { asked = g.staying() })
	var first error
	wrong := asked
	for range listenTimes {
		ask := wrong
		wrong, first = nil, nil
		for ears := range slices.Chunk(ask, group) {
			heard, err := g.hearing(ctx, ears)
			if err != nil {
				return "", err
			}
			for i, c := range ears {
				if err := c.hearsTheOthers(heard[i]); err != nil {
					wrong = append(wrong, c)
					if first == nil {
						first = err
					}
				}
			}
		}
		if len(wrong) == 0 {
			return fmt.Sprintf("%d callers listened: each hears those who talk in its own room, and not itself", len(asked)), nil
		}
	}
	return "", fmt.Errorf("%d of %d callers do not hear what they should, the first: %w", len(wrong), len(asked), first)
}

// hearing returns what each of some callers hears, as it comes.
func (g *generator) hearing(ctx context.Context, ears []*caller) ([][][]byte, error) {
	g.do(func() {
		for _, c := range ears {
			c.listen = make([][]byte, 0, listenFor/tickTime)
		}
	})
	deadline := time.Now().Add(listenFor + 5*time.Second)
	err := g.until(ctx, func() bool {
		full := !slices.ContainsFunc(ears, func(c *caller) bool { return len(c.listen) < cap(c.listen) })
		return full || time.Now().After(deadline)
	})
	heard := make([][][]byte, len(ears))
	g.do(func() {
		for i, c := range ears {
			heard[i], c.listen = c.listen, nil
		}
	})
	return heard, err
}

// hearsTheOthers judges what a caller has heard.
func (c *caller) hearsTheOthers(payloads [][]byte) error {
	heard, rate := c.format.decode(payloads), c.format.SampleRate()
	if len(heard) < rate/2 {
		return fmt.Errorf("caller %d of room %d was sent %d samples in %v", c.place, c.room, len(heard), listenFor)
	}
	said := make(map[int]bool) // by others of the room
	for place := range c.load.People {
		if i, ok := pitchOf(c.load, c.room, place); ok && place != c.place {
			said[i] = true
		}
	}
	for i, hz := range pitches {
		level := steady(heard, rate, hz)
		if hears := level > heardAt; hears != said[i] {
			return fmt.Errorf("caller %d of room %d hears %v Hz at %.0f dBov; said by others there: %v", c.place, c.room, hz, level, said[i])
		}
	}
	return nil
}

// steady returns how loud a pitch is most of the time, in dBov: the median over
// tenths of a second. A frame lost or left out moves the phase of a tone, and
// over a longer time what stands before it and after it may cancel out.
func steady(heard []int16, rate int, hz float64) float64 {
	var levels []float64
	for piece := range slices.Chunk(heard, rate/10) {
		if len(piece) == rate/10 {
			levels = append(levels, audio.LevelAt(piece, rate, hz))
		}
	}
	return median(levels)
}
