package confab

import (
	"fmt"
	"strings"
)

// Names are names of hosts, in lower case, written with commas between them.
type Names []string

// UnmarshalText reads names with commas between them.
func (n *Names) UnmarshalText(text []byte) error {
	*n = nil
	for part := range strings.SplitSeq(string(text), ",") {
		name := strings.ToLower(strings.TrimSpace(part))
		if name == "" {
			continue
		}
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
			return fmt.Errorf("%q is not the name of a host, such as phone.example.com (no scheme, no port)", part)
		}
		*n = append(*n, name)
	}
	return nil
}

// MarshalText writes them as UnmarshalText reads them.
func (n Names) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// String writes them as UnmarshalText reads them.
func (n Names) String() string { return strings.Join(n, ", ") }
