package media

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// Both ways of sleeping: a wake ends a sleep, before it begins or while it lasts,
// once; and a sleep ends by itself.
func TestSleeper(t *testing.T) {
	for name, s := range map[string]sleeper{"timer": newTimerSleeper(), "system": newSleeper()} {
		t.Run(name, func(t *testing.T) {
			s.wake()
			s.wake() // two are one
			s.sleep(time.Hour)
			began := time.Now()
			s.sleep(10 * time.Millisecond)
			if slept := time.Since(began); slept < 9*time.Millisecond {
				t.Errorf("slept for %v, not woken: want 10ms", slept)
			}
			for range 100 { // at whatever moment of falling asleep it finds it
				woken := make(chan struct{})
				go func() { s.wake(); close(woken) }()
				s.sleep(time.Hour)
				<-woken
			}
			s.sleep(-time.Second)
		})
	}
}

func TestEvery(t *testing.T) {
	enough := errors.New("enough")
	began, turns := time.Now(), 0
	err := Every(t.Context(), slotDuration, func(due time.Time) error {
		if early := time.Until(due); early > 0 {
			t.Errorf("turn %d is %v early", turns, early)
		}
		if turns++; turns == 8 {
			return enough
		}
		return nil
	})
	if err != enough || time.Since(began) < 8*slotDuration {
		t.Errorf("%v after %d turns and %v, want %v after 8 in %v", err, turns, time.Since(began), enough, 8*slotDuration)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Every(ctx, slotDuration, func(time.Time) error { return enough }); err != nil {
		t.Errorf("cancelled before it began: %v", err)
	}
}

// Sources of both families are kept apart, whatever way they are stored.
func TestSources(t *testing.T) {
	var n sources
	var all []netip.AddrPort
	for _, a := range []string{"192.0.2.1:4000", "192.0.2.1:4002", "192.0.2.2:4000", "[::ffff:192.0.2.1]:4000", "[2001:db8::1]:4000", "[fe80::1%eth0]:4000", "[fe80::1%eth1]:4000"} {
		all = append(all, netip.MustParseAddrPort(a))
	}
	sessions := make([]*Session, len(all))
	for i, a := range all {
		sessions[i] = new(Session)
		n.put(a, sessions[i])
	}
	for i, a := range all {
		if n.get(a) != sessions[i] {
			t.Errorf("%v finds another session than its own", a)
		}
	}
	for i, a := range all {
		n.remove(a)
		if n.get(a) != nil || n.len() != len(all)-i-1 {
			t.Errorf("%v is found after it was removed, or took another with it: %d are left", a, n.len())
		}
	}
	if n.get(netip.AddrPort{}) != nil {
		t.Error("no address finds a session")
	}
}
