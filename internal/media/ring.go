package media

import (
	"math/bits"
	"sync/atomic"
)

// ring carries samples from one goroutine to another without a lock: one
// writes, one reads, neither waits.
type ring struct {
	samples []int16       // a power of two of them, so that the counters may wrap
	written atomic.Uint32 // by the writer, all in all
	read    atomic.Uint32 // by the reader
}

// newRing makes a ring that holds at least size samples.
func newRing(size int) *ring {
	return &ring{samples: make([]int16, 1<<bits.Len(uint(size-1)))}
}

// held returns how many samples can be read.
func (r *ring) held() int { return int(r.written.Load() - r.read.Load()) }

// space returns memory for what is to be written next, empty when the ring is
// full: at most all that is free, less where that is in two parts. What has
// been filled of it counts after wrote.
func (r *ring) space() []int16 {
	written := r.written.Load()
	free := len(r.samples) - int(written-r.read.Load())
	at := int(written) & (len(r.samples) - 1)
	return r.samples[at:min(at+free, len(r.samples))]
}

func (r *ring) wrote(n int) { r.written.Add(uint32(n)) }

// front returns up to n samples to be read next, less where they are in two
// parts. They are free again after took.
func (r *ring) front(n int) []int16 {
	read := r.read.Load()
	n = min(n, int(r.written.Load()-read))
	at := int(read) & (len(r.samples) - 1)
	return r.samples[at:min(at+n, len(r.samples))]
}

func (r *ring) took(n int) { r.read.Add(uint32(n)) }

// put writes all of frame, or nothing and returns false when there is no room.
func (r *ring) put(frame []int16) bool {
	if len(r.samples)-r.held() < len(frame) {
		return false
	}
	for len(frame) > 0 {
		n := copy(r.space(), frame)
		r.wrote(n)
		frame = frame[n:]
	}
	return true
}

// take reads into dst and returns how many samples.
func (r *ring) take(dst []int16) int {
	total := 0
	for total < len(dst) {
		n := copy(dst[total:], r.front(len(dst)-total))
		if n == 0 {
			break
		}
		r.took(n)
		total += n
	}
	return total
}
