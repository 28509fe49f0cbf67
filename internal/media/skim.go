package media

import "confab/internal/codec"

const (
	// preroll is how many packets are kept undecoded while a far end is silent: 40 ms.
	preroll = 2
	// mostConcealed is for how many frames in a row a decoder may make up what did not
	// come: 60 ms.
	mostConcealed = 3
	// probeEvery is which packet of a silent far end is decoded whatever its coded bytes
	// say: twice a second.
	probeEvery = 25
	// wakeFrom is how loud (a mean magnitude, about −55 dBov) a far end must be that was
	// silent: more than later on, since a decoder that has missed packets may make 40 of
	// nothing. Speech that is softer still is not understood.
	wakeFrom = 60
)

// skim lets a far end that is silent cost next to nothing, of whose codec the level is
// only known when it is decoded (G.722, Opus, AMR-WB). While it speaks everything is decoded.
// When it has been silent for the hangover its packets are skimmed; as soon as one may
// hold a voice, those before it are decoded first, so that the decoder is where it
// would have been and no syllable is cut; they are silence, so nothing comes late by it.
type skim struct {
	skimmer codec.Skimmer
	kept    [preroll][]byte
	held    int // of kept, the oldest first
	passed  int // packets since one was decoded

	concealer codec.Concealer // the decoder, if it is one
	concealed int             // samples in a row
}

// newSkim returns nil for the decoder of a codec that tells its level.
func newSkim(d codec.Decoder) *skim {
	s, ok := d.(codec.Skimmer)
	if !ok {
		return nil
	}
	k := &skim{skimmer: s}
	k.concealer, _ = d.(codec.Concealer)
	for i := range k.kept {
		k.kept[i] = make([]byte, 0, maxPayload)
	}
	return k
}

// takeSkimming is inlet.take for a codec whose level is known when it is decoded.
func (in *inlet) takeSkimming(dst []int16, payload []byte, wanted, measured bool) (heard bool) {
	k := in.skim
	if !wanted && !measured {
		in.loud, in.paused = 0, true
		k.keep(payload)
		return false
	}
	threshold := quietBelow
	if in.loud == 0 {
		threshold = wakeFrom
		quiet := k.skimmer.Skim(payload)
		if k.passed++; quiet && k.passed < probeEvery {
			in.level = 0
			in.learnFloor(0)
			in.sound.listened(0, false)
			k.keep(payload)
			return false
		}
		if quiet {
			k.held = 0 // a look at one packet does not need those before it
		}
		for _, before := range k.kept[:k.held] {
			if in.codec.Samples(before) <= len(dst) {
				in.decoder.Decode(dst, before)
				in.decoded++
			}
		}
	}
	k.held, k.passed = 0, 0
	if k.concealer != nil {
		clear(dst[in.decoder.Decode(dst, payload):])
		in.decoded++
		k.concealed = 0
	} else {
		in.decode(dst, payload)
	}
	in.level, in.came = meanMagnitude(dst), true
	in.learnFloor(in.level)
	switch {
	case in.level >= threshold:
		in.loud = hangover
	case in.loud > 0:
		in.loud--
	}
	if in.loud == 0 {
		in.paused = true
	}
	in.sound.listened(in.level, in.level >= threshold)
	in.sound.decoded(dst)
	return wanted && in.loud > 0
}

// keep keeps payload for the pre-roll.
func (k *skim) keep(payload []byte) {
	if k.held == preroll {
		first := k.kept[0]
		copy(k.kept[:], k.kept[1:])
		k.kept[preroll-1] = first
		k.held--
	}
	k.kept[k.held] = append(k.kept[k.held][:0], payload...)
	k.held++
}

// makeUp makes samples that did not come, as inlet.conceal does, by the decoder where
// that knows better.
func (in *inlet) makeUp(dst []int16) bool {
	k := in.skim
	if k == nil || k.concealer == nil || in.loud == 0 || k.concealed >= mostConcealed*in.size {
		return in.conceal(dst)
	}
	in.level = 0
	// What is missing is the packet before the next one only where a packet is a frame.
	var next []byte
	if len(in.rest) == 0 && len(dst) == in.size {
		next = in.jitter.Next()
	}
	k.concealer.Conceal(dst, next)
	k.concealed += len(dst)
	return true
}
