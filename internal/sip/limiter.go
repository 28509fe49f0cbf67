package sip

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// The limiter's table: it never grows, whoever claims to send from wherever.
const (
	limiterSets = 1024
	limiterWays = 8
)

// limiter decides from a source address alone, before anything is parsed,
// whether a message is looked at. Each source has a token bucket; all share
// another, which a source at its own bound does not drain.
//
// The buckets stand in a table of fixed size, in sets of a few: a new source
// takes the place of the one in its set that was heard longest ago. Someone
// who forges sources can so refill buckets, and is held by the shared one.
type limiter struct {
	sourceRate, sourceBurst float64
	seed                    maphash.Seed

	mu     sync.Mutex
	global bucket
	rate   float64
	burst  float64
	table  [limiterSets][limiterWays]sourceBucket
}

type bucket struct {
	tokens float64
	last   time.Time
}

type sourceBucket struct {
	source netip.Addr
	bucket
}

func newLimiter(l Limits) *limiter {
	return &limiter{
		sourceRate: float64(l.SourceRate), sourceBurst: float64(l.SourceBurst),
		rate: float64(l.GlobalRate), burst: float64(l.GlobalBurst),
		seed:   maphash.MakeSeed(),
		global: bucket{tokens: float64(l.GlobalBurst), last: time.Now()},
	}
}

// allow takes a token for a message from addr; of the shared bucket alone, if
// addr is trusted.
func (l *limiter) allow(addr netip.Addr, trusted bool) bool {
	addr = sourceOf(addr)
	now := time.Now()
	if trusted {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.global.take(now, l.rate, l.burst)
	}
	set := maphash.Comparable(l.seed, addr) % limiterSets
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.findLocked(int(set), addr, now).take(now, l.sourceRate, l.sourceBurst) && l.global.take(now, l.rate, l.burst)
}

// findLocked returns the bucket of addr, a full one if it is new.
func (l *limiter) findLocked(set int, addr netip.Addr, now time.Time) *bucket {
	ways := &l.table[set]
	oldest := &ways[0]
	for i := range ways {
		w := &ways[i]
		if w.source == addr {
			return &w.bucket
		}
		if w.last.Before(oldest.last) {
			oldest = w
		}
	}
	*oldest = sourceBucket{addr, bucket{tokens: l.sourceBurst, last: now}}
	return &oldest.bucket
}

// take refills the bucket for the time gone by and takes one token, if there
// is one.
func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.tokens = min(burst, b.tokens+now.Sub(b.last).Seconds()*rate)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// sourceOf returns what counts as one source: an IPv4 address, or the /64 that
// one IPv6 host has to itself.
func sourceOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return p.Addr()
}
