package codec

import (
	"strconv"
	"strings"
	"sync"
)

// opus is Opus (RFC 6716, RTP payload format RFC 7587) at one rate of samples, by
// the system's libopus.
type opus struct {
	lib  *libopus
	rate int
}

// opusCodecs are Opus at the rates that we mix, the highest first.
type opusCodecs [3]*opus

// theOpus looks for the library, once.
var theOpus = sync.OnceValues(func() (*opusCodecs, error) {
	lib, err := loadLibopus()
	if err != nil {
		return nil, err
	}
	return &opusCodecs{{lib, 48000}, {lib, 16000}, {lib, 8000}}, nil
})

// Opus returns Opus at 48 kHz. The first call loads the system's libopus; the
// error says why there is none. ByName finds the codec of a far end that plays
// less.
func Opus() (Codec, error) {
	all, err := theOpus()
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// forPlayback returns Opus at the least of our rates that still gives a far end all
// that it plays.
//
// RFC 7587 §6.1, maxplaybackrate: "a hint about the maximum output sampling rate
// that the receiver is capable of rendering"; what exceeds it would be coded for nobody.
func (all *opusCodecs) forPlayback(parameters string) Codec {
	c := all[0]
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(name, "maxplaybackrate") {
			continue
		}
		most, err := strconv.Atoi(value)
		if err != nil || most < 8000 {
			continue
		}
		for _, other := range all {
			if other.rate >= most {
				c = other
			}
		}
	}
	return c
}

func (c *opus) Name() string        { return "opus" }
func (c *opus) ClockRate() int      { return 48000 } // RFC 7587 §4.1: whatever is coded
func (c *opus) Channels() int       { return 2 }     // RFC 7587 §7: "The number of channels MUST be 2"
func (c *opus) SampleRate() int     { return c.rate }
func (c *opus) PayloadType() int    { return -1 }
func (c *opus) Kind() Kind          { return Kind{Memory: true, Costly: true} }
func (c *opus) NewEncoder() Encoder { return c.lib.newEncoder(c.rate) }
func (c *opus) NewDecoder() Decoder { return c.lib.newDecoder(c.rate) }

// Parameters: we can use what packets tell of those before them (RFC 7587 §6.1,
// useinbandfec). That we hear mono is what it says without a word.
func (c *opus) Parameters() string { return "minptime=10;useinbandfec=1" }

// Level cannot tell.
func (c *opus) Level([]byte) (level int, ok bool) { return 0, false }

func (c *opus) Samples(payload []byte) int {
	frames, each := opusFrames(payload)
	return frames * each * (c.rate / 400) // each is in 2.5 ms
}

// maxOpus is the longest packet in units of 2.5 ms (RFC 6716 §3.4, R5: 120 ms).
const maxOpus = 48

// opusFrames returns how many frames a packet holds and how long each is, in units
// of 2.5 ms (RFC 6716 §3.1, §3.2); no frames of a packet that makes no sense.
func opusFrames(payload []byte) (frames, each int) {
	if len(payload) == 0 {
		return 0, 0
	}
	switch config := payload[0] >> 3; {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		each = [4]int{4, 8, 16, 24}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		each = [2]int{4, 8}[config&1]
	default: // CELT: 2.5, 5, 10, 20 ms
		each = 1 << (config & 3)
	}
	switch payload[0] & 3 {
	case 0:
		frames = 1
	case 1, 2:
		frames = 2
	default:
		if len(payload) < 2 {
			return 0, 0
		}
		frames = int(payload[1] & 0x3f)
	}
	if frames*each > maxOpus {
		return 0, 0
	}
	return frames, each
}
