package confab

import (
	"context"
	"net/netip"

	"confab/internal/api"
	"confab/internal/certificate"
)

// host is what the console tells a newcomer: what to dial, where, and which code
// to key. It says no more than the banner does.
func (s *Switch) host(ctx context.Context) (api.Host, error) {
	number, err := s.number(ctx)
	if err != nil {
		return api.Host{}, err
	}
	rooms, err := s.rooms.List(ctx)
	if err != nil {
		return api.Host{}, err
	}
	at := s.SIP()
	told := api.Host{
		Number: number, Origin: s.Origin(), Program: s.cfg.Program,
		SIP: api.SIP{Addresses: s.callable(at.Addr()), Port: at.Port(), Loopback: at.Addr().IsLoopback(),
			Transports: []string{"udp", "tcp"}, Codecs: s.codecs},
	}
	for _, r := range rooms {
		if !r.Closed && r.Sample() {
			told.Code = r.Code
			break
		}
	}
	return told, nil
}

// callable are the addresses at which a telephone finds a server that listens on
// at: the one that is advertised first.
func (s *Switch) callable(at netip.Addr) []netip.Addr {
	addresses := []netip.Addr{}
	if s.cfg.Advertise.IsValid() {
		addresses = append(addresses, s.cfg.Advertise)
	}
	if !at.IsUnspecified() {
		return append(addresses, at)
	}
	_, found := certificate.HostNames()
	for _, a := range found {
		if !a.IsLoopback() && (at.Is6() || a.Is4()) {
			addresses = append(addresses, a)
		}
	}
	return addresses
}
