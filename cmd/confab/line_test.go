package main

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"confab/internal/signature"
)

// The line alone greets whoever signs as the account does, and nobody else.
func TestLine_alone(t *testing.T) {
	const token = "abcdefghijklmnop0123"
	cmd := command(t, t.TempDir(), "line", "--http", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "CONFAB_AUTH_TOKEN="+token)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	first, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	voice := regexp.MustCompile(`http://\S+/voice`).FindString(first)
	if voice == "" {
		t.Fatalf("it says %q", first)
	}
	params := url.Values{"CallSid": {"CA00112233445566778899aabbccddeeff"}, "From": {"+15550199"}, "To": {"+15550100"}}
	ask := func(sign string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", voice, strings.NewReader(params.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Twilio-Signature", sign)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if code, body := ask(signature.Sign(token, voice, params)); code != 200 || !strings.Contains(body, "Welcome to the conference system.") {
		t.Errorf("signed: %d %s", code, body)
	}
	if code, body := ask(signature.Sign("another", voice, params)); code != 403 || strings.Contains(body, "Welcome") {
		t.Errorf("signed by another: %d %s", code, body)
	}
	// Its operator reads the rooms, by the same secret.
	rooms := func(password string) int {
		r, err := http.NewRequestWithContext(t.Context(), "GET", strings.TrimSuffix(voice, "/voice")+"/line/v1/rooms", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("me", password)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if right, wrong := rooms(token), rooms("another"); right != 200 || wrong != 401 {
		t.Errorf("rooms: %d with the token, %d with another", right, wrong)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

func TestLine_wantsATokenOrTheWord(t *testing.T) {
	_, stderr, code := runs(t, t.TempDir(), "line", "--http", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(stderr, "CONFAB_AUTH_TOKEN") || !strings.Contains(stderr, "--unsigned") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}
