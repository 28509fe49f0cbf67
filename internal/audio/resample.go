package audio

// Resample returns src at rate (Hz), or src itself if it has that rate. It is
// linear in phase and adds no delay: sample k of the result stands at k/rate
// seconds of src. Up to 90 % of the lower Nyquist frequency passes unchanged, and
// from that frequency on nothing does (less than −85 dB). Both rates must be
// positive. A second of sound costs 1 to 7 ms of processor, so it is
// for prompts and files, not for the tick.
func Resample(src Source, rate int) Source {
	if src.Rate() == rate {
		return src
	}
	return newResampler(src, rate)
}
