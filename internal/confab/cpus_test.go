package confab_test

import (
	"slices"
	"testing"

	"confab/internal/confab"
)

func TestCPUs(t *testing.T) {
	for text, want := range map[string]confab.CPUs{"": nil, " ": nil, "0": {0}, "2,3": {2, 3}, " 7 , 5 ": {7, 5}} {
		var c, again confab.CPUs
		if err := c.UnmarshalText([]byte(text)); err != nil || !slices.Equal(c, want) {
			t.Errorf("%q: %v, %v, want %v", text, c, err, want)
		}
		if err := again.UnmarshalText([]byte(c.String())); err != nil || !slices.Equal(again, c) {
			t.Errorf("%q is written as %q, which is read as %v, %v", text, c.String(), again, err)
		}
	}
	for _, text := range []string{"-1", "a", "1,,2", "0-3", "1 2"} {
		var c confab.CPUs
		if err := c.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}
