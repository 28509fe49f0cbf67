package confab

import (
	"fmt"
	"strings"

	"confab/internal/turn"
)

// URLs are URLs without commas in them, written "turn:a.example.com, turns:b.example.com".
type URLs []string

// String writes the URLs as UnmarshalText reads them.
func (u URLs) String() string { return strings.Join(u, ", ") }

// MarshalText is String.
func (u URLs) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads URLs with commas between them.
func (u *URLs) UnmarshalText(text []byte) error {
	*u = nil
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part != "" {
			*u = append(*u, part)
		}
	}
	return nil
}

// servers is what the switch can tell browsers of their way.
func (i ICE) servers() turn.Config {
	return turn.Config{STUN: i.STUN, TURN: i.TURN, Secret: i.Secret, User: i.User, Password: i.Password}
}

func (c *Config) validICE() error {
	if err := c.ICE.servers().Validate(); err != nil {
		return fmt.Errorf("ice.%w", err)
	}
	return nil
}
