package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/sip"
)

func TestDigest(t *testing.T) {
	const challenge = `Digest realm="pbx", nonce="n1", qop="auth", algorithm=MD5`
	credentials := func(realm, host string) (string, string, bool) {
		return "bob", "secret", realm == "pbx" && host == "203.0.113.20"
	}
	check := func(t *testing.T, r *gosip.Request, name, nonce string) {
		t.Helper()
		h := r.GetHeader(name)
		if h == nil {
			t.Fatalf("no %s in\n%v", name, r)
		}
		given, err := digest.ParseCredentials(h.Value())
		if err != nil {
			t.Fatal(err)
		}
		asked, _ := digest.ParseChallenge(strings.Replace(challenge, "n1", nonce, 1))
		want, err := digest.Digest(asked, digest.Options{Method: string(r.Method), URI: given.URI, Username: "bob", Password: "secret", Cnonce: given.Cnonce, Count: given.Nc})
		if err != nil || given.Response != want.Response {
			t.Errorf("credentials %v, want %v (%v)", given, want, err)
		}
	}
	for code, names := range map[int][2]string{401: {"WWW-Authenticate", "Authorization"}, 407: {"Proxy-Authenticate", "Proxy-Authorization"}} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			bubble(t, func(c *sip.Config) { c.Credentials = credentials }, func(t *testing.T, s *stage) {
				f, target := s.bob()
				d := dial(t, s.server, target)
				first := f.request("INVITE")
				f.reply(first, code, names[0]+": "+challenge)
				f.request("ACK")
				second := f.request("INVITE")
				if second.CSeq().SeqNo != first.CSeq().SeqNo+1 || second.CallID().Value() != first.CallID().Value() ||
					second.From().Value() != first.From().Value() || second.Via().Value() == first.Via().Value() {
					t.Errorf("second INVITE\n%v\nafter\n%v (RFC 3261 §22.2)", second, first)
				}
				check(t, second, names[1], "n1")
				f.reply(second, code, names[0]+": "+strings.Replace(challenge, "n1", "n2", 1)) // gone stale
				f.request("ACK")
				third := f.request("INVITE")
				check(t, third, names[1], "n2")
				if n := len(third.GetHeaders(names[1])); n != 1 {
					t.Errorf("%d credentials", n)
				}
				f.reply(third, 200, f.contact(), sdpAt(farHost, 40000))
				ack := f.request("ACK")
				if ack.GetHeader(names[1]) == nil {
					t.Error("no credentials in ACK (RFC 3261 §22.1)")
				}
				l := d.leg()
				go l.Hangup(t.Context(), contract.CauseDocument)
				bye := f.request("BYE")
				f.reply(bye, code, names[0]+": "+challenge)
				bye = f.request("BYE")
				check(t, bye, names[1], "n1")
				f.reply(bye, 200)
				f.silence(time.Minute)
			})
		})
	}
	t.Run("another realm", func(t *testing.T) {
		bubble(t, func(c *sip.Config) { c.Credentials = credentials }, func(t *testing.T, s *stage) {
			f, target := s.bob()
			d := dial(t, s.server, target)
			f.reply(f.request("INVITE"), 401, "WWW-Authenticate: "+strings.Replace(challenge, "pbx", "evil", 1))
			f.request("ACK")
			d.refused(leg.End{Cause: contract.CauseNotPermitted, Code: 401})
		})
	})
	// One who called us makes us tell nothing, whatever realm it names.
	t.Run("a caller's challenge", func(t *testing.T) {
		bubble(t, func(c *sip.Config) {
			c.Credentials = func(string, string) (string, string, bool) { return "bob", "secret", true }
		}, func(t *testing.T, s *stage) {
			c := s.caller(0)
			l := c.answered(s)
			go l.Hangup(t.Context(), contract.CauseDocument)
			c.reply(c.request("BYE"), 407, "Proxy-Authenticate: "+challenge)
			c.silence(time.Minute)
		})
	})
}
