package signal

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"confab/internal/contract"
)

// watchKeys ends the sockets of API keys that were removed, until Close. It looks at
// what is kept rather than being told: a key is removed over REST, or by another
// process.
func (s *Server) watchKeys() {
	tick := time.NewTicker(keysEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
		}
		for _, key := range s.keysShown() {
			ctx, cancel := context.WithTimeout(context.Background(), checkTime)
			there, err := s.cfg.Tokens.Exists(ctx, key)
			cancel()
			switch {
			case err != nil:
				s.log.Error("API key of browsers not looked up", "key", key, "err", err)
			case !there:
				s.revoke(key)
			}
		}
	}
}

// keysShown are the keys by whose tokens sockets are known, each once.
func (s *Server) keysShown() (keys []contract.KeySID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[contract.KeySID]bool)
	for k := range s.sockets {
		if key := k.who.Key; key != "" && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// revoke ends the sockets whose token was signed with a key. Their calls that are
// answered wait, as for any page that has lost its socket: one that comes back with a
// token of another key goes on, the others are over after reconnectTime.
func (s *Server) revoke(key contract.KeySID) {
	n := 0
	s.mu.Lock()
	for k := range s.sockets {
		if k.who.Key != key {
			continue
		}
		k.known, k.who.Key = false, ""
		s.unregisterLocked(k)
		k.fail("", &failure{failToken, "The API key that the access token was signed with was removed"})
		if k.end(websocket.StatusPolicyViolation, "the API key was removed") {
			n++
		}
	}
	s.mu.Unlock()
	if n > 0 {
		s.revoked.Add(uint64(n))
		s.log.Info("API key was removed: its browsers are signed out", "key", key, "sockets", n)
	}
}
