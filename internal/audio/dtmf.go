package audio

import (
	"math"
	"math/cmplx"
)

// The detector's limits, on either side of what ITU-T Q.24 (Table A-1) has
// administrations accept and refuse.
const (
	dtmfBlock     = 102.0 / 8000 // seconds looked at a time: two fit into 40 ms wherever it starts, and not into 23
	dtmfLevel     = -36.0        // dBov of each tone, about −30 dBm0: −25 is accepted, weaker than −34 is not
	dtmfHighTwist = 7.5          // dB that the high tone may be louder: 5 is accepted
	dtmfLowTwist  = 10.5         // dB that the low tone may be louder: 8 is accepted
	dtmfPeak      = 6.0          // dB above every other tone of the group
	dtmfPurity    = 0.6          // part of the block's energy that is in the two tones
	dtmfPurityFit = 0.85         // the same, seen at the tones' true frequencies
	dtmfOffset    = 0.02         // of a tone's frequency: ±1.5 % is accepted, ±3.5 % is not
	dtmfSwing     = 2.0          // dB between two blocks of one key
	dtmfHold      = 0.3          // purity at which a pressed key is still pressed
)

// DTMFDetector hears the keys in a voice, for far ends that send them as sound. A
// key is told once, when it has stood for two blocks of 12.75 ms: same two tones,
// steady, at their nominal frequencies, and hardly anything else. That is what
// speech and music do not do. It ends when two blocks miss it, so a gap of 10 ms
// makes no second key.
type DTMFDetector struct {
	block  int     // samples
	floor  float64 // |tone|² that each tone needs
	filter [8]goertzel
	energy float64
	filled int // samples of the block so far

	before  dtmfView // the block before
	pressed byte     // the key told and not yet ended, or 0
	missed  int      // blocks in a row without it
}

// goertzel is a filter for one of the eight tones.
type goertzel struct {
	coef   float64    // 2·cos ω
	turn   complex128 // e^−jω
	back   complex128 // e^−jωN: undoes what a block turns the tone
	s1, s2 float64
}

// dtmfView is what one block looks like.
type dtmfView struct {
	key       byte // its loudest tones are this key's; 0 if nothing is loud
	clean     bool // and it passes for that key
	low, high complex128
	total     float64 // |low|² + |high|²
	energy    float64 // of the block, on the same scale
}

// NewDTMFDetector returns a detector for a voice at rate (Hz), 8000 or more.
func NewDTMFDetector(rate int) *DTMFDetector {
	d := &DTMFDetector{block: int(math.Round(dtmfBlock * float64(rate)))}
	// A sine of level L over N samples has |tone|² = (N·rms)²/2.
	d.floor = math.Pow(float64(d.block)*fullScale, 2) / 2 * math.Pow(10, dtmfLevel/10)
	for i := range d.filter {
		hz := rows[i%4]
		if i >= 4 {
			hz = columns[i-4]
		}
		w := 2 * math.Pi * hz / float64(rate)
		d.filter[i] = goertzel{
			coef: 2 * math.Cos(w), turn: cmplx.Rect(1, -w),
			back: cmplx.Rect(1, -w*float64(d.block)),
		}
	}
	return d
}

// Write listens to the next frame and tells the key that was recognised in it.
// A frame is at most 60 ms long, so that it cannot hold two. It does not allocate.
func (d *DTMFDetector) Write(frame []int16) (key byte, ok bool) {
	for len(frame) > 0 {
		piece := frame[:min(len(frame), d.block-d.filled)]
		frame = frame[len(piece):]
		d.listen(piece)
		if d.filled == d.block {
			if k := d.decide(d.view()); k != 0 {
				key, ok = k, true
			}
		}
	}
	return key, ok
}

func (d *DTMFDetector) listen(samples []int16) {
	for i := range d.filter {
		f := &d.filter[i]
		s1, s2 := f.s1, f.s2
		for _, s := range samples {
			s1, s2 = float64(s)+f.coef*s1-s2, s1
		}
		f.s1, f.s2 = s1, s2
	}
	for _, s := range samples {
		d.energy += float64(s) * float64(s)
	}
	d.filled += len(samples)
}

// view sums up the block and makes ready for the next.
func (d *DTMFDetector) view() dtmfView {
	var tone [8]complex128
	var power [8]float64
	for i := range d.filter {
		f := &d.filter[i]
		tone[i] = complex(f.s1, 0) - complex(f.s2, 0)*f.turn
		power[i] = real(tone[i])*real(tone[i]) + imag(tone[i])*imag(tone[i])
		f.s1, f.s2 = 0, 0
	}
	low, lowClear := loudest(power[:4])
	high, highClear := loudest(power[4:])
	v := dtmfView{
		low: tone[low], high: tone[4+high],
		total: power[low] + power[4+high],
		// A sine of energy E over N samples has |tone|² = E·N/2.
		energy: d.energy * float64(d.block) / 2,
	}
	twist := decibels(power[4+high] / power[low])
	if power[low] > 0 && v.total > dtmfHold*v.energy {
		v.key = keypad[4*low+high]
		v.clean = lowClear && highClear &&
			min(power[low], power[4+high]) >= d.floor &&
			twist <= dtmfHighTwist && twist >= -dtmfLowTwist &&
			v.total >= dtmfPurity*v.energy
	}
	d.energy, d.filled = 0, 0
	return v
}

// decide takes the next block and returns the key that it completes, or 0.
func (d *DTMFDetector) decide(v dtmfView) byte {
	before := d.before
	d.before = v
	if v.key == d.pressed {
		d.missed = 0
		return 0
	}
	if v.clean && before.clean && v.key == before.key && d.steady(before, v) {
		d.pressed, d.missed = v.key, 0
		return v.key
	}
	if d.missed++; d.missed == 2 {
		d.pressed = 0
	}
	return 0
}

// steady tells whether two blocks in a row hold the very tones of their key: as
// loud in both, and turning as fast as the nominal frequency.
func (d *DTMFDetector) steady(a, b dtmfView) bool {
	if math.Abs(decibels(b.total/a.total)) > dtmfSwing {
		return false
	}
	row, column := rowAndColumn(b.key)
	low, lowFit := d.filter[row].offset(a.low, b.low, d.block)
	high, highFit := d.filter[4+column].offset(a.high, b.high, d.block)
	if max(math.Abs(low), math.Abs(high)) > dtmfOffset {
		return false
	}
	return norm(a.low)/lowFit+norm(a.high)/highFit >= dtmfPurityFit*a.energy &&
		norm(b.low)/lowFit+norm(b.high)/highFit >= dtmfPurityFit*b.energy
}

// offset returns how far from its nominal frequency the tone is that was seen as
// a, then as b, as a part of that frequency; and how much of its power a filter
// so far off sees.
func (f *goertzel) offset(a, b complex128, block int) (part, seen float64) {
	turned := cmplx.Phase(b * cmplx.Conj(a) * f.back) // radians per block
	w := -cmplx.Phase(f.turn)
	fit := sinc(turned / (2 * math.Pi))
	return turned / (w * float64(block)), fit * fit
}

func norm(c complex128) float64 { return real(c)*real(c) + imag(c)*imag(c) }

func decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }

// loudest returns which of the powers is largest, and whether it stands clear of
// the others.
func loudest(power []float64) (at int, clear bool) {
	for i, p := range power {
		if p > power[at] {
			at = i
		}
	}
	for i, p := range power {
		if i != at && decibels(power[at]/p) < dtmfPeak {
			return at, false
		}
	}
	return at, true
}
