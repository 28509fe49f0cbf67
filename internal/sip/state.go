package sip

import "net/netip"

// DialogState is all that a request within a dialog needs: a value that can be
// kept, so that a far end whose switch has crashed can be sent a BYE by the
// next one (Server.Bye).
type DialogState struct {
	CallID    string
	Local     string // our address as From of our requests says it, tag included
	Remote    string // the far end's, as To says it
	LocalTag  string
	RemoteTag string
	Target    string         // remote target: the URI of the far end's Contact
	Routes    []string       // route set, in the order of the Route headers
	LocalSeq  uint32         // CSeq of our last request
	RemoteSeq uint32         // CSeq of the far end's last request
	Network   string         // "udp" or "tcp"
	Flow      netip.AddrPort // where the far end was last heard
	Outbound  bool
}
