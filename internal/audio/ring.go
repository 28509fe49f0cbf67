package audio

import "time"

// ringLevel is how loud a ringing tone is, dBov.
const ringLevel = -20

// cadence is a ringing tone: pitches in Hz, heard at once, and for how many
// milliseconds they are heard and not heard, in turn. One whose loudness beats is
// written as the two pitches that beat so.
type cadence struct {
	hz []float64
	ms []int // on, off, on, off …
}

// cadences are the ringing tones of countries (ITU-T E.180, supplement 2), by their
// names in Twilio <Dial> ringTone.
var cadences = map[string]cadence{
	"at":     {[]float64{420}, []int{1000, 5000}},
	"au":     {[]float64{413, 438}, []int{400, 200, 400, 2000}},
	"be":     {[]float64{425}, []int{1000, 3000}},
	"bg":     {[]float64{425}, []int{1000, 4000}},
	"br":     {[]float64{425}, []int{1000, 4000}},
	"ch":     {[]float64{425}, []int{1000, 4000}},
	"cl":     {[]float64{400}, []int{1000, 3000}},
	"cn":     {[]float64{450}, []int{1000, 4000}},
	"cz":     {[]float64{425}, []int{1000, 4000}},
	"de":     {[]float64{425}, []int{1000, 4000}},
	"dk":     {[]float64{425}, []int{1000, 4000}},
	"ee":     {[]float64{425}, []int{1000, 4000}},
	"es":     {[]float64{425}, []int{1500, 3000}},
	"fi":     {[]float64{425}, []int{1000, 4000}},
	"fr":     {[]float64{440}, []int{1500, 3500}},
	"gr":     {[]float64{425}, []int{1000, 4000}},
	"hu":     {[]float64{425}, []int{1250, 3750}},
	"il":     {[]float64{400}, []int{1000, 3000}},
	"in":     {[]float64{375, 425}, []int{400, 200, 400, 2000}},
	"it":     {[]float64{425}, []int{1000, 4000}},
	"jp":     {[]float64{400, 416}, []int{1000, 2000}},
	"lt":     {[]float64{425}, []int{1000, 4000}},
	"mx":     {[]float64{425}, []int{1000, 4000}},
	"my":     {[]float64{425}, []int{400, 200, 400, 2000}},
	"nl":     {[]float64{425}, []int{1000, 4000}},
	"no":     {[]float64{425}, []int{1000, 4000}},
	"nz":     {[]float64{400, 450}, []int{400, 200, 400, 2000}},
	"ph":     {[]float64{425, 480}, []int{1000, 4000}},
	"pl":     {[]float64{425}, []int{1000, 4000}},
	"pt":     {[]float64{425}, []int{1000, 5000}},
	"ru":     {[]float64{425}, []int{800, 3200}},
	"se":     {[]float64{425}, []int{1000, 5000}},
	"sg":     {[]float64{401, 449}, []int{400, 200, 400, 2000}},
	"th":     {[]float64{350, 450}, []int{1000, 4000}},
	"tw":     {[]float64{440, 480}, []int{1000, 2000}},
	"uk":     {[]float64{400, 450}, []int{400, 200, 400, 2000}},
	"us":     {[]float64{440, 480}, []int{2000, 4000}},
	"us-old": {[]float64{420, 460}, []int{2000, 4000}},
	"ve":     {[]float64{425}, []int{1000, 4000}},
	"za":     {[]float64{367, 433}, []int{400, 200, 400, 2000}},
}

// Ringing returns what a caller hears while somebody else's telephone rings, without
// end. country is as in Twilio <Dial> ringTone; any other is us.
func Ringing(rate int, country string) Source {
	c, ok := cadences[country]
	if !ok {
		c = cadences["us"]
	}
	return &ringing{rate: rate, cadence: c}
}

type ringing struct {
	rate    int
	cadence cadence
	turn    int // of the cadence's ms
	now     *tone
}

// Rate returns the sample rate, Hz.
func (r *ringing) Rate() int { return r.rate }

// Read fills dst.
func (r *ringing) Read(dst []int16) (n int, err error) {
	for n < len(dst) {
		if r.now == nil {
			hz, ms := r.cadence.hz, r.cadence.ms
			if r.turn%2 == 1 {
				hz = nil
			}
			r.now = newTone(r.rate, ringLevel, time.Duration(ms[r.turn])*time.Millisecond, hz...)
			r.turn = (r.turn + 1) % len(ms)
		}
		k, err := r.now.Read(dst[n:])
		if n += k; err != nil || k == 0 {
			r.now = nil
		}
	}
	return n, nil
}
