package turn_test

import (
	"strings"
	"testing"
	"time"

	"confab/internal/turn"

	"github.com/google/go-cmp/cmp"
)

// What openssl makes of the same secret and name:
//
//	printf 1800000000:alice | openssl dgst -sha1 -hmac north -binary | base64
func TestCredentials(t *testing.T) {
	user, password := turn.Credentials("north", "alice", time.Unix(1800000000, 0))
	if user != "1800000000:alice" || password != "sIm7pn/teO7y3AyXGeXl/xAQR6Q=" {
		t.Errorf("got %q, %q", user, password)
	}
	if user, _ := turn.Credentials("north", "", time.Unix(1800000000, 0)); user != "1800000000" {
		t.Errorf("of nobody: %q", user)
	}
}

func TestServers(t *testing.T) {
	until := time.Unix(1800000000, 0)
	if got := (turn.Config{}).Servers("alice", until); got == nil || len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
	c := turn.Config{STUN: []string{"stun:a.example.com"}, TURN: []string{"turn:b.example.com:3478"}, User: "u", Password: "p"}
	want := []turn.Server{{URLs: c.STUN}, {URLs: c.TURN, Username: "u", Credential: "p"}}
	if d := cmp.Diff(want, c.Servers("alice", until)); d != "" {
		t.Error(d)
	}
}

func TestValidate(t *testing.T) {
	good := turn.Config{STUN: []string{"stun:a.example.com:3478", "stun:[2001:db8::1]"}, TURN: []string{"turn:b.example.com?transport=udp", "turns:b.example.com:443?transport=tcp"}, Secret: "north"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, test := range map[string]struct {
		c    turn.Config
		want string
	}{
		"a host":           {turn.Config{STUN: []string{"a.example.com"}}, `"a.example.com"`},
		"a port":           {turn.Config{STUN: []string{"stun:a.example.com:0"}}, "stun:a.example.com:0"},
		"https":            {turn.Config{TURN: []string{"https://a.example.com"}, Secret: "s"}, "turn:turn.example.com"},
		"transport":        {turn.Config{TURN: []string{"turn:a.example.com?transport=sctp"}, Secret: "s"}, "sctp"},
		"no credentials":   {turn.Config{TURN: []string{"turn:a.example.com"}}, "turn_secret"},
		"half credentials": {turn.Config{TURN: []string{"turn:a.example.com"}, User: "u"}, "turn_password"},
		"both":             {turn.Config{TURN: []string{"turn:a.example.com"}, Secret: "hidden", User: "u", Password: "hidden"}, "turn_user"},
		"no server":        {turn.Config{Secret: "hidden"}, "no TURN server"},
	} {
		err := test.c.Validate()
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want %q in it", name, err, test.want)
		}
	}
}
