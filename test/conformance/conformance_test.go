package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
)

func TestGather(t *testing.T) {
	root := fstest.MapFS{
		"internal/sip/tx.go": {Data: []byte(`package sip

// RFC 3261 §17.2.1: the 2xx is
// resent, see also RFC 6026 §8.5, §8.7.
func (s *server) answer() {
	// Deviation (RFC 3261 §9.2): because.
}

// no standard
type x struct {
	// RFC 3261 §10.
	y int
}
`)},
		"internal/sip/tx_test.go": {Data: []byte(`package sip

// RFC 3261 §10 too.
func TestInvite_RFC3261_17_2_1_resends(t *testing.T) {}
`)},
		"internal/twiml/gather.go": {Data: []byte(`package twiml

// Twilio <Gather> numDigits: so many.
const digits = 1
`)},
		"internal/twiml/testdata/x.go": {Data: []byte("not Go")},
	}
	all, err := gather(root, "internal")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	write(&page, all)
	for _, want := range []string{
		"## RFC 3261: SIP\n",
		"| §9.2 (deviation) | [sip/tx.go](../internal/sip/tx.go) `server.answer` |  |\n| §10 |",
		"| §10 | [sip/tx.go](../internal/sip/tx.go) `x` | [sip/tx_test.go](../internal/sip/tx_test.go) `TestInvite_RFC3261_17_2_1_resends` |\n",
		"| §17.2.1 | [sip/tx.go](../internal/sip/tx.go) `server.answer` | [sip/tx_test.go](../internal/sip/tx_test.go) `TestInvite_RFC3261_17_2_1_resends` |\n",
		"| §8.5 | [sip/tx.go]", "| §8.7 | [sip/tx.go]",
		"## Twilio &lt;Gather&gt;\n", "| numDigits | [twiml/gather.go](../internal/twiml/gather.go) `digits` |",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(page.String())
	}
}
