package confab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/api"
	"confab/internal/confab"
	"confab/internal/line"
	"confab/internal/logtest"
	"confab/internal/memnet"
	"confab/internal/speech"
)

// buffer is what several goroutines may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// config is a switch on free ports of loopback with a data directory of its own.
func config(t testing.TB) confab.Config {
	c := confab.Default()
	c.Data = filepath.Join(t.TempDir(), "data")
	c.HTTP, c.SIP = "127.0.0.1:0", "127.0.0.1:0"
	c.SpeechEngine = speech.NewTones()
	c.Log = logtest.Watch(t)
	return c
}

// start runs a switch; stop drains it and fails the test if that fails.
func start(t testing.TB, c confab.Config) (s *confab.Switch, stop func()) {
	t.Helper()
	s, err := confab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// get asks the switch over HTTP; it may still be starting.
func get(t *testing.T, client *http.Client, url string, auth ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(auth) == 2 {
		r.SetBasicAuth(auth[0], auth[1])
	}
	resp, err := client.Do(r)
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

func TestSwitch_answersOverHTTP(t *testing.T) {
	var out buffer
	c := config(t)
	c.Out = &out
	s, stop := start(t, c)
	base := "http://" + s.HTTP().String()
	client := &http.Client{}
	defer client.CloseIdleConnections()

	if code, body := get(t, client, base+"/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	if code, body := get(t, client, base+"/readyz"); code != 200 || body != "ready\n" {
		t.Errorf("/readyz: %d %q", code, body)
	}
	if code, _ := get(t, client, base+"/nothing"); code != 404 {
		t.Errorf("/nothing: %d", code)
	}

	account := s.Account()
	code, body := get(t, client, base+api.Root+"Accounts/"+string(account.SID)+".json", string(account.SID), account.AuthToken)
	var got struct{ SID string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 || got.SID != string(account.SID) {
		t.Errorf("account: %d %s", code, body)
	}
	if code, _ := get(t, client, base+api.Root+"Accounts/"+string(account.SID)+".json"); code != 401 {
		t.Errorf("account for nobody: %d", code)
	}
	checkMetrics(t, client, base)

	client.CloseIdleConnections()
	stop() // it may answer before the banner is written
	banner := out.String()
	for _, want := range []string{
		fmt.Sprintf("sip:+15550100@%s", s.SIP()), "conference 1 (123#)", "conference 2 (456#)", "confab call sip:+15550100@",
		base + api.Root, string(account.SID), filepath.Join(c.Data, "account.json"), "this machine",
	} {
		if !strings.Contains(banner, want) {
			t.Errorf("the banner lacks %q:\n%s", want, banner)
		}
	}
	if strings.Contains(banner, account.AuthToken) {
		t.Error("the token is in the banner")
	}
	if _, err := client.Get(base + "/healthz"); err == nil {
		t.Error("HTTP is served after Run")
	}
}

func checkMetrics(t *testing.T, client *http.Client, base string) {
	code, metrics := get(t, client, base+"/metrics")
	if code != 200 {
		t.Errorf("/metrics: %d %s", code, metrics)
	}
	for _, want := range []string{
		"confab_calls 0\n", "confab_conferences 0\n", "confab_participants 0\n", "confab_media_sessions 0\n",
		`confab_media_slot_lateness_seconds_bucket{loop="0",le="0.001"}`, `confab_media_packets_received_total{loop="0"} 0`,
		`confab_media_packets_dropped_total{loop="0",why="receive buffer full"} 0`, "confab_journal_backlog 0\n",
		`confab_callbacks_total{result="delivered"} 0`, `confab_callbacks_total{result="given up"} 0`,
		"confab_journal_healthy 1\n", `confab_panics_total{entry="HTTP request"} 0`,
		"confab_sip_dialogs 0\n", "go_goroutines",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "confab_") && (strings.Contains(line, `"AC`) || strings.Contains(line, `"CA`) || strings.Contains(line, `"CF`)) {
			t.Errorf("a SID in a label: %s", line)
		}
	}
}

// What is printed may be kept: the codes of the operator's rooms are not in it.
func TestBanner_codes(t *testing.T) {
	var out buffer
	c := config(t)
	c.Out = &out
	rooms, err := line.OpenRooms(t.Context(), c.Data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rooms.Add(t.Context(), line.Room{Name: "Monday", Code: "86420975"})
	err = errors.Join(err, rooms.Remove(t.Context(), "conference 1"), rooms.Remove(t.Context(), "conference 2"))
	if _, again := rooms.Add(t.Context(), line.Room{Name: "conference 1", Code: "24681357"}); errors.Join(err, again, rooms.Close()) != nil {
		t.Fatal(err, again)
	}
	_, stop := start(t, c)
	stop()
	for _, want := range []string{"Rooms       Monday, conference 1; codes: confab room list\n", `--digits "CODE#"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the banner lacks %q:\n%s", want, out.String())
		}
	}
	if found := (logtest.Secrets{"86420975", "24681357"}).In(out.String()); len(found) > 0 {
		t.Errorf("found in it: %q", found)
	}
}

// A switch that listens everywhere tells an address that can be dialled.
func TestBanner_ofEverywhere(t *testing.T) {
	var out buffer
	c := config(t)
	c.SIP, c.HTTP, c.Out = "0.0.0.0:0", "0.0.0.0:0", &out
	s, stop := start(t, c)
	get(t, http.DefaultClient, fmt.Sprintf("http://127.0.0.1:%d/healthz", s.HTTP().Port()))
	stop()
	for _, want := range []string{fmt.Sprintf("sip:+15550100@127.0.0.1:%d ", s.SIP().Port()), fmt.Sprintf("http://127.0.0.1:%d/", s.HTTP().Port())} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the banner lacks %q:\n%s", want, out.String())
		}
	}
}

// A call to a number that the switch does not have is refused with 404, over
// UDP as over TCP.
func TestSwitch_refusesUnknownNumbers(t *testing.T) {
	s, _ := start(t, config(t))
	for _, network := range []string{"udp", "tcp"} {
		conn, err := net.Dial(network, s.SIP().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		me := conn.LocalAddr().String()
		send := func(method, to, body string) {
			fmt.Fprintf(conn, "%s sip:+15559999@%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
				"From: <sip:ann@%s>;tag=1\r\n%s\r\nCall-ID: %s-1\r\nCSeq: 1 %s\r\nContact: <sip:ann@%s;transport=%s>\r\n"+
				"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
				method, s.SIP(), strings.ToUpper(network), me, network, me, to, network, method, me, network, len(body), body)
		}
		send("INVITE", fmt.Sprintf("To: <sip:+15559999@%s>", s.SIP()),
			"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n")
		var answers string
		for buf := make([]byte, 4096); !strings.Contains(answers, "SIP/2.0 404 "); {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("%s: %v after %q", network, err, answers)
			}
			answers += string(buf[:n])
		}
		_, refusal, _ := strings.Cut(answers, "SIP/2.0 404 ")
		for line := range strings.SplitSeq(refusal, "\r\n") {
			if strings.HasPrefix(line, "To:") {
				send("ACK", line, "")
			}
		}
	}
}

// The account is made once, kept, and readable by its owner only.
func TestSwitch_keepsItsAccount(t *testing.T) {
	c := config(t)
	s, stop := start(t, c)
	first := s.Account()
	stop()
	info, err := os.Stat(filepath.Join(c.Data, "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("account.json has mode %v", info.Mode())
	}
	s, _ = start(t, c)
	if s.Account() != first {
		t.Errorf("got %v, then %v", first, s.Account())
	}
}

func TestSwitch_takesAGivenAccount(t *testing.T) {
	c := config(t)
	c.Account.SID, c.Account.AuthToken = "AC00112233445566778899aabbccddeeff", "abcdefghijklmnop0123"
	s, _ := start(t, c)
	if got := s.Account(); string(got.SID) != c.Account.SID || got.AuthToken != c.Account.AuthToken {
		t.Errorf("got %v", got)
	}
}

// What cannot work is refused before anything is started, in one line that says
// the value, and leaves nothing open behind.
func TestNew_failsInOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	takenUDP, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer takenUDP.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*confab.Config)
		want   []string
	}{
		"HTTP port taken":      {func(c *confab.Config) { c.HTTP = taken.Addr().String() }, []string{"http", taken.Addr().String(), "taken"}},
		"SIP TCP port taken":   {func(c *confab.Config) { c.SIP = taken.Addr().String() }, []string{"sip", taken.Addr().String(), "taken"}},
		"SIP UDP port taken":   {func(c *confab.Config) { c.SIP = takenUDP.LocalAddr().String() }, []string{"sip", takenUDP.LocalAddr().String(), "taken"}},
		"SIP address":          {func(c *confab.Config) { c.SIP = "192.0.2.7:5060" }, []string{"192.0.2.7", "not an address of this machine"}},
		"HTTP address":         {func(c *confab.Config) { c.HTTP = "192.0.2.7:8080" }, []string{"http", "192.0.2.7:8080", "not an address of this machine"}},
		"no address":           {func(c *confab.Config) { c.SIP = "here" }, []string{"sip", `"here"`}},
		"unwritable directory": {func(c *confab.Config) { c.Data = filepath.Join(file, "data") }, []string{filepath.Join(file, "data")}},
		"unwritable cache":     {func(c *confab.Config) { c.Speech.Cache = filepath.Join(file, "speech") }, []string{"speech cache", file}},
		"number twice":         {func(c *confab.Config) { c.Numbers = append(c.Numbers, c.Numbers...) }, []string{"+15550100", "twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			test.change(&c)
			s, err := confab.New(c)
			if err == nil {
				s.Close()
				t.Fatal("it started")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			// Nothing is left open: with the fault mended, the same directory serves.
			mended := config(t)
			if strings.Contains(name, "port") || strings.Contains(name, "address") {
				mended.Data = c.Data
			}
			again, err := confab.New(mended)
			if err != nil {
				t.Fatalf("after the fault: %v", err)
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNew_oneServerForADirectory(t *testing.T) {
	c := config(t)
	_, stop := start(t, c)
	_, err := confab.New(c)
	if err == nil || !strings.Contains(err.Error(), c.Data) || !strings.Contains(err.Error(), "in use") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	stop()
	s, err := confab.New(c)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The whole program lives on an in-memory network, under a fake clock, and
// leaves no goroutine behind.
func TestSwitch_inABubble(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		c := confab.Default()
		c.Data = data
		c.SpeechEngine = speech.NewTones()
		c.Net = confab.Net{ListenPacket: network.ListenPacket, Listen: network.Listen, Dial: network.Dial}
		s, err := confab.New(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		client := &http.Client{Transport: &http.Transport{DialContext: network.Dial}}
		if code, body := get(t, client, "http://127.0.0.1:8080/readyz"); code != 200 {
			t.Errorf("/readyz: %d %s", code, body)
		}
		client.CloseIdleConnections()
		time.Sleep(time.Hour) // nothing happens, for long
		if conn, err := network.Dial(t.Context(), "tcp", "127.0.0.1:5060"); err != nil {
			t.Error(err)
		} else {
			conn.Close()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}
