//go:build linux && (amd64 || arm64) && !noopus

package codec

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// libopus is the library, version 1.1 or later, as it was found.
type libopus struct {
	encode, decode           uintptr // functions
	encoderInit, decoderInit uintptr
	encoderControl           uintptr
	encoderSize, decoderSize int // bytes of a state, mono
}

const (
	opusMono        = 1
	opusLargest     = 1275 // bytes of a frame (RFC 6716 §3.2.1)
	opusVoIP        = 2048 // OPUS_APPLICATION_VOIP
	opusBitrate     = 4002 // OPUS_SET_BITRATE
	opusComplexity  = 4010 // OPUS_SET_COMPLEXITY
	opusInbandFEC   = 4012 // OPUS_SET_INBAND_FEC
	opusPacketLoss  = 4014 // OPUS_SET_PACKET_LOSS_PERC
	opusSignal      = 4024 // OPUS_SET_SIGNAL
	opusSignalVoice = 3001 // OPUS_SIGNAL_VOICE
)

// How we encode. RFC 7587 §3.1.1: 28 to 40 kbit/s is the sweet spot of full-band
// speech, 16 to 20 of wide-band; half as much again pays for what repeats lost packets.
const (
	opusEffort = 5 // of 10: half the processor, hardly to be told apart
	opusLoss   = 5 // percent that we are ready for
)

func opusRate(rate int) int {
	switch rate {
	case 8000:
		return 16000
	case 16000:
		return 24000
	}
	return 40000
}

// loadLibopus finds the library and asks how large its states are.
func loadLibopus() (*libopus, error) {
	var l libopus
	var encoderSize, decoderSize uintptr
	err := openLibrary("libopus.so.0",
		symbol{"opus_encode", &l.encode}, symbol{"opus_encoder_init", &l.encoderInit}, symbol{"opus_encoder_ctl", &l.encoderControl},
		symbol{"opus_encoder_get_size", &encoderSize}, symbol{"opus_decode", &l.decode}, symbol{"opus_decoder_init", &l.decoderInit},
		symbol{"opus_decoder_get_size", &decoderSize})
	if err != nil {
		return nil, fmt.Errorf("load libopus: %w", err)
	}
	r, _, _ := purego.SyscallN(encoderSize, opusMono)
	l.encoderSize = int(int32(r))
	r, _, _ = purego.SyscallN(decoderSize, opusMono)
	l.decoderSize = int(int32(r))
	if l.encoderSize <= 0 || l.decoderSize <= 0 {
		return nil, errors.New("load libopus: it has no mono")
	}
	return &l, nil
}

// opusState is the state of an encoder or a decoder. It holds offsets and pointers
// to the library's own tables alone, so it may be copied, and is Go's memory like
// any other, which does not move.
type opusState struct {
	lib    *libopus
	memory []uint64
	args   [6]uintptr // the first is the state
}

func newOpusState(l *libopus, size int) opusState {
	return opusState{lib: l, memory: make([]uint64, (size+7)/8)}
}

// call calls f with n arguments. Samples and packets among them are slices that
// came through an interface, so they are not on a stack, which might move; the
// caller keeps them alive.
func (s *opusState) call(f uintptr, n int) int {
	s.args[0] = uintptr(unsafe.Pointer(&s.memory[0]))
	r, _, _ := purego.SyscallN(f, s.args[:n]...)
	runtime.KeepAlive(s.memory)
	return int(int32(r))
}

type opusEncoder struct{ opusState }

// newEncoder returns an encoder of 20 ms frames. That the library refuses its own
// mono at a rate of its own cannot be; if it did, the encoder would code nothing.
func (l *libopus) newEncoder(rate int) Encoder {
	e := &opusEncoder{newOpusState(l, l.encoderSize)}
	e.args = [6]uintptr{1: uintptr(rate), 2: opusMono, 3: opusVoIP}
	e.call(l.encoderInit, 4)
	for _, set := range [][2]int{
		{opusBitrate, opusRate(rate)}, {opusComplexity, opusEffort}, {opusSignal, opusSignalVoice},
		// RFC 7587 §6.1, useinbandfec: who cannot use it passes over it.
		{opusInbandFEC, 1}, {opusPacketLoss, opusLoss},
	} {
		e.args = [6]uintptr{1: uintptr(set[0]), 2: uintptr(set[1])}
		e.call(l.encoderControl, 3)
	}
	return e
}

func (e *opusEncoder) Encode(dst []byte, frame []int16) int {
	if len(dst) == 0 || len(frame) == 0 {
		return 0
	}
	e.args = [6]uintptr{1: uintptr(unsafe.Pointer(&frame[0])), 2: uintptr(len(frame)),
		3: uintptr(unsafe.Pointer(&dst[0])), 4: uintptr(min(len(dst), opusLargest))}
	n := e.call(e.lib.encode, 5)
	runtime.KeepAlive(frame)
	runtime.KeepAlive(dst)
	return max(n, 0)
}

func (e *opusEncoder) CopyFrom(other Encoder) {
	if o, ok := other.(*opusEncoder); ok {
		copy(e.memory, o.memory)
	}
}

type opusDecoder struct{ opusState }

func (l *libopus) newDecoder(rate int) Decoder {
	d := &opusDecoder{newOpusState(l, l.decoderSize)}
	d.args = [6]uintptr{1: uintptr(rate), 2: opusMono}
	d.call(l.decoderInit, 3)
	return d
}

func (d *opusDecoder) Decode(dst []int16, payload []byte) int {
	if frames, _ := opusFrames(payload); frames == 0 || len(dst) == 0 {
		return 0
	}
	return d.decode(dst, payload, 0)
}

// Conceal takes what the packet after the missing one repeats of it (RFC 6716
// §2.1.7), or lets the decoder go on by itself.
func (d *opusDecoder) Conceal(dst []int16, next []byte) {
	if len(dst) == 0 {
		return
	}
	fec := uintptr(1)
	if frames, _ := opusFrames(next); frames == 0 {
		next, fec = nil, 0
	}
	clear(dst[d.decode(dst, next, fec):])
}

// Skim reports whether payload is silence. The decoder knows nothing of it.
func (d *opusDecoder) Skim(payload []byte) (quiet bool) { return opusQuiet(payload) }

func (d *opusDecoder) decode(dst []int16, payload []byte, fec uintptr) int {
	d.args = [6]uintptr{2: uintptr(len(payload)), 3: uintptr(unsafe.Pointer(&dst[0])), 4: uintptr(len(dst)), 5: fec}
	if len(payload) > 0 {
		d.args[1] = uintptr(unsafe.Pointer(&payload[0]))
	}
	n := d.call(d.lib.decode, 6)
	runtime.KeepAlive(payload)
	runtime.KeepAlive(dst)
	return max(n, 0)
}
