package confab

import (
	"fmt"
	"strconv"
	"strings"
)

// PortRange is a range of UDP ports, both ends in it. It is written
// "10000-10999".
type PortRange struct{ First, Last uint16 }

// String returns the range as it is written in the configuration.
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// MarshalText writes the range as String does.
func (r PortRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads "10000-10999".
func (r *PortRange) UnmarshalText(text []byte) error {
	low, high, ok := strings.Cut(string(text), "-")
	first, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	last, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if !ok || err != nil || err2 != nil {
		return fmt.Errorf("%q is not a range of ports such as 10000-10999", text)
	}
	*r = PortRange{uint16(first), uint16(last)}
	return nil
}
