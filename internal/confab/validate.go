package confab

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
)

// strictParticipants is the contract's own bound (Twilio <Conference>
// maxParticipants: at most 250).
const strictParticipants = 250

// participants is how many one conference may have.
func (c *Config) participants() int {
	if c.Strict {
		return min(c.MaxParticipants, strictParticipants)
	}
	return c.MaxParticipants
}

// Validate checks the configuration as far as it can be without touching the
// machine. The error is one line with the value that is wrong and what would
// be right.
func (c *Config) Validate() error {
	for _, check := range []func() error{c.validAddresses, c.validTLS, c.validICE, c.validCodecs, c.validAccount, c.validNumbers, c.validBlocks, c.validBounds, c.validSpeech} {
		if err := check(); err != nil {
			return &InvalidError{err}
		}
	}
	return nil
}

// InvalidError is the error of a setting that was understood and cannot be used.
type InvalidError struct{ Err error }

// Error says which value is wrong and what would be right, in one line.
func (e *InvalidError) Error() string { return e.Err.Error() }

// Unwrap returns what Error says.
func (e *InvalidError) Unwrap() error { return e.Err }

func (c *Config) validAddresses() error {
	if c.Data == "" {
		return fmt.Errorf("data: no directory given, for example ./data")
	}
	if _, _, err := hostPort(c.HTTP, "http", "127.0.0.1:8080"); err != nil {
		return err
	}
	if err := c.validDebug(); err != nil {
		return err
	}
	if _, _, err := hostPort(c.SIP, "sip", "127.0.0.1:5060"); err != nil {
		return err
	}
	if c.Advertise.IsValid() && (c.Advertise.IsUnspecified() || c.Advertise.IsMulticast()) {
		return fmt.Errorf("advertise: %s is not an address that a far end can send to", c.Advertise)
	}
	// RTP takes an even port and RTCP the odd one after it (RFC 3550 §11).
	if p := c.RTPPorts; p.First < 1024 || p.Last <= p.First {
		return fmt.Errorf("rtp_ports: %s is not a range of two ports or more from 1024 up, such as 10000-10999", p)
	}
	return nil
}

// hostPort checks "host:port" where host is an IP address or localhost.
func hostPort(addr, key, like string) (netip.Addr, uint16, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%s: %q is not an address and a port such as %s", key, addr, like)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%s: %q is not an IP address of this machine, such as in %s", key, host, like)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%s: %q is not a port, 1 to 65535", key, port)
	}
	return ip, uint16(n), nil
}

// validDebug: who reads a profile reads memory, so it is for this machine alone.
func (c *Config) validDebug() error {
	if c.Debug == "" {
		return nil
	}
	ip, _, err := hostPort(c.Debug, "debug", "127.0.0.1:6060")
	if err == nil && !ip.IsLoopback() {
		err = fmt.Errorf("debug: %s can be reached from other machines; profiles tell what is in memory, so it must be an address such as 127.0.0.1:6060", c.Debug)
	}
	return err
}

func (c *Config) validAccount() error {
	a := c.Account
	if a.SID != "" && !contract.AccountSID(a.SID).Valid() {
		return fmt.Errorf("account.sid: %q is not AC and 32 lower-case hexadecimal digits", a.SID)
	}
	if a.AuthToken != "" && !validToken(a.AuthToken) {
		return fmt.Errorf("account.auth_token: it must be 16 to 128 letters and digits, nothing else (client libraries refuse others)")
	}
	return nil
}

// validToken: twilio-go refuses a token with any other character.
func validToken(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && strings.Trim(s, digits+letters) == ""
}

func (c *Config) validBounds() error {
	for _, b := range []struct {
		key      string
		n, least int64
		like     string
	}{
		{"max_calls", int64(c.MaxCalls), 1, "1 or more"},
		{"max_participants", int64(c.MaxParticipants), 2, "2 or more"},
		{"time_limit", int64(c.TimeLimit), int64(time.Second), "1s or more"},
		{"media_timeout", int64(c.MediaTimeout), int64(time.Second), "1s or more"},
		{"media.loops", int64(c.Media.Loops), 0, "0 or more"},
		{"browsers.sockets", int64(c.Browsers.Sockets), 1, "1 or more"},
		{"browsers.sockets_per_address", int64(c.Browsers.PerAddress), 1, "1 or more"},
		{"browsers.sockets_per_identity", int64(c.Browsers.PerIdentity), 1, "1 or more"},
		{"browsers.calls_per_socket", int64(c.Browsers.PerSocket), 1, "1 or more"},
		{"console.session", int64(c.Console.Session), int64(time.Minute), "1m or more"},
		{"drain_timeout", int64(c.DrainTimeout), 0, "0s or more"},
		{"webhook.retry_for", int64(c.Webhook.RetryFor), 0, "0s or more"},
		{"retention.calls", int64(c.Retention.Calls), 0, "0s or more"},
		{"retention.events", int64(c.Retention.Events), 0, "0s or more"},
		{"retention.warnings", int64(c.Retention.Warnings), 0, "0s or more"},
		{"retention.stories", int64(c.Retention.Stories), 0, "0s or more"},
	} {
		if b.n < b.least {
			for _, s := range Settings(c) {
				if s.Key == b.key {
					return fmt.Errorf("%s: %s is too little, it must be %s", b.key, s, b.like)
				}
			}
		}
	}
	return nil
}

func (c *Config) validSpeech() error {
	if !slices.Contains(speechEngines, c.Speech.Engine) {
		return fmt.Errorf("speech.engine: %q is none of %s", c.Speech.Engine, strings.Join(speechEngines, ", "))
	}
	return nil
}
