package mixer

// The limiter's figures. It looks at a frame in blocks of 1 ms.
const (
	ceiling   = 32000  // where a mix is brought down to: 0.2 dB below full scale
	mostBlock = 20     // blocks of a frame
	leastSize = 8      // samples of a block: 1 ms at 8 kHz
	attack    = 0.15   // most that the gain falls from one block to the next, where the frame gives it the time
	hold      = 3      // frames for which the gain stands before it rises: longer than a period of any voice
	release   = 1.0351 // gain of one frame over that of the frame before it: 0.3 dB, 15 dB/s
	alike     = 0.01   // two gains that differ by less than this are not told apart
)

// limiter keeps one mix within full scale. While the sum fits, and has fitted
// for a while, it passes every sample as it is and costs nothing. Where the sum
// does not fit, the gain goes down before the peak, within the frame, stands
// until the voices have grown calmer, and rises slowly: nothing is cut off, and
// nobody is pumped. There is no delay. A frame that begins with a peak gives it
// no time; then the gain falls within the first samples.
//
// The zero value does not limit.
type limiter struct {
	cut  float32 // 1 − gain at the end of the last frame
	held uint8   // frames since the gain was last lowered, up to hold
	turn uint32  // of the mixer, that was limited last
}

// overflow is 0 if v is within int16.
func overflow(v int32) uint32 { return uint32(v+32768) >> 16 }

// at returns the limiter as it is at the beginning of turn: while its mix was
// taken by nobody the gain has risen.
func (l limiter) at(turn uint32) limiter {
	for missed := turn - 1 - l.turn; missed > 0 && l.cut > 0; missed-- {
		l.rise(1)
	}
	return l
}

// settle ends turn: dst holds the samples of sum as they are, and they are
// limited if one of them was too large (over, by overflow) or that is not long ago.
func (l *limiter) settle(dst []int16, sum []int32, over, turn uint32) {
	l.turn = turn
	if over != 0 || l.cut > 0 {
		l.limit(dst, sum)
	}
}

// like reports whether nobody could tell a mix that goes on as l from one that
// goes on as other.
func (l limiter) like(other limiter) bool { d := l.cut - other.cut; return -alike < d && d < alike }

// rise lets a frame pass that would fit with gain need.
func (l *limiter) rise(need float32) {
	if l.held < hold {
		l.held++
		return
	}
	l.cut = max(0, 1-min(need, (1-l.cut)*release))
}

// limit writes sum to dst, as loud as it can be.
func (l *limiter) limit(dst []int16, sum []int32) {
	var c curve
	l.plan(&c, sum)
	c.apply(dst, sum)
}

// curve is how the gain goes through one frame.
type curve struct {
	blocks int
	gain   [mostBlock + 1]float32 // at the edges of the blocks
	slope  [mostBlock]slope       // within them
	drops  bool                   // within the first block it has to fall at once
}

// slope is a gain on a straight line, with 30 bits of fraction.
type slope struct {
	at   int32 // before the first sample
	step int32 // by which it grows with each
}

// gained returns v with a gain of 30 bits of fraction, rounded.
func gained(v, gain int32) int32 { return int32((int64(v)*int64(gain) + 1<<29) >> 30) }

// plan sets c to what lets sum pass as loud as it can, and goes on to its end.
func (l *limiter) plan(c *curve, sum []int32) {
	c.blocks = min(mostBlock, max(1, len(sum)/leastSize))
	var need [mostBlock]float32 // gain with which each block fits
	least := float32(1)
	for b := range c.blocks {
		from, to := c.block(b, len(sum))
		need[b] = fitting(sum[from:to])
		least = min(least, need[b])
	}
	gain := c.gain[:c.blocks+1]
	gain[0] = 1 - l.cut
	if least >= gain[0] {
		l.rise(least)
		step := (1 - l.cut - gain[0]) / float32(c.blocks)
		for e := 1; e <= c.blocks; e++ {
			gain[e] = gain[e-1] + step
		}
	} else {
		l.fall(gain, need[:c.blocks])
	}
	c.drops = gain[0] > need[0]
	for b := range c.blocks {
		from, to := c.block(b, len(sum))
		at := int32(gain[b] * (1 << 30))
		c.slope[b] = slope{at, (int32(gain[b+1]*(1<<30)) - at) / int32(to-from)}
	}
}

// block returns where block b begins and ends in a frame of size samples.
func (c *curve) block(b, size int) (from, to int) {
	return b * size / c.blocks, (b + 1) * size / c.blocks
}

func (c *curve) apply(dst []int16, sum []int32) {
	for b := range c.blocks {
		from, to := c.block(b, len(sum))
		if b == 0 && c.drops {
			drop(dst[from:to], sum[from:to], c.gain[0], c.gain[1])
			continue
		}
		ramp(dst[from:to], sum[from:to], c.slope[b])
	}
}

// applyLess is apply to the sum less one of its voices. It returns other than 0 if
// that does not fit; then dst is of no use.
func (c *curve) applyLess(vectors arithmetic, dst []int16, sum []int32, voice []int16) (over uint32) {
	dst, voice = dst[:len(sum)], voice[:len(sum)]
	if eights := len(sum) / c.blocks / 8; bool(vectors) && len(sum) == eights*8*c.blocks {
		return rampVector(&dst[0], &sum[0], &voice[0], &c.slope[0], c.blocks, eights)
	}
	for b := range c.blocks {
		from, to := c.block(b, len(sum))
		at := c.slope[b].at
		for i := from; i < to; i++ {
			at += c.slope[b].step
			v := gained(sum[i]-int32(voice[i]), at)
			dst[i] = int16(v)
			over |= overflow(v)
		}
	}
	return over
}

// fall sets gain, at the edges of blocks that need so much, of a frame in which
// it has to go down. gain[0] is given.
func (l *limiter) fall(gain, need []float32) {
	last := len(need)
	for e := 1; e <= last; e++ {
		gain[e] = min(gain[e-1], need[e-1])
		if e < last {
			gain[e] = min(gain[e], need[e])
		}
	}
	for e := last - 1; e > 0; e-- {
		gain[e] = min(gain[e], gain[e+1]+attack)
	}
	l.cut, l.held = 1-gain[last], 0
}

// fitting returns the gain with which a block fits.
func fitting(sum []int32) float32 {
	var peak int32
	for _, v := range sum {
		peak = max(peak, v, -v)
	}
	if peak <= ceiling {
		return 1
	}
	return ceiling / float32(peak)
}

// ramp applies a gain on a straight line.
func ramp(dst []int16, sum []int32, gain slope) {
	dst = dst[:len(sum)]
	for i, v := range sum {
		gain.at += gain.step
		dst[i] = int16(gained(v, gain.at))
	}
}

// drop applies a gain that has to fall at once: most of it within an eighth of
// the block. What is too loud even so stops at the ceiling.
func drop(dst []int16, sum []int32, from, to float32) {
	dst = dst[:len(sum)]
	for i, v := range sum {
		left := 1 - float32(i+1)/float32(len(sum))
		left *= left
		left *= left
		left *= left
		dst[i] = round(min(max(float32(v)*(to+(from-to)*left), -ceiling), ceiling))
	}
}

func round(v float32) int16 {
	if v < 0 {
		return int16(v - 0.5)
	}
	return int16(v + 0.5)
}
