package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// firstCall are browsers that come to a switch as it starts by itself, in a network
// of their own: the page on localhost, the voice by the host's address, for browsers
// tell no far end of loopback.
const firstCall = "../firstcall"

// printed is the link that signs in once.
var printed = regexp.MustCompile(`(http://\S+#sign-in=\S+)`)

// play runs a story of browsers against a switch. SHOTS, if the test was given it, is
// where pictures are kept.
func play(t *testing.T, story string, tools ...string) { playOn(t, settings{}, story, tools...) }

// playOn is the same with a switch of other settings, in a house of its own.
func playOn(t *testing.T, o settings, story string, tools ...string) {
	t.Helper()
	needBrowsers(t, tools...)
	o.in = newHouse(t)
	playIn(t, o, story)
}

// needBrowsers skips a test where browsers, or other tools, are missing.
func needBrowsers(t *testing.T, tools ...string) {
	t.Helper()
	need(t, append(tools, "ip", "node")...)
	if _, err := os.Stat(firstCall + "/node_modules/playwright-core"); err != nil {
		skip(t, "playwright-core is not installed; `make test` installs it")
	}
}

// newHouse makes a network with an address beside loopback: 10.77.8.1.
func newHouse(t *testing.T) *namespace {
	t.Helper()
	net := newNamespace(t)
	net.ip(t, "link add house type veth peer name yard")
	net.ip(t, "addr add 10.77.8.1/24 dev house")
	net.ip(t, "link set house up")
	net.ip(t, "link set yard up")
	net.ip(t, "route add default via 10.77.8.2") // Firefox asks by which address it would leave
	return net
}

// playIn plays a story in the network of the settings. It is told more by env.
func playIn(t *testing.T, o settings, story string, env ...string) *server {
	t.Helper()
	net := o.in
	sw := start(t, o)
	var keys account
	if err := json.Unmarshal([]byte(read(t, filepath.Join(sw.data, "account.json"))), &keys); err != nil {
		t.Fatal(err)
	}
	origin, link := sw.scheme+"://"+strings.Replace(sw.http, "127.0.0.1", "localhost", 1), ""
	if found := printed.FindStringSubmatch(sw.log.String()); found != nil {
		link = strings.Replace(found[1], "127.0.0.1", "localhost", 1)
	}
	cmd := exec.Command("node", "--experimental-websocket", "--no-warnings", "--test-timeout=90000", "--test", story)
	cmd.Dir = firstCall
	cmd.Env = append(append(os.Environ(), "ORIGIN="+origin, "LINK="+link,
		"ACCOUNT="+keys.SID, "TOKEN="+keys.AuthToken, "CHROMIUM="+path(t, "chromium"), "FIREFOX="+path(t, "firefox-esr"), "SCRATCH="+t.TempDir(), "HOME="+t.TempDir()), env...)
	var out lines
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := net.start(cmd); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if err != nil {
		t.Errorf("%s: %v\n%s", story, err, &out)
	} else {
		t.Log(out.String())
	}
	return sw
}

// path is where a program is; empty when it is not installed.
func path(t *testing.T, program string) string {
	t.Helper()
	found, err := exec.LookPath(program)
	if err != nil {
		return ""
	}
	return found
}

// From the link that the program prints to two tabs that hear each other, in
// Chromium without flags but for its microphone.
func TestFirstCall(t *testing.T) {
	play(t, "firstcall.test.js", "chromium")
}

// The same in Debian's Firefox, with Chromium at the other end.
func TestFirstCall_firefox(t *testing.T) {
	play(t, "firefox.test.js", "chromium", "firefox-esr")
}

// A browser is rung into a conference from the console, and answers.
func TestFirstCall_ring(t *testing.T) {
	play(t, "ring.test.js", "chromium")
}

// From another address than this machine's own, over HTTPS; in a page of somebody
// else; and through a network that goes away.
func TestFirstCall_elsewhere(t *testing.T) {
	playOn(t, settings{tls: true, host: "10.77.8.1", args: []string{"--http", "10.77.8.1:0"}}, "elsewhere.test.js", "chromium")
}
