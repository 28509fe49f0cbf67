package webhook

import (
	"fmt"
	"net/netip"
)

// Policy says which addresses customers may make us connect to. The zero value
// allows public addresses only.
type Policy struct {
	AllowLoopback bool           // 127.0.0.0/8, ::1 and this machine's own addresses
	AllowPrivate  bool           // RFC 1918, RFC 4193 and RFC 6598 networks
	Allow         []netip.Prefix // allowed whatever else is said, but for cloud metadata
	Own           []netip.Addr   // this machine's addresses beside those found on its interfaces
}

// RefusedError says that policy forbids an address.
type RefusedError struct {
	Addr netip.Addr
	Why  string // the kind of address, in words
}

// Error names the address and its kind.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("address %v is refused: %s", e.Addr, e.Why)
}

// kind is what a network is for.
type kind struct {
	prefix netip.Prefix
	why    string
}

// metadata are the addresses at which clouds hand secrets to whoever asks from
// inside. Nothing allows them.
var metadata = table("cloud metadata",
	"169.254.169.254/32", "fd00:ec2::254/128", // nearly all
	"169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128", // AWS: tasks, pods
	"fd20:ce::254/128",   // Google
	"168.63.129.16/32",   // Azure
	"100.100.100.200/32", // Alibaba
	"192.0.0.192/32",     // Oracle
	"169.254.42.42/32",   // Scaleway
	"fd00:42::42/128",    // Scaleway
)

var loopback = table("loopback", "127.0.0.0/8", "::1/128")

var private = join(
	table("private network (RFC 1918)", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
	table("private network (RFC 4193)", "fc00::/7"),
	table("shared address space (RFC 6598)", "100.64.0.0/10"),
)

// special are the networks that no application can be reached at, or that lead
// to an address hidden in another (RFC 6890 and the IANA registries).
var special = join(
	table("unspecified", "::/128", "0.0.0.0/8"),
	table("link-local", "169.254.0.0/16", "fe80::/10"),
	table("site-local", "fec0::/10"),
	table("multicast", "224.0.0.0/4", "ff00::/8"),
	table("reserved", "240.0.0.0/4", "192.0.0.0/24", "192.88.99.0/24", "5f00::/16"),
	table("for benchmarks", "198.18.0.0/15", "2001:2::/48"),
	table("for documentation", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
	table("discard-only", "100::/64", "100:0:0:1::/64"),
	table("an IPv4 address inside IPv6", "::/96", "::ffff:0:0:0/96"),
	table("local NAT64", "64:ff9b:1::/48"),
	table("6to4", "2002::/16"),
	table("Teredo", "2001::/32"),
	table("ORCHID", "2001:10::/28", "2001:20::/28"),
)

// nat64 leads to the IPv4 address in its last 32 bits (RFC 6052 §2.1).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func table(why string, prefixes ...string) (kinds []kind) {
	for _, p := range prefixes {
		kinds = append(kinds, kind{netip.MustParsePrefix(p), why})
	}
	return kinds
}

func join(tables ...[]kind) (all []kind) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

func find(kinds []kind, a netip.Addr) (why string, ok bool) {
	for _, k := range kinds {
		if k.prefix.Contains(a) {
			return k.why, true
		}
	}
	return "", false
}

// check reports why a may not be dialled from a machine that has the addresses
// own; nil means that it may.
func (p Policy) check(a netip.Addr, own []netip.Addr) error {
	asked := a
	a = a.Unmap().WithZone("") // ::ffff:10.0.0.1 is 10.0.0.1
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	refuse := func(why string) error { return &RefusedError{Addr: asked, Why: why} }
	if !a.IsValid() {
		return refuse("no address")
	}
	if why, ok := find(metadata, a); ok {
		return refuse(why)
	}
	for _, allowed := range p.Allow {
		if allowed.Contains(a) {
			return nil
		}
	}
	if why, ok := find(loopback, a); ok {
		if p.AllowLoopback {
			return nil
		}
		return refuse(why)
	}
	for _, mine := range own {
		if mine.Unmap().WithZone("") == a {
			if p.AllowLoopback {
				return nil
			}
			return refuse("this machine's own")
		}
	}
	if why, ok := find(private, a); ok {
		if p.AllowPrivate {
			return nil
		}
		return refuse(why)
	}
	if why, ok := find(special, a); ok {
		return refuse(why)
	}
	if inner, ok := isatap(a); ok {
		return p.check(inner, own)
	}
	return nil
}

// isatap returns the IPv4 address that an IPv6 address of such a form leads to
// (RFC 5214 §6.1: interface identifier 0000:5efe or 0200:5efe and the address).
func isatap(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	if b[8]&^2 != 0 || b[9] != 0 || b[10] != 0x5e || b[11] != 0xfe {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(b[12:])), true
}
