package confab

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"confab/internal/codec"
)

// Codecs are names of codecs, written "opus, G722, PCMU".
type Codecs []string

// String writes the names as UnmarshalText reads them.
func (c Codecs) String() string { return strings.Join(c, ", ") }

// MarshalText is String.
func (c Codecs) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads names with commas between them.
func (c *Codecs) UnmarshalText(text []byte) error {
	*c = nil
	for name := range strings.SplitSeq(string(text), ",") {
		if name = strings.TrimSpace(name); name != "" {
			*c = append(*c, name)
		}
	}
	return nil
}

func (c *Config) validCodecs() error {
	if len(c.Codecs) == 0 {
		return errors.New("codecs: none is given; want at least PCMU")
	}
	if err := validNames("codecs", c.Codecs); err != nil {
		return err
	}
	return validNames("codecs_accepted", c.Accepted)
}

func validNames(setting string, names Codecs) error {
	for i, name := range names {
		if _, err := codec.Named(name); errors.Is(err, codec.ErrUnknown) {
			return fmt.Errorf("%s: %w", setting, err)
		}
		for _, before := range names[:i] {
			if strings.EqualFold(before, name) {
				return fmt.Errorf("%s: %s stands there twice", setting, name)
			}
		}
	}
	return nil
}

// openCodecs finds what is offered, and what is accepted besides, and notes for the
// banner, in one line, what is missing.
func (s *Switch) openCodecs() (offered, accepted []codec.Codec, err error) {
	var missing, reasons, packages []string
	open := func(names Codecs) (found []codec.Codec) {
		for _, name := range names {
			c, err := codec.Named(name)
			switch {
			case err == nil && slices.Contains(offered, c): // it is accepted anyway
			case err == nil:
				found, s.codecs = append(found, c), append(s.codecs, name)
			case !slices.Contains(missing, name):
				missing, reasons, packages = append(missing, name), append(reasons, err.Error()), append(packages, packageOf(name))
			}
		}
		return found
	}
	offered = open(s.cfg.Codecs)
	if len(offered) == 0 {
		return nil, nil, fmt.Errorf("codecs: %s: none of them can be had here; add G722 or PCMU", s.cfg.Codecs)
	}
	accepted = open(s.cfg.Accepted)
	if len(missing) > 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("calls go without %s: %s: apt-get install %s",
			strings.Join(missing, ", "), strings.Join(reasons, "; "), strings.Join(packages, " ")))
	}
	return offered, accepted, nil
}

// packageOf says what of Debian's has the library of a codec.
func packageOf(name string) string {
	if strings.EqualFold(name, "AMR-WB") {
		return "libopencore-amrwb0 libvo-amrwbenc0"
	}
	return "libopus0"
}
