package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"confab/internal/contract"
	"confab/internal/webhook"
)

const (
	account = contract.AccountSID("AC0123456789abcdef0123456789abcdef")
	secret  = "12345"
)

func tokens(a contract.AccountSID) (string, bool) { return secret, a == account }

var (
	public   = webhook.Policy{}
	loopback = webhook.Policy{AllowLoopback: true}
	private  = webhook.Policy{AllowPrivate: true}
	office   = webhook.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fd00::/8")}}
	mine     = webhook.Policy{Own: []netip.Addr{netip.MustParseAddr("8.8.4.4"), netip.MustParseAddr("10.9.9.9")}, AllowPrivate: true}
	mineToo  = webhook.Policy{Own: []netip.Addr{netip.MustParseAddr("8.8.4.4")}, AllowLoopback: true}
)

func TestGuardCheck(t *testing.T) {
	tests := []struct {
		addr   string
		policy webhook.Policy
		why    string // empty: allowed
	}{
		{"8.8.8.8", public, ""},
		{"1.1.1.1", public, ""},
		{"172.15.255.255", public, ""},
		{"172.32.0.0", public, ""},
		{"192.167.255.255", public, ""},
		{"100.63.255.255", public, ""},
		{"100.128.0.0", public, ""},
		{"2606:4700:4700::1111", public, ""},

		{"127.0.0.1", public, "loopback"},
		{"127.255.255.254", public, "loopback"},
		{"::1", public, "loopback"},
		{"::ffff:127.0.0.1", public, "loopback"},
		{"127.0.0.1", private, "loopback"},
		{"127.0.0.1", loopback, ""},
		{"127.8.8.8", loopback, ""},
		{"::1", loopback, ""},
		{"::ffff:127.0.0.1", loopback, ""},

		{"10.0.0.1", public, "RFC 1918"},
		{"172.16.0.1", public, "RFC 1918"},
		{"172.31.255.255", public, "RFC 1918"},
		{"192.168.1.1", public, "RFC 1918"},
		{"::ffff:10.0.0.1", public, "RFC 1918"},
		{"100.64.0.1", public, "RFC 6598"},
		{"fd12:3456::1", public, "RFC 4193"},
		{"fc00::1", public, "RFC 4193"},
		{"10.0.0.1", loopback, "RFC 1918"},
		{"10.0.0.1", private, ""},
		{"::ffff:192.168.0.9", private, ""},
		{"fd12:3456::1", private, ""},
		{"10.1.2.3", office, ""},
		{"::ffff:10.1.2.3", office, ""},
		{"10.2.2.3", office, "RFC 1918"},

		{"169.254.169.254", public, "metadata"},
		{"169.254.169.254", loopback, "metadata"},
		{"169.254.169.254", private, "metadata"},
		{"169.254.169.254", office, "metadata"}, // not even when its network is allowed
		{"::ffff:169.254.169.254", office, "metadata"},
		{"64:ff9b::a9fe:a9fe", office, "metadata"},
		{"169.254.170.2", office, "metadata"},
		{"fd00:ec2::254", office, "metadata"},
		{"fd00:ec2::254", private, "metadata"},
		{"fd20:ce::254", private, "metadata"},
		{"100.100.100.200", private, "metadata"},
		{"168.63.129.16", public, "metadata"},
		{"192.0.0.192", public, "metadata"},

		{"169.254.1.1", public, "link-local"},
		{"169.254.1.1", private, "link-local"},
		{"169.254.1.1", office, ""},
		{"fe80::1", public, "link-local"},
		{"fe80::1%eth0", public, "link-local"},
		{"fe80::1%eth0", private, "link-local"},
		{"fec0::1", private, "site-local"},

		{"0.0.0.0", public, "unspecified"},
		{"0.0.0.0", loopback, "unspecified"},
		{"0.1.2.3", public, "unspecified"},
		{"::", public, "unspecified"},
		{"::ffff:0.0.0.0", public, "unspecified"},
		{"::127.0.0.1", public, "IPv4 address inside IPv6"},
		{"::10.0.0.1", private, "IPv4 address inside IPv6"},
		{"::ffff:0:127.0.0.1", public, "IPv4 address inside IPv6"},

		{"64:ff9b::7f00:1", public, "loopback"},
		{"64:ff9b::a00:1", public, "RFC 1918"},
		{"64:ff9b::808:808", public, ""}, // the way to 8.8.8.8 where there is only IPv6
		{"64:ff9b:1::a00:1", private, "local NAT64"},
		{"2002:7f00:1::", public, "6to4"},
		{"2002:808:808::", public, "6to4"},
		{"2001::1", public, "Teredo"},
		{"2001:4860::5efe:7f00:1", public, "loopback"},
		{"2001:4860::200:5efe:a00:1", public, "RFC 1918"},
		{"2001:4860::5efe:808:808", public, ""},

		{"224.0.0.1", public, "multicast"},
		{"239.255.255.250", private, "multicast"},
		{"ff02::1", private, "multicast"},
		{"255.255.255.255", private, "reserved"},
		{"240.0.0.1", private, "reserved"},
		{"192.88.99.1", public, "reserved"},
		{"198.18.0.1", private, "benchmarks"},
		{"192.0.2.1", public, "documentation"},
		{"203.0.113.7", public, "documentation"},
		{"2001:db8::1", public, "documentation"},
		{"100::1", public, "discard"},

		{"8.8.4.4", mine, "own"},
		{"::ffff:8.8.4.4", mine, "own"},
		{"10.9.9.9", mine, "own"},
		{"10.9.9.8", mine, ""},
		{"8.8.4.4", mineToo, ""},
	}
	for _, test := range tests {
		err := webhook.NewGuard(test.policy, nil, nil).Check(netip.MustParseAddr(test.addr))
		var refused *webhook.RefusedError
		switch {
		case test.why == "" && err != nil:
			t.Errorf("%s under %+v is refused: %v", test.addr, test.policy, err)
		case test.why != "" && (!errors.As(err, &refused) || !strings.Contains(refused.Why, test.why)):
			t.Errorf("%s under %+v: %v, want it refused as %q", test.addr, test.policy, err, test.why)
		}
	}
	if err := webhook.NewGuard(private, nil, nil).Check(netip.Addr{}); err == nil {
		t.Error("no address at all is allowed")
	}
}

