package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/confab"
	"confab/internal/console"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/phone"
	"confab/internal/speech"
	"confab/internal/store"
)

const (
	account = "AC00000000000000000000000000000077"
	token   = "opensesameopensesameopensesame00"
)

// pitches are those that people hum at; each listens for all of them.
var pitches = []float64{443, 617, 839, 1163}

// need skips a test, or fails it where all tools are required.
func need(t *testing.T) (chromium string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a real browser takes real time: not under -short")
	}
	missing := ""
	if _, err := exec.LookPath("node"); err != nil {
		missing = "node"
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing = "chromium"
	}
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		missing = "playwright-core"
	}
	switch {
	case missing != "" && os.Getenv("CONFAB_REQUIRE_TOOLS") != "":
		t.Fatal(missing + " is not installed; `make test` installs it")
	case missing != "":
		t.Skip(missing + " is not installed; `make test` installs it")
	}
	return chromium
}

// stage is a switch, an application, and people with phones.
type stage struct {
	t      *testing.T
	sw     *confab.Switch
	data   string
	phones *phone.Phone
	app    *httptest.Server
	props  *httptest.Server // by which a story has phones call, and hears what came of it

	mu     sync.Mutex
	people map[string]*phone.Call
	told   []string // events of the callbacks
}

// newStage starts everything.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, data: filepath.Join(t.TempDir(), "data"), people: make(map[string]*phone.Call)}
	s.app = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.app.Close)
	c := confab.Default()
	c.Data, c.HTTP, c.SIP, c.SpeechEngine = s.data, "127.0.0.1:0", "127.0.0.1:0", speech.NewTones()
	c.Account.SID, c.Account.AuthToken = account, token
	c.Numbers = []confab.Number{{Number: "*", FriendlyName: "Conference line", VoiceURL: s.app.URL + "/voice"}}
	c.NumberBlocks = []confab.NumberBlock{{First: "+15550100", Last: "+15550299", Country: "US", Type: "local"}}
	sw, err := confab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.sw = sw
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sw.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	s.phones, err = phone.New(phone.Config{Bind: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.phones.Close() })
	s.props = httptest.NewServer(s.serveProps())
	t.Cleanup(s.props.Close)
	return s
}

// answer is the application: who calls a number joins the conference of its name,
// under the name they call by.
func (s *stage) answer(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	if r.URL.Path == "/lost" {
		http.Error(w, "the events' table is locked", http.StatusInternalServerError)
		return
	}
	if event := r.Form.Get("StatusCallbackEvent"); event != "" {
		s.mu.Lock()
		s.told = append(s.told, strings.TrimSpace(event+" "+r.Form.Get("ParticipantLabel")))
		s.mu.Unlock()
		return
	}
	user := func(address string) string {
		name, _, _ := strings.Cut(strings.TrimPrefix(address, "sip:"), "@")
		return name
	}
	who, room := user(r.Form.Get("From")), user(r.Form.Get("To"))
	w.Header().Set("Content-Type", "text/xml")
	if room == "Support" { // what goes well here, and what does not
		s.support(w, r.Form.Get("Digits"))
		return
	}
	fmt.Fprintf(w, `<Response><Dial><Conference participantLabel="%s" waitUrl="" beep="false" statusCallback="%s/events"
		statusCallbackEvent="start end join leave mute hold modify announcement">%s</Conference></Dial></Response>`, who, s.app.URL, room)
}

// support asks for a customer's number, and then does what the switch warns of: an
// attribute that there is not, and events for an address that fails.
func (s *stage) support(w http.ResponseWriter, digits string) {
	if digits == "" {
		fmt.Fprintf(w, `<Response><Gather numDigits="4" timeout="20" action="%s/voice?step=queue"><Say>Welcome to support. Please key your customer number.</Say></Gather></Response>`, s.app.URL)
		return
	}
	fmt.Fprintf(w, `<Response><Say mood="cheerful">Thank you.</Say><Dial><Conference waitUrl="" statusCallback="%s/lost" statusCallbackEvent="start end join leave">Support</Conference></Dial></Response>`, s.app.URL)
}

