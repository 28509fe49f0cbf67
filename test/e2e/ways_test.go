package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// shut lets no UDP through a network but with one address, if there is one: not between
// those within either, for switch and browsers are.
func (n *namespace) shut(t *testing.T, but string) {
	t.Helper()
	rule := "meta l4proto udp drop"
	if but != "" {
		rule = fmt.Sprintf("meta l4proto udp ip saddr != %s ip daddr != %s drop; add rule inet shut in meta nfproto ipv6 meta l4proto udp drop", but, but)
	}
	n.run(t, "nft", "add table inet shut; add chain inet shut in { type filter hook input priority 0; }; add rule inet shut in "+rule)
}

// Where no UDP passes, Chromium comes by TCP (RFC 6544), by itself; and again when the
// connection is cut.
func TestFirstCall_overTCP(t *testing.T) {
	needBrowsers(t, "chromium", "nft")
	net := newHouse(t)
	net.shut(t, "")
	net.run(t, "nft", "add chain inet shut cut { type filter hook input priority 1; }")
	sw := playIn(t, settings{in: net}, "ways.test.js", "WAY=tcp",
		"CUT=nft add rule inet shut cut tcp dport 14000-15999 reject with tcp reset", "MEND=nft flush chain inet shut cut")
	until(t, 20*time.Second, "the connections end with their calls", func() bool { return sw.metric("confab_browser_tcp_connections") == 0 })
	if n := sw.metric("confab_calls_one_way_total"); n != 0 {
		t.Errorf("%v calls are said to have gone one way", n)
	}
}

// Debian's Firefox does as well.
func TestFirstCall_overTCP_firefox(t *testing.T) {
	needBrowsers(t, "chromium", "firefox-esr", "nft")
	net := newHouse(t)
	net.shut(t, "")
	net.run(t, "nft", "add chain inet shut cut { type filter hook input priority 1; }")
	playIn(t, settings{in: net}, "waysfirefox.test.js", "WAY=tcp",
		"CUT=nft add rule inet shut cut tcp dport 14000-15999 reject with tcp reset", "MEND=nft flush chain inet shut cut")
}

// Where UDP passes too, it is taken.
func TestFirstCall_overUDP(t *testing.T) {
	needBrowsers(t, "chromium")
	sw := playIn(t, settings{in: newHouse(t)}, "ways.test.js", "WAY=udp")
	if n := sw.metric("confab_browser_tcp_connections"); n != 0 {
		t.Errorf("%v connections are open besides", n)
	}
}

// A TURN server, Debian's coturn, with the credentials that the switch makes of the secret
// that both share. The switch has no port for TCP, and no UDP passes but with the relay;
// which is reached over UDP, or, where that is shut as well, over TCP, or over TLS with a
// certificate that the browser's user trusts.
func TestFirstCall_overTURN(t *testing.T) {
	needBrowsers(t, "chromium", "nft", "turnserver", "certutil")
	for transport, url := range map[string]string{"udp": "turn:%s:3478?transport=udp", "tcp": "turn:%s:3478?transport=tcp", "tls": "turns:%s:443?transport=tcp"} {
		t.Run(transport, func(t *testing.T) {
			r := newRelay(t)
			r.house.shut(t, relayAt)
			switch transport {
			case "tcp":
				r.house.run(t, "nft", "add rule inet shut in udp sport 3478 drop")
			case "tls":
				r.house.run(t, "nft", "add rule inet shut in meta l4proto { tcp, udp } th sport 3478 drop")
			}
			playIn(t, settings{in: r.house, config: r.config(url) + "  tcp: \"off\"\n"}, "ways.test.js", "WAY=relay over "+transport, "HOME="+r.home)
		})
	}
}

// A page whose element says relay speaks by the TURN server alone, where all other ways
// are open; and tells nobody of them.
func TestFirstCall_relayOnly(t *testing.T) {
	needBrowsers(t, "chromium", "turnserver", "certutil")
	r := newRelay(t)
	playIn(t, settings{in: r.house, config: r.config("turns:%s:443?transport=tcp")}, "ways.test.js", "WAY=relay over tls", "RELAY=1", "HOME="+r.home)
}

// Where the switch names no TURN server, such a page says so.
func TestFirstCall_relayOnlyWithout(t *testing.T) {
	needBrowsers(t, "chromium")
	playIn(t, settings{in: newHouse(t)}, "norelay.test.js")
}

// relayAt is where the TURN server is.
const relayAt = "10.77.9.2"

// relay is a TURN server beside a house.
type relay struct {
	house  *namespace
	home   string // of a user who trusts it
	secret string
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	r := &relay{newHouse(t), t.TempDir(), "a-secret-for-two"}
	far, dir := newNamespace(t), t.TempDir()
	r.house.wire(t, far, "cable", "10.77.9.1/24", relayAt+"/24")
	certify(t, dir, relayAt)
	db := filepath.Join(r.home, ".pki", "nssdb") // where Chromium looks for what its user trusts
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-t", "C,,", "-n", "of this test", "-i", filepath.Join(dir, "ca.pem")}} {
		if out, err := exec.Command("certutil", append([]string{"-d", "sql:" + db}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("certutil %v: %v\n%s", args, err, out)
		}
	}
	startTURN(t, far, relayAt, r.secret, dir)
	return r
}

// config is the switch's, with the server by a URL.
func (r *relay) config(url string) string {
	return fmt.Sprintf("ice:\n  turn: "+url+"\n  turn_secret: %s\n", relayAt, r.secret)
}

// startTURN starts a TURN server, with the certificate in dir, and waits until it listens.
func startTURN(t *testing.T, in *namespace, at, secret, dir string) {
	t.Helper()
	log := new(lines)
	cmd := exec.Command("turnserver", "-n", "--listening-ip", at, "--relay-ip", at, "--realm", "relay.example.com",
		"--use-auth-secret", "--static-auth-secret", secret, "--no-dtls", "--no-cli", "--simple-log",
		"--tls-listening-port", "443", "--cert", filepath.Join(dir, "cert.pem"), "--pkey", filepath.Join(dir, "key.pem"),
		"--log-file", "stdout", "--pidfile", t.TempDir()+"/pid", "--userdb", t.TempDir()+"/users")
	cmd.Stdout, cmd.Stderr = log, log
	if err := in.start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the TURN server:\n%s", tail(log.String(), 60))
		}
	})
	until(t, 20*time.Second, "the TURN server listens", func() bool {
		for _, port := range []string{":3478", ":443"} {
			conn, err := in.dial(t.Context(), "tcp", at+port)
			if err != nil {
				return false
			}
			conn.Close()
		}
		return true
	})
}
