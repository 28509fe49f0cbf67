// Package turn says which STUN and TURN servers a browser may find its way by, and
// makes the credentials for them, which are short-lived: a page is no place for a
// lasting password.
package turn

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config is what is known of the servers. The zero Config is none: browsers reach
// the switch directly.
type Config struct {
	STUN []string // URLs: stun:stun.example.com:3478
	TURN []string // URLs: turn:turn.example.com:3478?transport=udp, turns:…

	// Secret is what the TURN server shares with us: credentials are made of it for
	// each who asks. Without it User and Password serve for all.
	Secret         string
	User, Password string
}

// Server is one entry of a browser's iceServers (W3C WebRTC §4.2.4).
type Server struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Validate says which URL is wrong, and what else is amiss, in one line.
func (c Config) Validate() error {
	for _, u := range c.STUN {
		if !valid(u, "stun", "stuns") {
			return fmt.Errorf("stun: %q is not the URL of a STUN server, such as stun:stun.example.com:3478", u)
		}
	}
	for _, u := range c.TURN {
		if !valid(u, "turn", "turns") {
			return fmt.Errorf("turn: %q is not the URL of a TURN server, such as turn:turn.example.com:3478?transport=udp", u)
		}
	}
	named := c.User != "" || c.Password != ""
	switch {
	case len(c.TURN) == 0 && (c.Secret != "" || named):
		return fmt.Errorf("turn: there are credentials and no TURN server: give its URL")
	case c.Secret != "" && named:
		return fmt.Errorf("turn_secret: credentials are made of it, so turn_user and turn_password have no use: give one or the others")
	case len(c.TURN) > 0 && c.Secret == "" && (c.User == "" || c.Password == ""):
		return fmt.Errorf("turn_secret: %s takes credentials: give the secret that it shares with us, or turn_user and turn_password", c.TURN[0])
	}
	return nil
}

// valid reports whether u is a URL as RFC 7064 §3.1 and RFC 7065 §3.1 have them.
func valid(text string, schemes ...string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || scheme != schemes[0] && scheme != schemes[1] {
		return false
	}
	at, query, asked := strings.Cut(rest, "?")
	if asked && (schemes[0] == "stun" || query != "transport=udp" && query != "transport=tcp") {
		return false
	}
	u, err := url.Parse("//" + at)
	return err == nil && u.Hostname() != "" && u.User == nil && u.Path == "" && validPort(u.Port())
}

func validPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// Servers returns what a browser is told: who asks, and until when the credentials
// shall serve.
func (c Config) Servers(who string, until time.Time) []Server {
	servers := []Server{}
	if len(c.STUN) > 0 {
		servers = append(servers, Server{URLs: c.STUN})
	}
	if len(c.TURN) > 0 {
		user, password := c.User, c.Password
		if c.Secret != "" {
			user, password = Credentials(c.Secret, who, until)
		}
		servers = append(servers, Server{URLs: c.TURN, Username: user, Credential: password})
	}
	return servers
}

// Credentials makes a name and a password that a TURN server takes until then
// which has the same secret (draft-uberti-behave-turn-rest §2.2, coturn's
// use-auth-secret): the name says how long and who, the password is its HMAC-SHA1.
func Credentials(secret, who string, until time.Time) (user, password string) {
	user = strconv.FormatInt(until.Unix(), 10)
	if who != "" {
		user += ":" + who
	}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(user))
	return user, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
