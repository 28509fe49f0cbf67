package sip

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestRoute(t *testing.T) {
	tests := []struct {
		name, flow, target string
		routes             []string
		outbound           bool
		want               string
	}{
		{"a name", "203.0.113.5:9", "sip:a@example.com", nil, false, "udp 203.0.113.5:9"},
		{"the same host", "203.0.113.5:9", "sip:a@203.0.113.5", nil, false, "udp 203.0.113.5:5060"},
		{"the same host, by TCP", "203.0.113.5:9", "sip:a@203.0.113.5;transport=TCP", nil, false, "tcp 203.0.113.5:5060"},
		{"a caller behind a NAT", "203.0.113.5:9", "sip:a@10.0.0.5:5060", nil, false, "udp 203.0.113.5:9"},
		{"a caller elsewhere", "203.0.113.5:9", "sip:a@198.51.100.5:5060", nil, false, "udp 203.0.113.5:9"},
		{"one called elsewhere", "203.0.113.5:9", "sip:a@198.51.100.5:5070", nil, true, "udp 198.51.100.5:5070"},
		{"one called behind a NAT", "203.0.113.5:9", "sip:a@10.0.0.5:5060", nil, true, "udp 203.0.113.5:9"},
		{"one called on this host", "127.0.0.1:9", "sip:a@192.168.1.5:5060", nil, true, "udp 127.0.0.1:9"},
		{"a proxy", "203.0.113.5:9", "sip:a@203.0.113.5", []string{"<sip:198.51.100.5:5070;transport=tcp;lr>"}, false, "tcp 198.51.100.5:5070"},
		{"a proxy by name", "203.0.113.5:9", "sip:a@203.0.113.5", []string{"<sip:edge.example.com;lr>"}, false, "udp 203.0.113.5:9"},
		{"nowhere", "203.0.113.5:9", "sip:a@0.0.0.0", nil, true, "udp 203.0.113.5:9"},
		{"the other family", "203.0.113.5:9", "sip:a@[2001:db8::5]", nil, true, "udp 203.0.113.5:9"},
		{"IPv6", "[2001:db8::5]:9", "sip:a@[2001:db8::5]:5070", nil, false, "udp [2001:db8::5]:5070"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var uri sip.Uri
			if err := sip.ParseUri(tt.target, &uri); err != nil {
				t.Fatal(err)
			}
			f := route(flow{network: networkUDP, remote: netip.MustParseAddrPort(tt.flow)}, tt.routes, uri, tt.outbound)
			if got := f.network + " " + f.remote.String(); got != tt.want {
				t.Errorf("to %s, want %s", got, tt.want)
			}
		})
	}
}

func TestURIText(t *testing.T) {
	for value, want := range map[string]string{
		`"A <b> \" c" <sip:d@e;lr>;tag=1`: "sip:d@e;lr",
		`sip:d@e;tag=1`:                   "sip:d@e",
		`Name <sip:d@e>`:                  "sip:d@e",
		``:                                "",
	} {
		if got := uriText(value); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
