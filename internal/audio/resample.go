package audio

// Resample returns src at rate.
func Resample(src Source, rate int) Source {
	if src.Rate() == rate {
		return src
	}
	return newResampler(src, rate)
}
