package signal

import (
	"net/netip"
	"testing"

	"github.com/coder/websocket"

	"confab/internal/contract"
)

// Nobody waits for a page that does not read: it is cut off when too much waits for it.
func TestSend_cutsOffWhoDoesNotRead(t *testing.T) {
	s, err := New(Config{Account: contract.AccountSID("AC00000000000000000000000000000001"), Tokens: anybody{}, Peers: voiceless{}, Handler: voiceless{}})
	if err != nil {
		t.Fatal(err)
	}
	k := newSocket(s, netip.MustParseAddrPort("203.0.113.20:4000")) // whose writer does not get on
	for range maxWaiting {
		k.send(message{Type: "ready"})
	}
	select {
	case <-k.quit:
		t.Fatal("cut off within the bound")
	default:
	}
	k.send(message{Type: "ready"})
	select {
	case <-k.quit:
	default:
		t.Fatal("not cut off beyond the bound")
	}
	if k.code != websocket.StatusPolicyViolation || s.Stats().CutOff != 1 {
		t.Errorf("closed with %v, %d cut off", k.code, s.Stats().CutOff)
	}
	k.send(message{Type: "ready"}) // does not block
}