// This machine's own addresses are as dangerous as loopback.
func TestGuardKnowsItsOwnInterfaces(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip("no interfaces: ", err)
	}
	found := false
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLoopback() || p.Addr().IsLinkLocalUnicast() {
			continue
		}
		found = true
		if err := webhook.NewGuard(private, nil, nil).Check(p.Addr()); err == nil {
			t.Errorf("%v is an address of this machine and is allowed", p.Addr())
		}
		if err := webhook.NewGuard(loopback, nil, nil).Check(p.Addr()); err != nil {
			t.Errorf("%v where loopback is allowed: %v", p.Addr(), err)
		}
	}
	if !found {
		t.Skip("this machine has no address but loopback's")
	}
}

// wire notes what is resolved and dialled, and reaches nothing.
type wire struct {
	answers [][]string // of the resolver, one after the other; the last one stays
	lookups []string
	dialled []string
	fail    map[string]error
}

var errReached = errors.New("reached")

func (w *wire) lookup(_ context.Context, _, host string) (addrs []netip.Addr, err error) {
	w.lookups = append(w.lookups, host)
	answer := w.answers[0]
	if len(w.answers) > 1 {
		w.answers = w.answers[1:]
	}
	for _, a := range answer {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

func (w *wire) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	w.dialled = append(w.dialled, addr)
	if err, ok := w.fail[addr]; ok {
		return nil, err
	}
	return nil, errReached
}

func TestGuardDialsWhatItChecked(t *testing.T) {
	tests := []struct {
		name, addr string
		answers    [][]string
		lookups    int
		dialled    []string
		refused    bool
	}{
		{"public", "app.example:80", [][]string{{"8.8.8.8"}}, 1, []string{"8.8.8.8:80"}, false},
		{"literal", "8.8.8.8:8080", nil, 0, []string{"8.8.8.8:8080"}, false},
		{"literal IPv6", "[2606:4700::1]:443", nil, 0, []string{"[2606:4700::1]:443"}, false},
		{"mapped literal", "[::ffff:8.8.8.8]:443", nil, 0, []string{"8.8.8.8:443"}, false},
		{"private name", "app.example:80", [][]string{{"10.0.0.1"}}, 1, nil, true},
		{"localhost", "localhost:80", [][]string{{"127.0.0.1", "::1"}}, 1, nil, true},
		{"localhost with a dot", "localhost.:80", [][]string{{"127.0.0.1"}}, 1, nil, true},
		{"rebinding", "app.example:80", [][]string{{"8.8.8.8"}, {"127.0.0.1"}}, 1, []string{"8.8.8.8:80"}, false},
		{"one of them private", "app.example:80", [][]string{{"10.0.0.1", "8.8.8.8", "::1"}}, 1, []string{"8.8.8.8:80"}, false},
		{"decimal", "2130706433:80", nil, 0, nil, false},
		{"octal", "0177.0.0.1:80", nil, 0, nil, false},
		{"hexadecimal", "0x7f.0.0.1:80", nil, 0, nil, false},
		{"hexadecimal whole", "0x7f000001:80", nil, 0, nil, false},
		{"short", "127.1:80", nil, 0, nil, false},
		{"with a dot", "2130706433.:80", nil, 0, nil, false},
		{"large", "99999999999999999999:80", nil, 0, nil, false},
		{"hexadecimal large", "0xffffffffffffffffffff:80", nil, 0, nil, false},
		{"leading zeros", "127.0.0.01:80", nil, 0, nil, false},
		{"name that only looks so", "0x7g.example:80", [][]string{{"8.8.8.8"}}, 1, []string{"8.8.8.8:80"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &wire{answers: test.answers}
			conn, err := webhook.NewGuard(public, w.dial, w.lookup).DialContext(t.Context(), "tcp", test.addr)
			if conn != nil || err == nil {
				t.Fatalf("DialContext = %v, %v", conn, err)
			}
			var refused *webhook.RefusedError
			if errors.As(err, &refused) != test.refused || errors.Is(err, errReached) != (test.dialled != nil) {
				t.Errorf("error %v, want refused %v", err, test.refused)
			}
			if len(w.lookups) != test.lookups || !slices.Equal(w.dialled, test.dialled) {
				t.Errorf("looked up %v and dialled %v, want %d lookups and %v", w.lookups, w.dialled, test.lookups, test.dialled)
			}
		})
	}
}

// Each dial resolves and checks anew: a name that moves inside after its first
// connection is refused then.
func TestGuardChecksEveryDial(t *testing.T) {
	w := &wire{answers: [][]string{{"8.8.8.8"}, {"169.254.169.254"}}}
	guard := webhook.NewGuard(public, w.dial, w.lookup)
	for range 3 {
		guard.DialContext(t.Context(), "tcp", "app.example:80")
	}
	if !slices.Equal(w.dialled, []string{"8.8.8.8:80"}) {
		t.Errorf("dialled %v", w.dialled)
	}
}

func TestGuardTriesOtherAddresses(t *testing.T) {
	w := &wire{answers: [][]string{{"2606:4700::1", "8.8.8.8", "1.1.1.1"}},
		fail: map[string]error{"[2606:4700::1]:80": errors.New("no route")}}
	_, err := webhook.NewGuard(public, w.dial, w.lookup).DialContext(t.Context(), "tcp", "app.example:80")
	if want := []string{"[2606:4700::1]:80", "8.8.8.8:80", "1.1.1.1:80"}; !slices.Equal(w.dialled, want) || !errors.Is(err, errReached) {
		t.Errorf("dialled %v, want %v; %v", w.dialled, want, err)
	}
}

// server counts what reaches it, over a real socket on loopback.
func server(t *testing.T, h http.HandlerFunc) (base string, reached *atomic.Int64) {
	t.Helper()
	reached = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, reached
}

func client(t *testing.T, c webhook.Config) *webhook.Client {
	t.Helper()
	if c.Tokens == nil {
		c.Tokens = tokens
	}
	client := webhook.New(c)
	t.Cleanup(client.Close)
	return client
}

// code returns the code of an error that must be a *contract.Error; 0 for nil.
func code(t *testing.T, err error) contract.Code {
	t.Helper()
	if err == nil {
		return 0
	}
	e, ok := err.(*contract.Error)
	if !ok {
		t.Fatalf("error %T %v, want *contract.Error", err, err)
	}
	return e.Code
}

func TestFetchOverTheGuard(t *testing.T) {
	base, reached := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<Response/>") })
	at, _ := url.Parse(base)
	inside := client(t, webhook.Config{Policy: loopback})
	if r, err := inside.Fetch(t.Context(), webhook.Request{Account: account, URL: base}); err != nil || string(r.Body) != "<Response/>" {
		t.Fatalf("where loopback is allowed: %v, %v", r, err)
	}
	if got := reached.Load(); got != 1 {
		t.Fatalf("%d requests reached the server, want 1", got)
	}
	outside := client(t, webhook.Config{Policy: private, Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	for raw, want := range map[string]contract.Code{
		base:                               contract.CodeConnect,
		"http://localhost:" + at.Port():    contract.CodeConnect,
		"http://evil.example:" + at.Port(): contract.CodeConnect,
		"http://[::ffff:127.0.0.1]:" + at.Port() + "/":   contract.CodeConnect,
		"http://2130706433:" + at.Port():                 contract.CodeHostName,
		"http://0177.0.0.1:" + at.Port():                 contract.CodeHostName,
		"http://0x7f.1:" + at.Port():                     contract.CodeHostName,
		"http://0:" + at.Port():                          contract.CodeHostName,
		"http://0.0.0.0:" + at.Port():                    contract.CodeConnect,
		"http://[::]:" + at.Port():                       contract.CodeConnect,
		"http://169.254.169.254/latest/":                 contract.CodeConnect,
		"gopher://127.0.0.1:" + at.Port():                contract.CodeURL,
		"file:///etc/passwd":                             contract.CodeURL,
		"ftp://127.0.0.1/":                               contract.CodeURL,
		"//127.0.0.1:" + at.Port():                       contract.CodeURL,
		"/voice":                                         contract.CodeURL,
		"http:127.0.0.1:" + at.Port():                    contract.CodeURL,
		"http://":                                        contract.CodeURL,
		"http://a b/":                                    contract.CodeURL,
		"":                                               contract.CodeURL,
		"http://ⓛocalhost:" + at.Port():                  contract.CodeHostName,
		"http://①②⑦.⓪.⓪.①:" + at.Port():                  contract.CodeHostName,
		"HTTP://LOCALHOST:" + at.Port():                  contract.CodeConnect,
		"http://localhost.:" + at.Port():                 contract.CodeConnect,
		"http://127.0.0.1.:" + at.Port():                 contract.CodeHostName,
		"http://127.1:" + at.Port():                      contract.CodeHostName,
		"http://127.0.0.1.nip.example:" + at.Port():      contract.CodeConnect,
		"http://8.8.8.8@127.0.0.1:" + at.Port():          contract.CodeConnect,
		"http://8.8.8.8:80@127.0.0.1:" + at.Port():       contract.CodeConnect,
		"http://127.0.0.1:" + at.Port() + "#@8.8.8.8/":   contract.CodeConnect,
		"http://127.0.0.1:" + at.Port() + "?@8.8.8.8/":   contract.CodeConnect,
		"http://127.0.0.1:" + at.Port() + `\@8.8.8.8/`:   contract.CodeURL,
		"http://8.8.8.8%40127.0.0.1:" + at.Port():        contract.CodeURL,
		"http://%31%32%37.0.0.1:" + at.Port():            contract.CodeURL,
		"http://127.0.0.1%00.example:" + at.Port():       contract.CodeURL,
		"http://8.8.8.8%0d%0aX:1@127.0.0.1:" + at.Port(): contract.CodeConnect,
		"http://127.0.0.1\t:" + at.Port():                contract.CodeURL,
		"http://127.0.0.1\r\nHost: a/":                   contract.CodeURL,
		"http://[::1]:" + at.Port():                      contract.CodeConnect,
		"http://[::1%25lo]:" + at.Port():                 contract.CodeConnect,
		"http://[0:0:0:0:0:ffff:7f00:1]:" + at.Port():    contract.CodeConnect,
		"http://[64:ff9b::127.0.0.1]:" + at.Port():       contract.CodeConnect,
		"http://[fe80::1%25eth0]/":                       contract.CodeConnect,
		"http://[fd00:ec2::254]/latest/":                 contract.CodeConnect,
		"http://[::ffff:169.254.169.254]/latest/":        contract.CodeConnect,
		"http://0xa9fea9fe/latest/":                      contract.CodeHostName,
		"http://2852039166/latest/":                      contract.CodeHostName,
		"http://0251.0376.0251.0376/":                    contract.CodeHostName,
		"http://metadata.google.internal/":               contract.CodeConnect, // as the resolver of this test says: loopback
		"data:text/xml,<Response/>":                      contract.CodeURL,
	} {
		_, err := outside.Fetch(t.Context(), webhook.Request{Account: account, URL: raw})
		if got := code(t, err); got != want {
			t.Errorf("Fetch(%s) = %v, want code %d", raw, err, want)
		}
		_, err = outside.FetchMedia(t.Context(), raw, 1000, nil)
		if got := code(t, err); got != want {
			t.Errorf("FetchMedia(%s) = %v, want code %d", raw, err, want)
		}
		if got := code(t, outside.Tell(t.Context(), webhook.Request{Account: account, URL: raw})); got != want {
			t.Errorf("Tell(%s): code %d, want %d", raw, got, want)
		}
	}
	if got := reached.Load(); got != 1 {
		t.Errorf("%d requests reached the server from outside", got-1)
	}
}

// A redirect leads no further than a URL that was configured could.
func TestRedirectsAreGuarded(t *testing.T) {
	inner, reached := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "secrets") })
	at, _ := url.Parse(inner)
	targets := map[string]contract.Code{
		inner:                                contract.CodeConnect,
		"http://inside.example:" + at.Port(): contract.CodeConnect,
		"http://169.254.169.254/latest/meta-data": contract.CodeConnect,
		"http://2130706433:" + at.Port():          contract.CodeHostName,
		"gopher://outside.example/_GET":           contract.CodeURL,
		"file:///etc/passwd":                      contract.CodeURL,
		"javascript:alert(1)":                     contract.CodeURL,
	}
	var target string
	outer, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		if hop, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); hop < 3 { // by way of some of its own
			http.Redirect(w, r, fmt.Sprintf("/%d", hop+1), http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusFound)
	})
	out, _ := url.Parse(outer)
	// The outer server stands for one on the Internet: its name resolves to a
	// public address, which the wire carries to where it really listens.
	c := client(t, webhook.Config{
		Lookup: func(_ context.Context, _, host string) ([]netip.Addr, error) {
			if host == "outside.example" {
				return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "8.8.8.8:80" {
				addr = out.Host
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	for to, want := range targets {
		target = to
		for _, path := range []string{"/0", "/3"} {
			_, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://outside.example" + path})
			if got := code(t, err); got != want {
				t.Errorf("redirect to %s: %v, want code %d", to, err, want)
			}
		}
	}
	if got := reached.Load(); got != 0 {
		t.Errorf("%d requests were led inside", got)
	}
}

// Proxies of the environment would be dialled unchecked, and would dial for us.
func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	proxy, proxied := server(t, func(w http.ResponseWriter, r *http.Request) {})
	base, reached := server(t, func(w http.ResponseWriter, r *http.Request) {})
	at, _ := url.Parse(base)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	t.Setenv("NO_PROXY", "")
	c := client(t, webhook.Config{Policy: loopback, Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	if _, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.example:" + at.Port()}); err != nil {
		t.Error(err)
	}
	if proxied.Load() != 0 || reached.Load() != 1 {
		t.Errorf("the proxy got %d requests and the application %d, want 0 and 1", proxied.Load(), reached.Load())
	}
}
