package sip_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The messages of RFC 4475, all of them, and what an endpoint that takes calls
// does with each: the status of its answer (0: none), or a call.
func TestTorture_RFC4475(t *testing.T) {
	const call = 100
	tests := []struct {
		name   string // file in testdata/torture
		clause string
		want   int
		from   string // of the call
		to     string
	}{
		// §3.1.1 valid messages
		{name: "wsinv", clause: "3.1.1.1", want: 481}, // read in full; it belongs to a dialog that is not there
		{name: "intmeth", clause: "3.1.1.2", want: 501},
		{name: "esc01", clause: "3.1.1.3", want: call, from: "I have spaces", to: "sips:user@example.com"},
		{name: "escnull", clause: "3.1.1.4", want: 405},
		{name: "esc02", clause: "3.1.1.5", want: 501}, // RE%47IST%45R is not REGISTER
		{name: "lwsdisp", clause: "3.1.1.6", want: 200},
		{name: "longreq", clause: "3.1.1.7", want: call, from: strings.Repeat("amazinglylongcallername", 5), to: "user"},
		{name: "dblreq", clause: "3.1.1.8", want: 405}, // the second request in the datagram is not looked at
		{name: "semiuri", clause: "3.1.1.9", want: 200},
		{name: "transports", clause: "3.1.1.10", want: 200},
		{name: "mpart01", clause: "3.1.1.11", want: 405},
		{name: "unreason", clause: "3.1.1.12", want: 0},
		{name: "noreason", clause: "3.1.1.13", want: 0},
		// §3.1.2 invalid messages
		{name: "badinv01", clause: "3.1.2.1", want: 400},
		{name: "clerr", clause: "3.1.2.2", want: 400},
		{name: "ncl", clause: "3.1.2.3", want: 400},
		{name: "scalar02", clause: "3.1.2.4", want: 400},
		{name: "scalarlg", clause: "3.1.2.5", want: 0},
		{name: "quotbal", clause: "3.1.2.6", want: 400},
		{name: "ltgtruri", clause: "3.1.2.7", want: 400},
		{name: "lwsruri", clause: "3.1.2.8", want: 400},
		{name: "lwsstart", clause: "3.1.2.9", want: 400},
		{name: "trws", clause: "3.1.2.10", want: 400},
		{name: "escruri", clause: "3.1.2.11", want: 400},
		{name: "baddate", clause: "3.1.2.12", want: call, from: "caller", to: "user"}, // Date is nothing to us
		{name: "regbadct", clause: "3.1.2.13", want: 405},
		{name: "badaspec", clause: "3.1.2.14", want: 400},
		{name: "baddn", clause: "3.1.2.15", want: 200}, // liberal: what the name must be is plain
		{name: "badvers", clause: "3.1.2.16", want: 505},
		{name: "mismatch01", clause: "3.1.2.17", want: 400},
		{name: "mismatch02", clause: "3.1.2.18", want: 400},
		{name: "bigcode", clause: "3.1.2.19", want: 0},
		// §3.2 transaction layer
		{name: "badbranch", clause: "3.2.1", want: 200},
		// §3.3 application layer
		{name: "insuf", clause: "3.3.1", want: 400},
		{name: "unkscm", clause: "3.3.2", want: 416},
		{name: "novelsc", clause: "3.3.3", want: 416},
		{name: "unksm2", clause: "3.3.4", want: 405},
		{name: "bext01", clause: "3.3.5", want: 420},
		{name: "invut", clause: "3.3.6", want: 415},
		{name: "regaut01", clause: "3.3.7", want: 405},
		{name: "multi01", clause: "3.3.8", want: 400},
		{name: "mcl01", clause: "3.3.9", want: 400},
		{name: "bcast", clause: "3.3.10", want: 0},
		{name: "zeromf", clause: "3.3.11", want: 200},
		{name: "cparam01", clause: "3.3.12", want: 405},
		{name: "cparam02", clause: "3.3.13", want: 405},
		{name: "regescrt", clause: "3.3.14", want: 405},
		{name: "sdp01", clause: "3.3.15", want: 406},
		// §3.4 backward compatibility
		{name: "inv2543", clause: "3.4.1", want: call, from: "+13035551111", to: "UserB"},
	}
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil || len(files) != len(tests) {
		t.Fatalf("%d files for %d tests (%v)", len(files), len(tests), err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := os.ReadFile("testdata/torture/" + tt.name + ".dat")
			if err != nil {
				t.Fatal(err)
			}
			bubble(t, nil, func(t *testing.T, s *stage) {
				f := s.far(farHost, 5060)
				f.send(string(raw))
				// Answers repeat the request's own words, which may be wrong: only
				// their first line is read.
				var answers []int
				for b := f.raw(100 * time.Millisecond); b != nil; b = f.raw(100 * time.Millisecond) {
					var status int
					if _, err := fmt.Sscanf(string(b), "SIP/2.0 %d ", &status); err != nil {
						t.Fatalf("answered with\n%s", b)
					}
					answers = append(answers, status)
				}
				st := s.server.Stats()
				switch {
				case tt.want == 0:
					if len(answers) != 0 {
						t.Errorf("§%s: answered %d", tt.clause, answers[0])
					}
					if bad := tt.name == "bigcode" || tt.name == "scalarlg"; bad != (st.Malformed == 1) || bad == (st.Stray == 1) {
						t.Errorf("§%s: counted %+v", tt.clause, st)
					}
				case len(answers) != 1:
					t.Errorf("§%s: %d answers", tt.clause, len(answers))
				case answers[0] != tt.want:
					t.Errorf("§%s: answered %d, want %d", tt.clause, answers[0], tt.want)
				}
				if tt.want == call {
					l := s.leg()
					if i := l.Info(); i.From != tt.from || i.To != tt.to {
						t.Errorf("§%s: call from %q to %q, want %q to %q", tt.clause, i.From, i.To, tt.from, tt.to)
					}
				} else {
					s.noLeg()
				}
			})
		})
	}
}
