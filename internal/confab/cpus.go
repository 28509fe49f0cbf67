package confab

import (
	"fmt"
	"strconv"
	"strings"
)

// CPUs are processors by number, written with commas between them: 2, 3.
type CPUs []int

// String writes them as they are read.
func (c CPUs) String() string {
	list := make([]string, len(c))
	for i, n := range c {
		list[i] = strconv.Itoa(n)
	}
	return strings.Join(list, ", ")
}

// MarshalText writes them as they are read.
func (c CPUs) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads them; an empty text is none.
func (c *CPUs) UnmarshalText(text []byte) error {
	*c = nil
	if strings.TrimSpace(string(text)) == "" {
		return nil
	}
	for _, s := range strings.Split(string(text), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 0 {
			return fmt.Errorf("CPU %q: want numbers with commas between them, such as 2,3", strings.TrimSpace(s))
		}
		*c = append(*c, n)
	}
	return nil
}
