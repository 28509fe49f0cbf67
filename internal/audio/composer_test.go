package audio

import (
	"fmt"
	"testing"
	"time"
)

func TestComposer_staysInTheBand(t *testing.T) {
	c := newComposer()
	for beat := range 20000 { // five hours
		notes := c.next()
		if len(notes) > cap(c.notes) || beat == 0 && len(notes) == 0 {
			t.Fatalf("beat %d: %d notes", beat, len(notes))
		}
		for _, n := range notes {
			top := n.hz * float64(len(partials[n.on]))
			if top > 3400 || n.hz < 100 || n.beats < 0 || n.level <= 0 || n.level > 1 {
				t.Fatalf("beat %d: %+v reaches %.0f Hz", beat, n, top)
			}
		}
	}
}

// A caller who waits half an hour does not hear one phrase twice.
func TestComposer_doesNotRepeat(t *testing.T) {
	c := newComposer()
	heard := map[string]int{}
	for phrase := 0; time.Duration(phrase)*beatsPerBar*barsPerPhrase*musicBeat < 30*time.Minute; phrase++ {
		var score string
		for range beatsPerBar * barsPerPhrase {
			score += fmt.Sprint(c.next())
		}
		if before, ok := heard[score]; ok && c.busy > 0 {
			t.Errorf("phrase %d is phrase %d again", phrase, before)
		}
		heard[score] = phrase
	}
	if len(heard) < 40 {
		t.Errorf("only %d phrases in half an hour", len(heard))
	}
}
