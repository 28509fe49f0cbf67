package rtp

import (
	"math/bits"
	"time"
)

const (
	slotCount = 32
	blockSize = 160 // bytes: 20 ms of G.711, the payload of nearly every packet

	// A store may have as many blocks as 200 ms of speech need, and a few packets
	// more; at least that, and at most what the bits of free can tell of. It begins
	// with a quarter, for hardly anybody's network needs more than 50 ms.
	leastBlocks = 24
	mostBlocks  = 64
	storeFrames = 11
	firstShare  = 4
)

const markerBit = 0x80 // RFC 3550 §5.1

// slot is one packet held. Its payload is in blocks of the store.
type slot struct {
	timestamp int64
	arrival   time.Duration
	duration  uint16
	sequence  uint16
	size      uint16
	block     uint8 // first block
	kind      uint8 // marker and payload type, in one octet as in the header (RFC 3550 §5.1)
}

func kindOf(p Packet) uint8 {
	kind := p.PayloadType &^ markerBit
	if p.Marker {
		kind |= markerBit
	}
	return kind
}

func (s *slot) payloadType() uint8 { return s.kind &^ markerBit }
func (s *slot) marker() bool       { return s.kind&markerBit != 0 }

// slots holds packets in the order of their timestamps, and their payloads in
// blocks of which a packet takes as many neighbours as it needs.
type slots struct {
	n     int
	most  int    // blocks that store may have
	free  uint64 // bit b: block b is free
	store []byte
	q     [slotCount]slot
}

// make gets the memory for payloads of so many bytes in 20 ms.
func (s *slots) make(frameBytes int) {
	s.most = min(max(leastBlocks, storeFrames*blocks(frameBytes)), mostBlocks)
	first := s.most / firstShare
	if n := len(s.store) / blockSize; n < first || n > s.most {
		s.store = make([]byte, first*blockSize)
	}
	s.init()
}

// grow doubles the store, up to what it may have; false says that it has that.
func (s *slots) grow() bool {
	had := len(s.store) / blockSize
	if had == s.most {
		return false
	}
	n := min(2*had, s.most)
	s.store = append(make([]byte, 0, n*blockSize), s.store...)[:n*blockSize]
	s.free |= mask(n) &^ mask(had)
	return true
}

func (s *slots) init() { s.n, s.free = 0, mask(len(s.store)/blockSize) }

// insert copies a packet in: Kept, Duplicate (its timestamp is there) or Full.
func (s *slots) insert(p slot, payload []byte) Pushed {
	i := s.n
	for i > 0 && s.q[i-1].timestamp > p.timestamp {
		i--
	}
	if i > 0 && s.q[i-1].timestamp == p.timestamp {
		return Duplicate
	}
	if s.n == slotCount {
		return Full
	}
	want := blocks(len(payload))
	at := s.find(want)
	for at < 0 && s.grow() {
		at = s.find(want)
	}
	if at < 0 {
		return Full
	}
	s.free &^= mask(want) << at
	p.block, p.size = uint8(at), uint16(len(payload))
	copy(s.store[at*blockSize:], payload)
	copy(s.q[i+1:s.n+1], s.q[i:s.n])
	s.q[i] = p
	s.n++
	return Kept
}

// pop takes the first packet out and returns its payload, which stays as it is
// until the next insert.
func (s *slots) pop() []byte {
	p := s.q[0]
	s.free |= mask(blocks(int(p.size))) << p.block
	s.n--
	copy(s.q[:s.n], s.q[1:s.n+1])
	at := int(p.block) * blockSize
	return s.store[at : at+int(p.size) : at+int(p.size)]
}

// head returns the payload of the first packet, which stays in.
func (s *slots) head() []byte {
	at := int(s.q[0].block) * blockSize
	return s.store[at : at+int(s.q[0].size)]
}

// room returns the first free block; nil if there is none.
func (s *slots) room() []byte {
	at := s.find(1)
	if at < 0 {
		return nil
	}
	return s.store[at*blockSize : (at+1)*blockSize]
}

// find returns the first of want free neighbours, or −1.
func (s *slots) find(want int) int {
	starts := s.free
	for i := 1; i < want && starts != 0; i++ {
		starts &= s.free >> i
	}
	if starts == 0 {
		return -1
	}
	return bits.TrailingZeros64(starts)
}

func blocks(size int) int { return (size + blockSize - 1) / blockSize }

func mask(n int) uint64 { return 1<<n - 1 }
