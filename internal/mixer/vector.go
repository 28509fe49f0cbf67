package mixer

// arithmetic is what every talker costs, sample by sample. Where there is a vector unit
// (true) it takes vectorBlock samples at a time.
type arithmetic bool

const vectorBlock = 16

// add adds voice to sum.
func (vectors arithmetic) add(sum []int32, voice []int16) {
	voice = voice[:len(sum)]
	if blocks := len(sum) / vectorBlock; bool(vectors) && blocks > 0 {
		addVector(&sum[0], &voice[0], blocks)
		sum, voice = sum[blocks*vectorBlock:], voice[blocks*vectorBlock:]
	}
	for i, v := range voice {
		sum[i] += int32(v)
	}
}

// less writes sum less voice to dst. It returns other than 0 if that does not fit; then
// dst is of no use.
func (vectors arithmetic) less(dst []int16, sum []int32, voice []int16) (over uint32) {
	sum, voice = sum[:len(dst)], voice[:len(dst)]
	if blocks := len(dst) / vectorBlock; bool(vectors) && blocks > 0 {
		over = lessVector(&dst[0], &sum[0], &voice[0], blocks)
		n := blocks * vectorBlock
		dst, sum, voice = dst[n:], sum[n:], voice[n:]
	}
	for i, v := range sum {
		v -= int32(voice[i])
		dst[i] = int16(v)
		over |= overflow(v)
	}
	return over
}

// narrow writes sum to dst. It returns other than 0 if that does not fit; then dst is of
// no use.
func (vectors arithmetic) narrow(dst []int16, sum []int32) (over uint32) {
	sum = sum[:len(dst)]
	if blocks := len(dst) / vectorBlock; bool(vectors) && blocks > 0 {
		over = narrowVector(&dst[0], &sum[0], blocks)
		n := blocks * vectorBlock
		dst, sum = dst[n:], sum[n:]
	}
	for i, v := range sum {
		dst[i] = int16(v)
		over |= overflow(v)
	}
	return over
}
