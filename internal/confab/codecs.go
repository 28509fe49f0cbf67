package confab

import (
	"errors"
	"fmt"
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
	for i, name := range c.Codecs {
		if _, err := codec.Named(name); errors.Is(err, codec.ErrUnknown) {
			return fmt.Errorf("codecs: %w", err)
		}
		for _, before := range c.Codecs[:i] {
			if strings.EqualFold(before, name) {
				return fmt.Errorf("codecs: %s stands there twice", name)
			}
		}
	}
	return nil
}

// openCodecs finds what is offered, and notes for the banner what is missing.
func (s *Switch) openCodecs() ([]codec.Codec, error) {
	var codecs []codec.Codec
	for _, name := range s.cfg.Codecs {
		c, err := codec.Named(name)
		if err != nil {
			s.warnings = append(s.warnings, fmt.Sprintf("%s is not offered to callers: %v: apt-get install libopus0", name, err))
			continue
		}
		codecs = append(codecs, c)
		s.codecs = append(s.codecs, name)
	}
	if len(codecs) == 0 {
		return nil, fmt.Errorf("codecs: %s: none of them can be had here; add G722 or PCMU", s.cfg.Codecs)
	}
	return codecs, nil
}
