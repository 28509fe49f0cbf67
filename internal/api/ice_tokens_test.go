package api_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/turn"
)

// Who asks for ICE servers gets credentials that end.
func TestTokens_nameICEServers(t *testing.T) {
	d := newDesk(t, func(c *api.Config) {
		c.ICE = turn.Config{STUN: []string{"stun:a.example.com"}, TURN: []string{"turn:b.example.com:3478?transport=udp", "turns:b.example.com:443?transport=tcp"}, Secret: "north"}
	})
	got := decode(t, d.ask(t, "POST", own+"/Tokens.json", url.Values{"Ttl": {"60"}}), 201)
	user, _ := got["username"].(string)
	until, who, _ := strings.Cut(user, ":")
	ends, err := strconv.ParseInt(until, 10, 64)
	if left := time.Until(time.Unix(ends, 0)); err != nil || who != string(account) || left > time.Minute || left < 50*time.Second {
		t.Errorf("username %q", user)
	}
	servers, _ := got["ice_servers"].([]any)
	if len(servers) != 3 || got["ttl"] != "60" {
		t.Fatalf("got %v", got)
	}
	if s := servers[0].(map[string]any); s["urls"] != "stun:a.example.com" || s["credential"] != nil {
		t.Errorf("STUN: %v", s)
	}
	if s := servers[2].(map[string]any); s["url"] != "turns:b.example.com:443?transport=tcp" || s["username"] != user || s["credential"] != got["password"] || s["credential"] == "" {
		t.Errorf("TURN: %v", s)
	}
	if w := d.ask(t, "POST", own+"/Tokens", nil); w.Code != 201 || !strings.Contains(w.Body.String(), "<IceServers><IceServer><Url>stun:a.example.com</Url>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := d.ask(t, "POST", own+"/Tokens.json", url.Values{"Ttl": {"0"}}); w.Code != 400 {
		t.Errorf("Ttl 0: %d", w.Code)
	}
}
