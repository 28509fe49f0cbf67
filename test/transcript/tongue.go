package transcript

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/speech"
)

// slotTime is how long a character lasts in the speech of the tone engine.
const slotTime = 60 * time.Millisecond

// A slot is judged by its middle, clear of its neighbours.
const (
	slotEdge = 12 * time.Millisecond
	slotHop  = 10 * time.Millisecond
	toneNear = 12.0  // Hz: a tone this near is that of the character
	loudEdge = -42.0 // dBov: where sound begins
)

// alphabet are the characters as which tones are read, the likelier of two with
// the same tone first.
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,0123456789'?!-:"

// anyVoice is a voice; the tone engine has but one.
var anyVoice = speech.Voice{Name: "alice", Language: "en-US", Gender: speech.Woman}

// tongue knows the speech of the tone engine: what pitch each character has. It
// learns them from the engine itself.
type tongue struct {
	engine speech.Engine
	mu     sync.Mutex
	hz     map[rune]float64 // 0 is silence
}

func newTongue() *tongue { return &tongue{engine: speech.NewTones(), hz: map[rune]float64{}} }

// pitch returns the pitch of a character, 0 for silence.
func (t *tongue) pitch(c rune) (float64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hz, ok := t.hz[c]; ok {
		return hz, nil
	}
	// Between others, for an engine may leave out what begins or ends a text.
	src, err := t.engine.Synthesize(context.Background(), "a"+string(c)+"a", anyVoice)
	if err != nil {
		return 0, err
	}
	samples, err := audio.Samples(audio.Resample(src, soundRate))
	if err != nil {
		return 0, err
	}
	if got, want := len(samples), 3*samplesIn(slotTime); got < want-80 || got > want+80 {
		return 0, fmt.Errorf("the tone engine takes %v for a character, not %v", samplesTime(got/3), slotTime)
	}
	t.hz[c] = slotPitch(samples[samplesIn(slotTime):])
	return t.hz[c], nil
}

// pitches returns those of a text.
func (t *tongue) pitches(text string) ([]float64, error) {
	var all []float64
	for _, c := range text {
		hz, err := t.pitch(c)
		if err != nil {
			return nil, err
		}
		all = append(all, hz)
	}
	return all, nil
}

// slotPitch returns the pitch of the slot that samples begin with, 0 for
// silence, −1 when the slot is not there whole.
func slotPitch(samples []int16) float64 {
	if len(samples) < samplesIn(slotTime-slotEdge) {
		return -1
	}
	middle := samples[samplesIn(slotEdge):samplesIn(slotTime-slotEdge)]
	if p := audio.Pitches(middle, soundRate, 1); len(p) > 0 && p[0].Level > loudEdge {
		return p[0].Hz
	}
	return 0
}

// samePitch reports whether two pitches are those of one character.
func samePitch(want, got float64) bool {
	return math.Abs(want-got) < toneNear
}

// follow goes through slots from at on and returns where they end, how many are
// not as they should be, and how many are not there any more. A frame that was
// lost or invented on the way shifts those after it, so each is looked for
// nearby. What lies before the first sample is taken on trust.
func follow(samples []int16, at int, slots []float64) (end, wrong, missing int) {
	for _, want := range slots {
		if want > 0 && at+samplesIn(slotTime) <= len(samples) {
			at = clearest(samples, at, want)
		}
		if at >= 0 {
			switch there := slotPitch(samples[min(at, len(samples)):]); {
			case there < 0:
				missing++
			case !samePitch(want, there):
				wrong++
			}
		}
		at += samplesIn(slotTime)
	}
	return at, wrong, missing
}

// clearest returns where about at a slot of a pitch is: there, unless it is much
// clearer nearby.
func clearest(samples []int16, at int, hz float64) int {
	const (
		clear = -21.5 // dBov: it fills the slot
		much  = 1     // dB, to move at all
		more  = 0.5   // dB, for each hop
		far   = 6     // hops
	)
	best, where := slotLevel(samples, at, hz)+much, at
	if best > clear {
		return at
	}
	for s := -far; s <= far; s++ {
		there := at + s*samplesIn(slotHop)
		if l := slotLevel(samples, there, hz) - more*math.Abs(float64(s)); l > best {
			best, where = l, there
		}
	}
	return where
}

// slotLevel returns how loud a pitch is in the slot at at.
func slotLevel(samples []int16, at int, hz float64) float64 {
	to := at + samplesIn(slotTime)
	if at < 0 || to > len(samples) {
		return audio.Quietest
	}
	return audio.LevelAt(samples[at:to], soundRate, hz)
}

// aligned returns where the slots begin in samples, which begin in the first of
// them: a voice may be on its way before the ear is open.
func aligned(samples []int16, slots []float64) int {
	best, where := 0.0, 0
	for at := 0; at > -samplesIn(slotTime); at -= samplesIn(slotHop) {
		sum := 0.0
		for i := 1; i < min(6, len(slots)); i++ {
			if slots[i] > 0 {
				sum += math.Pow(10, slotLevel(samples, at+i*samplesIn(slotTime), slots[i])/20)
			}
		}
		if sum > best {
			best, where = sum, at
		}
	}
	return where
}

