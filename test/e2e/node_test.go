package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	nodeAccount = "AC00000000000000000000000000000e2e"
	nodeToken   = "e2etokenthatbothsideshaveincommon"
	nodeApp     = "../apps/seed"
)

var listening = regexp.MustCompile(`listening on (http://\S+)`)

// nodeLine starts the sample application in Node, which lets signed requests in
// only, and a server whose number it answers.
func nodeLine(t *testing.T) *server {
	t.Helper()
	need(t, "node")
	if _, err := os.Stat(nodeApp + "/node_modules/twilio"); err != nil {
		skip(t, "the packages of the sample application are not installed; `make test` installs them")
	}
	log, ended := new(lines), make(chan struct{})
	cmd := exec.Command("node", "app.js")
	cmd.Dir = nodeApp
	cmd.Env = append(os.Environ(), "PORT=0", "TWILIO_AUTH_TOKEN="+nodeToken)
	cmd.Stdout, cmd.Stderr = log, log
	if err := (*namespace)(nil).start(cmd); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		cmd.Wait() // it is ended by a signal
		close(ended)
	})
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		wg.Wait()
		if t.Failed() {
			t.Logf("the application's log:\n%s", log)
		}
	})
	var app string
	until(t, patience, "the application listens", func() bool {
		select {
		case <-ended:
			t.Fatalf("the application ended:\n%s", log)
		default:
		}
		found := listening.FindStringSubmatch(log.String())
		if found != nil {
			app = found[1]
		}
		return found != nil
	})
	refusesUnsigned(t, app+"/voice")
	logs.secret(nodeToken)
	return start(t, settings{config: fmt.Sprintf("account: {sid: %s, auth_token: %s}\nnumbers:\n  - {number: %q, voice_url: %q}\n",
		nodeAccount, nodeToken, number, app+"/voice")})
}

// refusesUnsigned sees that the application verifies what it is sent.
func refusesUnsigned(t *testing.T, url_ string) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	for _, signature := range []string{"", "bm90IHRoZSBzaWduYXR1cmU="} {
		r, err := http.NewRequest(http.MethodPost, url_, strings.NewReader(url.Values{"From": {"a stranger"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if signature != "" {
			r.Header.Set("X-Twilio-Signature", signature)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 4 {
			t.Errorf("signed %q: the application answers %s", signature, resp.Status)
		}
	}
}