// serveProps is what a story asks for that is not in the browser.
func (s *stage) serveProps() http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			given, err := do(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			json.NewEncoder(w).Encode(given)
		})
	}
	// Somebody calls, and hums if they are given a pitch.
	handle("/call", func(r *http.Request) (any, error) {
		name, hz := r.FormValue("name"), number(r.FormValue("pitch"))
		c, err := s.phones.Call(r.Context(), phone.Options{Pitches: pitches, Target: leg.Target{
			URI: fmt.Sprintf("sip:%s@%s", r.FormValue("to"), s.sw.SIP()), From: name, Timeout: 10 * time.Second}})
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.people[name] = c
		s.mu.Unlock()
		if hz > 0 {
			go c.Play(context.Background(), audio.NewTone(8000, hz, -18, 0)) // until the call ends
		}
		return true, nil
	})
	handle("/speak", func(r *http.Request) (any, error) {
		c := s.person(r.FormValue("name"))
		d := time.Duration(number(r.FormValue("ms"))) * time.Millisecond
		return true, c.Play(r.Context(), audio.NewTone(8000, number(r.FormValue("pitch")), -18, d))
	})
	handle("/press", func(r *http.Request) (any, error) {
		return true, s.person(r.FormValue("name")).Press(r.Context(), r.FormValue("keys"))
	})
	handle("/hangup", func(r *http.Request) (any, error) {
		c := s.person(r.FormValue("name"))
		err := c.Hangup(r.Context())
		<-c.Done()
		return true, err
	})
	// Whether somebody hears a pitch in the next third of a second, and how loud the loudest
	// tenth of the last six was: Chromium's microphone beeps every half second.
	handle("/hears", func(r *http.Request) (any, error) {
		c := s.person(r.FormValue("name"))
		if _, err := c.Ears().Listen(r.Context(), 340*time.Millisecond); err != nil {
			return nil, err
		}
		loudest := audio.Quietest
		for tenth := range slices.Chunk(c.Ears().Last(600*time.Millisecond), c.Ears().Rate()/10) {
			loudest = max(loudest, audio.Level(tenth))
		}
		return map[string]any{"hears": c.Ears().Hears(number(r.FormValue("pitch"))) > -45, "level": loudest}, nil
	})
	handle("/told", func(*http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return append([]string{}, s.told...), nil
	})
	// A link that signs in, with a role.
	handle("/link", func(r *http.Request) (any, error) {
		records, err := store.OpenShared(r.Context(), s.data, nil)
		if err != nil {
			return nil, err
		}
		defer records.Close()
		made, err := console.NewLink(r.Context(), records, contract.Role(r.FormValue("role")))
		return console.LinkURL(s.sw.Origin(), made), err
	})
	// A page of another origin, which would like to act for whoever is signed in.
	mux.HandleFunc("/evil", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form id="f" method="post" action="%s"><input name="Status" value="completed"></form><iframe src="%s/console/now"></iframe>`,
			r.FormValue("action"), s.sw.Origin())
	})
	return mux
}

func (s *stage) person(name string) *phone.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.people[name]
	if c == nil {
		panic("nobody is called " + name)
	}
	return c
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

// play runs a story of stories/ in Chromium; address is where its pages are.
func (s *stage) play(story, address string) {
	s.t.Helper()
	run(s.t, need(s.t), story, address, s.props.URL)
}

// run runs a story.
func run(t *testing.T, chromium, story, address, props string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "run.mjs", story)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "SWITCH="+address, "PROPS="+props, "ACCOUNT="+account, "TOKEN="+token, "HOME="+t.TempDir())
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		cmd.Env = append(cmd.Env, name+"=127.0.0.1")
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", story, err)
	}
}
