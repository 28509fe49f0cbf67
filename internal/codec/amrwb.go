package codec

import (
	"strconv"
	"strings"
	"sync"
)

// amrwb is AMR-WB (3GPP TS 26.190, RTP payload format RFC 4867) in one of its modes,
// by two libraries of the system's: opencore-amrwb decodes, vo-amrwbenc encodes.
type amrwb struct {
	lib       *libamrwb
	aligned   bool   // octet-aligned; else bandwidth-efficient
	modes     uint16 // bit n: the far end takes mode n
	neighbour bool   // … and changes to the next of them only
	mode      uint8  // that is coded in, 2 (12.65 kbit/s) to 8 (23.85 kbit/s)
}

const (
	amrwbModes    = 9
	amrwbAllModes = 1<<amrwbModes - 1
	amrwbFrame    = 320 // samples: 20 ms at 16 kHz

	// amrwbLeast is the lowest mode that we code in. Of a voice that stays the same for
	// some seconds, in mode 0 or 1 vo-amrwbenc makes frames of which every decoder makes
	// a roar. We hear all modes.
	amrwbLeast = 2
	amrwbRoars = 1<<amrwbLeast - 1
)

// amrwbCodings are what is coded with: a codec for each way of packing (0:
// bandwidth-efficient) and mode (from amrwbLeast on). Far ends that allow other modes still share encoders.
type amrwbCodings [2][amrwbModes]Codec

// theAMRWB looks for the libraries, once.
var theAMRWB = sync.OnceValues(func() (*libamrwb, error) {
	lib, err := loadLibamrwb()
	if err != nil {
		return nil, err
	}
	for i := range lib.codings {
		for mode := uint8(amrwbLeast); mode < amrwbModes; mode++ {
			lib.codings[i][mode] = amrwb{lib: lib, aligned: i == 1, modes: amrwbAllModes, mode: mode}
		}
	}
	return lib, nil
})

// AMRWB returns AMR-WB, packed bandwidth-efficiently, at 23.85 kbit/s. The first call
// loads the system's libraries; the error says what is missing. ByName finds the codec
// that was agreed on with a far end.
func AMRWB() (Codec, error) {
	lib, err := theAMRWB()
	if err != nil {
		return nil, err
	}
	return lib.codings[0][amrwbModes-1], nil
}

// agreed returns AMR-WB as a far end's a=fmtp wants it; ok is false for what we cannot do.
func (l *libamrwb) agreed(parameters string) (c amrwb, ok bool) {
	c = amrwb{lib: l, modes: amrwbAllModes}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		value = strings.TrimSpace(value)
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "octet-align":
			if value != "0" && value != "1" {
				return amrwb{}, false
			}
			c.aligned = value == "1"
		case "mode-set":
			if c.modes, ok = amrwbModeSet(value); !ok {
				return amrwb{}, false
			}
		case "mode-change-neighbor":
			c.neighbour = value == "1"
		case "crc", "robust-sorting":
			// RFC 4867 §8.1: 0 is as if nothing was said.
			if value != "0" {
				return amrwb{}, false
			}
		case "interleaving":
			return amrwb{}, false
		}
	}
	if c.modes&^amrwbRoars == 0 {
		return amrwb{}, false // it takes nothing that we send
	}
	for c.mode = amrwbModes - 1; c.modes>>c.mode&1 == 0; c.mode-- {
	}
	return c, true
}

// amrwbModeSet reads a list of modes with commas between them.
func amrwbModeSet(list string) (modes uint16, ok bool) {
	for s := range strings.SplitSeq(list, ",") {
		mode, err := strconv.ParseUint(strings.TrimSpace(s), 10, 4)
		if err != nil || mode >= amrwbModes {
			return 0, false
		}
		modes |= 1 << mode
	}
	return modes, true
}

func (c amrwb) Name() string               { return "AMR-WB" }
func (c amrwb) ClockRate() int             { return 16000 } // RFC 4867 §8.1
func (c amrwb) Channels() int              { return 1 }
func (c amrwb) SampleRate() int            { return 16000 }
func (c amrwb) PayloadType() int           { return -1 }
func (c amrwb) Kind() Kind                 { return Kind{Memory: true, Costly: true} }
func (c amrwb) NewEncoder() Encoder        { return c.lib.newEncoder(c) }
func (c amrwb) NewDecoder() Decoder        { return c.lib.newDecoder(c.aligned) }
func (c amrwb) Samples(payload []byte) int { return amrwbFrames(payload, c.aligned) * amrwbFrame }

// Level cannot tell.
func (c amrwb) Level([]byte) (level int, ok bool) { return 0, false }

// Parameters: how it is packed, and what restricts the modes.
//
// RFC 4867 §8.1, mode-change-capability: we can keep to changes at every second frame
// (mode-change-period=2), since we make no others. max-red: no frame is wanted twice.
func (c amrwb) Parameters() string {
	var b strings.Builder
	if c.aligned {
		b.WriteString("octet-align=1;")
	}
	if c.modes != amrwbAllModes {
		b.WriteString("mode-set=")
		for mode, comma := 0, ""; mode < amrwbModes; mode++ {
			if c.modes>>mode&1 == 1 {
				b.WriteString(comma + strconv.Itoa(mode))
				comma = ","
			}
		}
		b.WriteByte(';')
	}
	b.WriteString("mode-change-capability=2;max-red=0")
	return b.String()
}

// Forms: RFC 4867 §8.3.1: octet-align is not negotiated within a payload type, so who
// can do both offers both.
func (c amrwb) Forms() []Codec {
	return []Codec{c.lib.codings[0][amrwbModes-1], c.lib.codings[1][amrwbModes-1]}
}

// Answer takes what is packed as c is, and is neither sorted, interleaved nor
// protected by checksums.
//
// RFC 4867 §8.3.1: who answers takes the offer's mode-set, or refuses the payload type.
func (c amrwb) Answer(offered string) (ours string, ok bool) {
	a, ok := c.lib.agreed(offered)
	if !ok || a.aligned != c.aligned {
		return "", false
	}
	return a.Parameters(), true
}

// Mode is the best that the far end takes, unless it asks for another.
//
// RFC 4867 §4.3.1: a request holds until the next one; 15 asks for nothing; a mode
// outside of the mode-set must not be asked for, and what is no mode is ignored.
//
// Deviation (RFC 4867 §4.3.1): who asks for less than amrwbLeast gets the least from
// there on that it takes.
func (c amrwb) Mode(now Codec, payload []byte) Codec {
	codings := &c.lib.codings[0]
	if c.aligned {
		codings = &c.lib.codings[1]
	}
	was, speaking := now.(amrwb)
	if !speaking || len(payload) == 0 {
		return codings[c.mode]
	}
	mode := c.mode
	switch asked := payload[0] >> 4; {
	case asked < amrwbModes && c.modes>>asked&1 == 1:
		for mode = asked; mode < amrwbLeast || c.modes>>mode&1 == 0; mode++ {
		}
	case asked != amrwbNoData:
		return now
	}
	if c.neighbour {
		mode = c.towards(was.mode, mode)
	}
	return codings[mode]
}

// towards returns the next mode of the mode-set on the way from one to another.
//
// RFC 4867 §8.1, mode-change-neighbor: changes go to the neighbours in it only.
func (c amrwb) towards(from, to uint8) uint8 {
	switch {
	case from < to:
		for from++; c.modes>>from&1 == 0; from++ {
		}
	case from > to:
		for from--; c.modes>>from&1 == 0; from-- {
		}
	}
	return from
}
