package confab_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/internal/confab"
	"confab/internal/logtest"
	"confab/internal/signature"
)

// A switch that starts on what a release left delivers what that owed, in order:
// the callbacks that were asked to be sent again, those that nobody had been told
// of yet, and the ends of what was cut off, numbered on.
func TestRun_onWhatAReleaseLeft(t *testing.T) {
	dumps, err := filepath.Glob("../store/testdata/released/*.sql")
	if err != nil || len(dumps) == 0 {
		t.Fatalf("no release is kept: %v", err)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) { deliversWhatIsOwed(t, dump) })
	}
}

func deliversWhatIsOwed(t *testing.T, dump string) {
	const token = "thetokenthatsigned0123456789what"
	told := make(chan string, 20)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if !signature.Valid(token, r.Header.Get("X-Twilio-Signature"), "http://"+r.Host+r.RequestURI, r.PostForm) {
			t.Errorf("%s is not signed", r.RequestURI)
		}
		f := r.PostForm
		subject := f.Get("ConferenceSid")
		if subject == "" {
			subject = f.Get("CallSid")
		}
		told <- fmt.Sprintf("%s…%s: %s %s", subject[:2], subject[33:], f.Get("SequenceNumber"),
			f.Get("StatusCallbackEvent")+f.Get("CallStatus"))
	}))
	defer app.Close()
	c := config(t)
	c.Account = confab.Account{SID: "AC0123456789abcdef0123456789abcdef", AuthToken: token}
	c.Log = logtest.Watch(t, token)
	c.Retention = confab.Retention{} // for ever: the dumps grow old
	c.Net.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != "127.0.0.1:7000" { // the one that the dumps name
			return nil, fmt.Errorf("nothing is at %s", addr)
		}
		return new(net.Dialer).DialContext(ctx, network, app.Listener.Addr().String())
	}
	fill(t, c.Data, dump)
	start(t, c)

	want := map[string][]string{
		"CF…1": {"3 participant-leave"}, // asked to be sent again; the one before it was not
		"CA…1": {"2 completed"},
		"CA…2": {"0 in-progress"},
		"CF…2": {"1 participant-join", "3 participant-leave", "4 conference-end"},
	}
	got := map[string][]string{}
	for range 6 {
		select {
		case line := <-told:
			stream, what, _ := strings.Cut(line, ": ")
			got[stream] = append(got[stream], what)
		case <-time.After(30 * time.Second):
			t.Fatalf("told of %v, want %v", got, want)
		}
	}
	for stream := range want {
		if !slices.Equal(got[stream], want[stream]) {
			t.Errorf("%s was told %v, want %v", stream, got[stream], want[stream])
		}
	}
}

// fill makes the data directory that a release left.
func fill(t *testing.T, dir, dump string) {
	t.Helper()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