// read returns what is said in samples, as far as the tongue knows it.
func (t *tongue) read(samples []int16) string {
	at := soundBegins(samples, 0)
	known, err := t.pitches(alphabet)
	if at < 0 || err != nil {
		return describe(samples)
	}
	var b strings.Builder
	for quiet := 0; quiet < 4 && at < len(samples); at += samplesIn(slotTime) {
		hz := slotPitch(samples[at:])
		if hz < 0 {
			break
		}
		if quiet++; hz > 0 {
			quiet = 0
		}
		b.WriteByte(character(known, hz))
	}
	return fmt.Sprintf("%q", strings.TrimRight(b.String(), " "))
}

// character returns the first of the alphabet with a pitch that is among known.
func character(known []float64, hz float64) byte {
	if hz == 0 {
		return ' '
	}
	for i, its := range known {
		if samePitch(its, hz) {
			return alphabet[i]
		}
	}
	return '?'
}

// soundBegins returns where the first sound at or after from begins, −1 if nowhere.
func soundBegins(samples []int16, from int) int {
	const block = soundRate / 500 // 2 ms
	for at := from; at+block <= len(samples); at += block {
		if audio.Level(samples[at:at+block]) > loudEdge {
			return at
		}
	}
	return -1
}

// utterance wants a text to be said: the next thing that is heard, from its
// beginning, within a bound. One that ends in "…" is as far as it goes.
type utterance struct {
	name, text string
	open       bool
	d          time.Duration

	ear       *ear
	from      int
	mark, cut int // see ear; what is done while it is said does not matter
}

// parseSpeech: `ann hears speech "Welcome." within 2s`.
func parseSpeech(name string, w []string) (step, error) {
	w, d, err := within(w, time.Second)
	if err != nil {
		return nil, err
	}
	u := &utterance{name: name, d: d}
	if len(w) == 1 {
		u.text, u.open = strings.CutSuffix(w[0], "…")
	}
	if strings.TrimSpace(u.text) == "" || strings.TrimSpace(u.text) != u.text && !u.open {
		return nil, errors.New(`want speech "in quotes"`)
	}
	return u, nil
}

func (u *utterance) begin(r *run) (err error) {
	if u.ear, err = r.person(u.name).listening(); err != nil {
		return err
	}
	u.from = u.ear.now()
	u.mark, u.cut = u.ear.marks()
	return nil
}

func (u *utterance) end(r *run) error {
	slots, err := r.tongue.pitches(u.text)
	if err != nil {
		return err
	}
	latest := u.from + samplesIn(r.stage.bound(u.d))
	at, err := u.beginning(latest, slots)
	if err != nil {
		return fmt.Errorf("%w, not %q", err, u.text)
	}
	length := len(slots) * samplesIn(slotTime)
	samples := u.ear.heard(at + length + samplesIn(slotHop))
	if at == 0 {
		at = aligned(samples, slots)
	}
	end, wrong, missing := follow(samples, at, slots)
	if wrong > r.stage.misheard(len(slots)) || missing > min(r.stage.clipped, len(slots)/2) {
		return fmt.Errorf("%s hears %s, not %q", u.name, r.tongue.read(samples[max(0, at):]), u.text)
	}
	if samples = u.ear.heard(end + 2*samplesIn(slotTime)); !u.open && r.stage.slurred == 0 && !ends(samples, end) {
		return fmt.Errorf("%s hears %s, more than %q", u.name, r.tongue.read(samples[max(0, at):]), u.text)
	}
	rest := time.Duration(0)
	if r.stage.slurred > 0 { // the end is not exact either
		rest = settle
	}
	u.ear.judged(end, rest)
	return nil
}

// beginning waits for sound, and returns where it begins. Up to cut, the rest of
// what was said before may be heard first.
func (u *utterance) beginning(latest int, slots []float64) (int, error) {
	mark := u.mark
	for {
		samples := u.ear.heard(mark + samplesIn(slotTime))
		at := soundBegins(samples, mark)
		switch {
		case at < 0 && len(samples) >= latest, at >= latest:
			return 0, fmt.Errorf("%s hears nothing in time", u.name)
		case at < 0:
			if more := u.ear.heard(len(samples) + 1); len(more) == len(samples) {
				return 0, fmt.Errorf("%s hears nothing, and the call or its voice has ended", u.name)
			}
			mark = max(mark, len(samples)-soundRate/500)
			continue
		case at >= u.cut || u.starts(at, slots):
			return at, nil
		}
		mark = at + samplesIn(slotHop)/2
	}
}

// starts reports whether the first slots are at at: all of a few but one.
func (u *utterance) starts(at int, slots []float64) bool {
	first := slots[:min(5, len(slots))]
	samples := u.ear.heard(at + len(first)*samplesIn(slotTime))
	wrong := 0
	for i, want := range first {
		from := min(at+i*samplesIn(slotTime), len(samples))
		if !samePitch(want, slotPitch(samples[from:])) {
			wrong++
		}
	}
	return wrong <= len(first)/4 && slices.Max(first) > 0 && samePitch(first[0], slotPitch(samples[min(at, len(samples)):]))
}

// ends reports whether a text ends about where its last slot does: there is
// silence, and it does not go on after what may be a space.
func ends(samples []int16, end int) bool {
	block := samplesIn(slotHop)
	for at := max(0, end-block); at <= end+2*block && at+block <= len(samples); at += block / 4 {
		if audio.Level(samples[at:at+block]) > loudEdge {
			continue
		}
		// At least a frame lies between what is said one after the other.
		next := soundBegins(samples, at)
		return next < 0 || next < end+samplesIn(slotTime)-block || next > end+samplesIn(slotTime)+block
	}
	return len(samples) < end+3*block
}
