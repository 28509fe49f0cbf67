package signal

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/token"
)

type anybody struct{}

// Check lets everybody in.
func (anybody) Check(context.Context, string) (token.Token, error) {
	return token.Token{Identity: "alice", Incoming: true, Outgoing: true, Expires: time.Now().Add(time.Hour)}, nil
}

// Exists has all keys there for good.
func (anybody) Exists(context.Context, contract.KeySID) (bool, error) { return true, nil }

type voiceless struct{}

var errVoice = errors.New("there is no voice")

func (voiceless) Answer(context.Context, []byte) (Peer, []byte, error) { return nil, nil, errVoice }
func (voiceless) Offer(context.Context, ...codec.Codec) (Peer, []byte, error) {
	return nil, nil, errVoice
}
func (voiceless) Accept(leg.Leg) {}

// Whatever a page sends, line by line, it is answered by messages of the protocol, and
// by no more than one for each.
func FuzzFrames(f *testing.F) {
	f.Add(`{"type":"listen","payload":{"token":"x"}}` + "\n" + `{"type":"register","payload":{"media":{"audio":true}}}`)
	f.Add(`{"type":"invite","version":"1.6","payload":{"callsid":"TJS1","sdp":"v=0","twilio":{"params":"To=a&b=%20"}}}`)
	f.Add(`{"type":"invite","payload":{"callsid":"CA1","sdp":"v=0","reconnect":"x","twilio":{}}}`)
	f.Add(`{"type":"hangup","payload":{"callsid":"CA1","message":"bye"}}` + "\n" + `{"type":"dtmf","payload":{"callsid":"CA1","dtmf":"1"}}`)
	f.Add(`{"type":"message","payload":{"content":{"a":1},"voiceeventsid":"KX1"}}` + "\n" + `{"type":"reinvite","payload":{"callsid":"CA1"}}`)
	f.Fuzz(func(t *testing.T, frames string) {
		s, err := New(Config{Account: contract.AccountSID("AC" + strings.Repeat("0", 32)), Tokens: anybody{}, Peers: voiceless{}, Handler: voiceless{}})
		if err != nil {
			t.Fatal(err)
		}
		k := newSocket(s, netip.MustParseAddrPort("203.0.113.20:4000"))
		if status := s.enter(k); status != 0 {
			t.Fatal(status)
		}
		for frame := range strings.Lines(frames) {
			if isBeat([]byte(frame)) {
				continue
			}
			m, err := parse([]byte(frame))
			if err != nil {
				continue
			}
			k.serveMessage(m)
			for n := 0; len(k.out) > 0; n++ {
				var answer struct{ Type, Version string }
				if err := json.Unmarshal(<-k.out, &answer); err != nil || answer.Type == "" || answer.Version != version || n > 0 {
					t.Errorf("%q was answered with %+v, %v (%d before)", frame, answer, err, n)
				}
			}
		}
		s.leave(k)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Sockets != 0 || st.Registered != 0 || st.Panics != 0 {
			t.Errorf("%+v", st)
		}
	})
}
