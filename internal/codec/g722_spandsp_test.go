//go:build linux && (amd64 || arm64) && !noopus

package codec_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"

	"confab/internal/audio"
	"confab/internal/codec"
)

// spandsp is a G.722 that others have written, to be compared with.
type spandsp struct{ encoder, decoder, encode, decode uintptr }

func newSpandsp(t *testing.T) *spandsp {
	t.Helper()
	lib, err := purego.Dlopen("libspandsp.so.2", purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; scripts/install-test installs it", err)
	}
	function := func(name string) uintptr {
		f, err := purego.Dlsym(lib, name)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	s := &spandsp{encode: function("g722_encode"), decode: function("g722_decode")}
	s.encoder, _, _ = purego.SyscallN(function("g722_encode_init"), 0, 64000, 0)
	s.decoder, _, _ = purego.SyscallN(function("g722_decode_init"), 0, 64000, 0)
	t.Cleanup(func() {
		purego.SyscallN(function("g722_encode_free"), s.encoder)
		purego.SyscallN(function("g722_decode_free"), s.decoder)
	})
	return s
}

// Every byte and every sample are those of an independent implementation, over
// noise, tones, silence, sound that comes and goes, and steps, as loud as a telephone
// is. The filters, which Appendix II goes around, are part of this.
func TestG722_isWhatSpandspMakesOfIt(t *testing.T) {
	s := newSpandsp(t)
	r := rand.New(rand.NewPCG(7, 22))
	var in []int16
	add := func(n int, f func(i int) float64) {
		for i := range n {
			in = append(in, int16(f(i)))
		}
	}
	add(16000, func(int) float64 { return r.NormFloat64() * 2000 })
	add(8000, func(int) float64 { return 0 })
	for _, hz := range []float64{50, 440, 1000, 3999, 4001, 5500, 7900} {
		tone := make([]int16, 8000)
		audio.NewTone(16000, hz, -9, 0).Read(tone)
		in = append(in, tone...)
	}
	add(16000, func(i int) float64 { return float64(i/500%2*20000 - 10000) })
	add(32000, func(i int) float64 { return r.NormFloat64() * float64(i%4000) * float64(i/4000%2) })
	add(16000, func(int) float64 { return float64(r.IntN(5) - 2) })
	for i, v := range in {
		in[i] = max(min(v, 16000), -16000) // beyond, the filter of the encoder limits, which spandsp's does not
	}

	want, got := make([]byte, len(in)/2), make([]byte, len(in)/2)
	purego.SyscallN(s.encode, s.encoder, uintptr(unsafe.Pointer(&want[0])), uintptr(unsafe.Pointer(&in[0])), uintptr(len(in)))
	runtime.KeepAlive(in)
	runtime.KeepAlive(want)
	if n := codec.G722.NewEncoder().Encode(got, in); n != len(want) {
		t.Fatalf("%d samples became %d bytes, want %d", len(in), n, len(want))
	}
	if !bytes.Equal(got, want) {
		at := 0
		for got[at] == want[at] {
			at++
		}
		t.Fatalf("byte %d of %d: %#02x, want %#02x", at, len(got), got[at], want[at])
	}

	codes := got // codes at random overflow, which spandsp lets happen
	wanted, decoded := make([]int16, 2*len(codes)), make([]int16, 2*len(codes))
	purego.SyscallN(s.decode, s.decoder, uintptr(unsafe.Pointer(&wanted[0])), uintptr(unsafe.Pointer(&codes[0])), uintptr(len(codes)))
	runtime.KeepAlive(codes)
	runtime.KeepAlive(wanted)
	codec.G722.NewDecoder().Decode(decoded, codes)
	for i := range decoded {
		if decoded[i] != wanted[i] {
			t.Fatalf("sample %d of %d (byte %d of %d): %d, want %d", i, len(decoded), i/2, len(codes), decoded[i], wanted[i])
		}
	}
}
