package audio

// Music returns endless wait music.
func Music(rate int) Source { return Silence(rate, 0) }
