package console

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// knownHost reports whether a Host header names this machine in a way that no
// stranger's name service can: an address, localhost, or a name that the
// configuration lists. Any other may be a page of elsewhere whose name was
// pointed here after it was loaded (DNS rebinding).
func (s *Sessions) knownHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(s.cfg.Hosts, name)
}
