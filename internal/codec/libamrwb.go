//go:build linux && (amd64 || arm64) && !noopus

package codec

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// libamrwb are the libraries as they were found.
type libamrwb struct {
	codings amrwbCodings

	encode, encoderInit, encoderExit uintptr // functions
	decode, decoderInit, decoderExit uintptr
}

func loadLibamrwb() (*libamrwb, error) {
	var l libamrwb
	err := openLibrary("libopencore-amrwb.so.0",
		symbol{"D_IF_init", &l.decoderInit}, symbol{"D_IF_decode", &l.decode}, symbol{"D_IF_exit", &l.decoderExit})
	if err == nil {
		err = openLibrary("libvo-amrwbenc.so.0",
			symbol{"E_IF_init", &l.encoderInit}, symbol{"E_IF_encode", &l.encode}, symbol{"E_IF_exit", &l.encoderExit})
	}
	if err != nil {
		return nil, fmt.Errorf("load libopencore-amrwb and libvo-amrwbenc: %w", err)
	}
	return &l, nil
}

// amrwbState is the state of an encoder or a decoder: the library's own memory, which
// it alone can make and give back.
type amrwbState struct {
	init, exit uintptr    // functions
	handle     [1]uintptr // 0: none has been made. An array, for a call not to allocate one
}

// begin makes the state anew.
func (s *amrwbState) begin() {
	s.end()
	s.handle[0], _, _ = purego.SyscallN(s.init)
}

// end gives the state back.
func (s *amrwbState) end() {
	if s.handle[0] != 0 {
		purego.SyscallN(s.exit, s.handle[:]...)
		s.handle[0] = 0
	}
}

// amrwbWarmth is how many frames an encoder that takes over from another codes
// again. After six, what it says next differs from what the other would have said by
// no more than the codec's own noise (tests); it costs 1 ms, once.
const amrwbWarmth = 6

// amrwbEncoder remembers what it has coded of late, since the library's state cannot
// be copied: who takes over from it codes that again, before the first frame of its
// own. Until then a copy is but the memory of samples.
type amrwbEncoder struct {
	lib     *libamrwb
	aligned bool
	mode    uint8

	state *amrwbState
	taken bool // over from another, whose frames have not been coded again
	past  [amrwbWarmth][amrwbFrame]int16
	held  int // of past
	next  int // of past, to be overwritten
	coded [1 + amrwbLongest]byte
	args  [5]uintptr
}

func (l *libamrwb) newEncoder(c amrwb) Encoder {
	e := &amrwbEncoder{lib: l, aligned: c.aligned, mode: c.mode, state: &amrwbState{init: l.encoderInit, exit: l.encoderExit}}
	runtime.AddCleanup(e, (*amrwbState).end, e.state)
	return e
}

func (e *amrwbEncoder) Encode(dst []byte, frame []int16) int {
	if len(frame) != amrwbFrame || len(dst) < amrwbLongest+2 {
		return 0
	}
	if e.taken || e.state.handle[0] == 0 {
		e.state.begin()
		e.taken = false
		for i := range e.held {
			e.code(&e.past[(e.next-e.held+i+amrwbWarmth)%amrwbWarmth])
		}
	}
	now := &e.past[e.next]
	copy(now[:], frame)
	e.next = (e.next + 1) % amrwbWarmth
	e.held = min(e.held+1, amrwbWarmth)
	e.code(now)
	// The library's frame has an entry of a table of contents before it (RFC 4867 §5.3).
	return putAMRWB(dst, e.aligned, e.coded[0]>>3&15, e.coded[1:])
}

// code codes one frame, into e.coded. It does not let silence out: far ends keep their
// NAT open by what they are sent.
func (e *amrwbEncoder) code(frame *[amrwbFrame]int16) {
	e.args = [5]uintptr{e.state.handle[0], uintptr(e.mode), uintptr(unsafe.Pointer(frame)), uintptr(unsafe.Pointer(&e.coded))}
	purego.SyscallN(e.lib.encode, e.args[:]...)
	runtime.KeepAlive(e)
}

// CopyFrom may also take over from an encoder of another mode or packing.
func (e *amrwbEncoder) CopyFrom(other Encoder) {
	if o, ok := other.(*amrwbEncoder); ok && o != e {
		e.past, e.held, e.next, e.taken = o.past, o.held, o.next, true
	}
}

// amrwbDecoder is no Concealer, though it could be: of what is lost the library makes
// so little, and for so long, that repeating what was before is better (docs/decisions/0024).
type amrwbDecoder struct {
	lib     *libamrwb
	aligned bool
	state   *amrwbState
	frame   [1 + amrwbLongest]byte
	args    [4]uintptr
}

func (l *libamrwb) newDecoder(aligned bool) Decoder {
	d := &amrwbDecoder{lib: l, aligned: aligned, state: &amrwbState{init: l.decoderInit, exit: l.decoderExit}}
	runtime.AddCleanup(d, (*amrwbState).end, d.state)
	return d
}

// Decode makes comfort noise of what says so.
func (d *amrwbDecoder) Decode(dst []int16, payload []byte) int {
	r := readAMRWB(payload, d.aligned)
	if len(dst) < r.frames*amrwbFrame {
		return 0
	}
	for i := range r.frames {
		d.decode(dst[i*amrwbFrame:], r.next(d.frame[1:]))
	}
	return r.frames * amrwbFrame
}

// Skim reports whether nobody speaks in payload. The decoder knows nothing of it.
func (d *amrwbDecoder) Skim(payload []byte) (quiet bool) { return amrwbQuiet(payload, d.aligned) }

// decode decodes the frame in d.frame, of 20 ms, into dst.
func (d *amrwbDecoder) decode(dst []int16, frameType byte) {
	if d.state.handle[0] == 0 {
		d.state.begin()
	}
	d.frame[0] = frameType<<3 | 1<<2 // RFC 4867 §5.3
	d.args = [4]uintptr{d.state.handle[0], uintptr(unsafe.Pointer(&d.frame)), uintptr(unsafe.Pointer(&dst[0]))}
	purego.SyscallN(d.lib.decode, d.args[:]...)
	runtime.KeepAlive(d)
	runtime.KeepAlive(dst)
}
