package media

import (
	"math"
	"testing"

	"confab/internal/audio/audiotest"
	"confab/internal/codec"
)

// asking is a far end's encoder that asks for a mode in what it sends.
type asking struct {
	codec.Encoder
	mode byte
}

func (a *asking) Encode(dst []byte, frame []int16) int {
	n := a.Encoder.Encode(dst, frame)
	dst[0] = dst[0]&15 | a.mode<<4
	return n
}

// modeOf returns the mode of a payload that is octet-aligned.
func modeOf(payload []byte) byte { return payload[1] >> 3 & 15 }

// RFC 4867 §4.3.1: a far end is spoken to in the mode that it asks for, in the middle of
// what it hears, and again in the best when it asks for none. It hears no click by it, and
// the others notice nothing.
func TestMode_RFC4867_4_3_1_isTheOneAskedFor(t *testing.T) {
	amrwbOrSkip(t)
	c, _ := codec.ByName("AMR-WB", 16000, "octet-align=1")
	s := newStudio(t)
	s.join(codec.L16At16000, tone(440, -15))
	other, f := s.join(c, nil), s.join(c, nil)
	ask := &asking{f.enc, 15}
	f.enc = ask
	s.turns(20)
	f.heard, other.heard = f.heard[:0], other.heard[:0]
	for _, v := range []struct{ asked, want byte }{{15, 8}, {2, 2}, {5, 5}, {0, 2}, {14, 2}, {15, 8}} {
		ask.mode = v.asked
		s.turns(25)
		last := modeOf(f.last)
		if last != v.want {
			t.Errorf("asked for %d: mode %d, want %d", v.asked, last, v.want)
		}
		if got := modeOf(other.last); got != 8 {
			t.Errorf("asked for %d by another: mode %d", v.asked, got)
		}
	}
	for who, heard := range map[string][]int16{"who asks": f.heard, "who does not": other.heard} {
		level, above := audiotest.Tonal(heard, 16000, 440)
		t.Logf("%s: %.1f dBov, %.1f dB above all else, largest step %d", who, level, above, largestStep(heard))
		if math.Abs(level+15) > 1 || above < 12 || largestStep(heard) > 2400 {
			t.Errorf("%s: %.1f dBov, %.1f dB above all else, largest step %d", who, level, above, largestStep(heard))
		}
	}
	// What was agreed stays so when it is said again, and the request with it.
	ask.mode = 3
	s.turns(6)
	f.session.set(Params{Codec: c, PayloadType: 96, DTMF: 101, Remote: f.session.in.latch.sdp, Send: true, Receive: true}, false)
	s.turn()
	if got := modeOf(f.last); got != 3 {
		t.Errorf("after a re-INVITE: mode %d", got)
	}
}

// RFC 4867 §8.1, mode-change-period: whoever asks, changes are separated by multiples of
// two frames.
func TestMode_RFC4867_8_1_changesAtEverySecondFrame(t *testing.T) {
	amrwbOrSkip(t)
	c, _ := codec.ByName("AMR-WB", 16000, "octet-align=1;mode-change-neighbor=1")
	s := newStudio(t)
	f := s.join(c, nil)
	ask := &asking{f.enc, 15}
	f.enc = ask
	s.turns(10)
	last, changed, changes := modeOf(f.last), uint32(0), 0
	for i := range 300 {
		ask.mode = byte(2 + i/7*5%7)
		s.turn()
		frame := f.session.out.timestamp / f.session.out.step // turns that came late were left out
		now := modeOf(f.last)
		if now == last {
			continue
		}
		if changes > 0 && (frame-changed)%2 != 0 || now > last+1 || now+1 < last {
			t.Fatalf("from mode %d to %d after %d frames", last, now, frame-changed)
		}
		last, changed = now, frame
		changes++
	}
	if changes < 50 {
		t.Errorf("only %d changes", changes)
	}
}
