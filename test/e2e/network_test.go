package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// site is a network of the test's own: a server's host, and any number of
// others, each with a cable of its own to the server's.
type site struct {
	server *namespace
	prefix string // "10.77": the server's end of the first cable is 10.77.1.1, the other's 10.77.1.2
	others int    // so far
}

func newSite(t *testing.T, prefix string) *site {
	t.Helper()
	need(t, "ip")
	return &site{server: newNamespace(t), prefix: prefix}
}

// host adds another host.
func (s *site) host(t *testing.T) (in *namespace, addr string) {
	t.Helper()
	s.others++
	in = newNamespace(t)
	addr = fmt.Sprintf("%s.%d.2", s.prefix, s.others)
	s.server.wire(t, in, fmt.Sprintf("cable%d", s.others), fmt.Sprintf("%s.%d.1/24", s.prefix, s.others), addr+"/24")
	return in, addr
}

// give gives the server's host one more address.
func (s *site) give(t *testing.T, addr string) {
	t.Helper()
	s.server.ip(t, "addr add "+addr+"/32 dev lo")
}

// A caller whose offer has an address that cannot be reached, as behind a NAT,
// is heard: its voice comes from where its signalling comes from.
func TestLatching(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transports[transport], func(t *testing.T) {
			t.Parallel()
			need(t, "sipp")
			site := newSite(t, "10.77")
			site.give(t, "10.77.0.1")
			a := newApp(t, site.server, documents)
			s := start(t, settings{in: site.server, host: "10.77.0.1", config: numbers(a)})
			in, addr := site.host(t)
			sipp{scenario: "uac-behind-nat", number: "gather", transport: transport, in: in, host: addr}.play(t, s)
			keyed123(t, s, a)
			s.quiet()
		})
	}
}

// Behind a NAT the server is called by the address that is advertised for it: in
// Contact, to which ACK and BYE go, and in SDP, to which the voice goes.
func TestAdvertise(t *testing.T) {
	t.Parallel()
	need(t, "baresip", "espeak-ng")
	site := newSite(t, "198.51") // not one of the networks that no NAT stands before
	const public = "192.0.2.9"
	site.give(t, public)
	s := start(t, settings{in: site.server, host: "0.0.0.0", args: []string{"--advertise", public}})
	_, port, err := net.SplitHostPort(s.sip)
	if err != nil {
		t.Fatal(err)
	}
	ann := baresips{site}.dial(t, "198.51.1.1:"+port, "ann", annTone, "pcmu")
	ann.hears(welcome)
	ann.beginsToHear(enterCode)
	ann.press("123#")
	ann.hears(nowEntering)
	ann.hangUp()
	s.quiet()
	for _, line := range []string{`line="ACK sip:` + public + ":" + port, `line="BYE sip:` + public + ":" + port} {
		if !strings.Contains(s.log.String(), line) {
			t.Errorf("the server was not sent %s", line)
		}
	}
	if want := "starting RTCP with remote " + public; !strings.Contains(ann.log.String(), want) {
		t.Errorf("baresip does not say %q: its voice goes elsewhere", want)
	}
}
