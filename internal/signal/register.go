package signal

import "slices"

// registerLocked lets a socket be called as its identity. Beyond the bound the oldest
// of that identity is not called any more, and is told so.
func (s *Server) registerLocked(k *socket) {
	if k.registered != "" {
		return // it repeats it every 30 s
	}
	k.registered = k.who.Identity
	list := append(s.tabs[k.registered], k)
	s.tabs[k.registered] = list
	if len(list) > s.limits.PerIdentity {
		oldest := list[0]
		s.unregisterLocked(oldest)
		oldest.send(message{Type: "offline"})
	}
}

// unregisterLocked is its opposite.
func (s *Server) unregisterLocked(k *socket) {
	if k.registered == "" {
		return
	}
	list := slices.DeleteFunc(s.tabs[k.registered], func(other *socket) bool { return other == k })
	if len(list) == 0 {
		delete(s.tabs, k.registered)
	} else {
		s.tabs[k.registered] = list
	}
	k.registered = ""
}

// registered returns the sockets that are called as an identity, the newest first.
func (s *Server) registered(identity string) []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.tabs[identity])
	slices.Reverse(list)
	return list
}
