package confab

import (
	"fmt"
	"strconv"
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
	return c.validICETCP()
}

// tcpPorts are the ports of which the first that is free is for browsers over TCP; ok is
// false if there shall be none.
func (c *Config) tcpPorts() (low, high uint16, ok bool) {
	switch c.ICE.TCP {
	case "auto":
		return c.RTPPorts.First, c.RTPPorts.Last, true
	case "off":
		return 0, 0, false
	}
	n, _ := strconv.ParseUint(c.ICE.TCP, 10, 16) // Validate has looked
	return uint16(n), uint16(n), n > 0
}

// validICETCP: a port of TCP has one use. Where SIP is served on loopback or on all
// addresses, browsers are on all.
func (c *Config) validICETCP() error {
	switch n, err := strconv.ParseUint(c.ICE.TCP, 10, 16); {
	case c.ICE.TCP == "auto" || c.ICE.TCP == "off":
		return nil
	case err != nil || n == 0:
		return fmt.Errorf("ice.tcp: %q is neither a port, 1 to 65535, nor auto or off", c.ICE.TCP)
	}
	port, _, _ := c.tcpPorts()
	ours, sipPort, err := hostPort(c.SIP, "sip", "")
	if err != nil {
		return err
	}
	if port == sipPort {
		return fmt.Errorf("ice.tcp: %d is the port of sip, which takes TCP too: give another", port)
	}
	host, httpPort, err := hostPort(c.HTTP, "http", "")
	if err != nil {
		return err
	}
	if port == httpPort && (ours.IsLoopback() || ours.IsUnspecified() || host.IsUnspecified() || host == ours) {
		return fmt.Errorf("ice.tcp: %d is the port of http on the same address: give another, or sip an address of its own", port)
	}
	return nil
}
