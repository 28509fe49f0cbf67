package confab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Prefixes are networks, written "10.1.0.0/16, 192.0.2.7" (an address alone is
// a network of one).
type Prefixes []netip.Prefix

// String writes the networks as UnmarshalText reads them.
func (p Prefixes) String() string {
	texts := make([]string, len(p))
	for i, network := range p {
		texts[i] = network.String()
	}
	return strings.Join(texts, ", ")
}

// MarshalText is String.
func (p Prefixes) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads networks with commas between them.
func (p *Prefixes) UnmarshalText(text []byte) error {
	*p = nil
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			var address netip.Addr
			if address, err = netip.ParseAddr(part); err == nil {
				network, err = address.Prefix(address.BitLen())
			}
		}
		if err != nil {
			return fmt.Errorf("%q is neither a network such as 10.1.0.0/16 nor an address", part)
		}
		*p = append(*p, network.Masked())
	}
	return nil
}
