package sip

import "testing"

func TestPasswordsStayOutOfLogs(t *testing.T) {
	for text, want := range map[string]string{
		"INVITE sip:bob:secret@192.0.2.1:5060 SIP/2.0": "INVITE sip:bob:…@192.0.2.1:5060 SIP/2.0",
		"INVITE sip:bob@192.0.2.1:5060 SIP/2.0":        "INVITE sip:bob@192.0.2.1:5060 SIP/2.0",
		"SIP/2.0 200 OK":                               "SIP/2.0 200 OK",
		"sip:192.0.2.1:5060":                           "sip:192.0.2.1:5060",
	} {
		if got := public(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSetParam(t *testing.T) {
	for _, tt := range []struct{ value, name, v, want string }{
		{"SIP/2.0/UDP a;rport;branch=b", "rport", "5", "SIP/2.0/UDP a;rport=5;branch=b"},
		{"SIP/2.0/UDP a;RPORT=", "rport", "5", "SIP/2.0/UDP a;rport=5"},
		{"SIP/2.0/UDP a", "received", "192.0.2.1", "SIP/2.0/UDP a;received=192.0.2.1"},
		{"SIP/2.0/UDP a;branch=rport", "rport", "5", "SIP/2.0/UDP a;branch=rport;rport=5"},
	} {
		if got := setParam(tt.value, tt.name, tt.v); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestTighten(t *testing.T) {
	for _, tt := range []struct{ value, separators, want string }{
		{`"a ; b"  <sip:a b@c> ;  tag = 1 ; x="p = q"`, ";=,", `"a ; b" <sip:a b@c>;tag=1;x="p = q"`},
		{`SIP  /   2.0 /UDP    192.0.2.2;branch=390skdjuw`, "/;=,:", `SIP/2.0/UDP 192.0.2.2;branch=390skdjuw`},
		{`"a \" ; b"   <sip:c>`, ";=,", `"a \" ; b" <sip:c>`},
		{"  a \t b  ", "", "a b"},
		{`"open ; `, ";", `"open ; `},
	} {
		if got := tighten(tt.value, tt.separators); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.value, got, tt.want)
		}
	}
}
