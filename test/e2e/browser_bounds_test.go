package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// What browsers may take is set by the file: each bound by a value of its own.
func TestBrowsers_areBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("real sockets take real time: not under -short")
	}
	t.Parallel()
	bounds := func(lines string) *server {
		return start(t, settings{config: "browsers:\n  " + strings.ReplaceAll(lines, ", ", "\n  ") + "\n"})
	}
	t.Run("sockets", func(t *testing.T) {
		s := bounds("sockets: 1")
		s.opens(t)
		if got := s.refuses(t); got != http.StatusServiceUnavailable {
			t.Errorf("the second socket of all: %d", got)
		}
	})
	t.Run("sockets of one address", func(t *testing.T) {
		s := bounds("sockets_per_address: 2")
		s.opens(t)
		s.opens(t)
		if got := s.refuses(t); got != http.StatusTooManyRequests {
			t.Errorf("the third socket of one address: %d", got)
		}
	})
	t.Run("sockets of one identity", func(t *testing.T) {
		s := bounds("sockets_per_identity: 1")
		token := s.tokenOf(t, "ann")
		oldest := s.registers(t, token)
		s.registers(t, token)
		oldest.sees("offline")
	})
	t.Run("calls of one socket", func(t *testing.T) {
		s := bounds("calls_per_socket: 1")
		ann := s.registers(t, s.tokenOf(t, "ann"))
		s.rings(t, "ann")
		ann.sees("invite")
		second := s.rings(t, "ann")
		until(t, 20*time.Second, "the second call is not rung", func() bool {
			status := s.asks(t, "GET", "/Calls/"+second+".json", nil)["status"]
			return status == "busy"
		})
		if n := s.metric("confab_browser_calls"); n != 1 {
			t.Errorf("%v calls of browsers live, want 1", n)
		}
	})
}

// door is an open socket of a client.
type door struct {
	t    *testing.T
	conn *websocket.Conn
}

// opens opens a socket.
func (s *server) opens(t *testing.T) *door {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws://"+s.http+"/signal", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &door{t, conn}
}

// refuses returns how a socket is refused.
func (s *server) refuses(t *testing.T) (status int) {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+s.http+"/signal", nil)
	if err == nil {
		_ = conn.CloseNow()
		return http.StatusSwitchingProtocols
	}
	if resp == nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// registers opens a socket that can be called.
func (s *server) registers(t *testing.T, token string) *door {
	t.Helper()
	d := s.opens(t)
	for _, frame := range []string{
		`{"type":"listen","version":"1.6","payload":{"token":"` + token + `"}}`,
		`{"type":"register","version":"1.6","payload":{"media":{"audio":true}}}`,
	} {
		if err := d.conn.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	d.sees("ready")
	return d
}

// sees reads until it is told something.
func (d *door) sees(kind string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, frame, err := d.conn.Read(ctx)
		if err != nil {
			d.t.Fatalf("%s is waited for: %v", kind, err)
		}
		if bytes.Contains(frame, []byte(`"type":"`+kind+`"`)) {
			return
		}
	}
}

// tokenOf makes an access token.
func (s *server) tokenOf(t *testing.T, identity string) string {
	t.Helper()
	answer := s.posts(t, "POST", "/v1/tokens", "application/json", strings.NewReader(`{"identity":"`+identity+`"}`))
	token, _ := answer["token"].(string)
	logs.secret(token)
	return token
}

// rings calls a client, and returns the call's SID.
func (s *server) rings(t *testing.T, identity string) string {
	t.Helper()
	sid, _ := s.asks(t, "POST", "/Calls.json", url.Values{"To": {"client:" + identity}, "From": {"+15550100"}, "Twiml": {"<Response><Pause/></Response>"}})["sid"].(string)
	return sid
}

// asks asks the REST API of the account.
func (s *server) asks(t *testing.T, method, path string, form url.Values) map[string]any {
	t.Helper()
	return s.posts(t, method, "/2010-04-01/Accounts/"+s.keys(t).SID+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (s *server) posts(t *testing.T, method, path, kind string, body io.Reader) (answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.http+path, body)
	if err != nil {
		t.Fatal(err)
	}
	keys := s.keys(t)
	r.SetBasicAuth(keys.SID, keys.AuthToken)
	r.Header.Set("Content-Type", kind)
	w, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if err := json.NewDecoder(w.Body).Decode(&answer); err != nil || w.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %v %v", method, path, w.StatusCode, answer, err)
	}
	return answer
}

// keys are the account of the server.
func (s *server) keys(t *testing.T) (keys account) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, filepath.Join(s.data, "account.json"))), &keys); err != nil {
		t.Fatal(err)
	}
	return keys
}
