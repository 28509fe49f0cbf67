package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"confab/internal/signature"
)

// document puts whoever calls into the conference, which tells of its start and
// end and of everybody's coming, going and muting.
const document = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Dial>
    <Conference statusCallback="/callback" statusCallbackEvent="start end join leave mute">TeamMeeting</Conference>
  </Dial>
</Response>
`

// application is the customer's side. It finds out no SIDs and keeps no list of
// them up to date: it learns them all from the requests that it is sent.
type application struct {
	api       *client
	muteAfter time.Duration // the start of the conference
	timeline  *timeline
	server    *http.Server
	cancel    context.CancelFunc
	wg        sync.WaitGroup

	mu         sync.Mutex
	seen       map[string]bool // tokens of the callbacks that have been taken
	sequence   int             // number of the last of them
	calls      map[string]int  // CallSid to the place in the cast, from the fetch of the document
	conference string          // ConferenceSid, from the first event
	inside     []string        // CallSids of who has joined and not left, in that order
	muted      map[string]bool // CallSids of who has been muted
	words      words           // of the first of those who are to be muted
}

// startApplication serves on listener until close.
func startApplication(listener net.Listener, who credentials, api string, muteAfter time.Duration, t *timeline) *application {
	a := &application{
		api: newClient(who, api), muteAfter: muteAfter, timeline: t,
		seen: make(map[string]bool), calls: make(map[string]int), muted: make(map[string]bool),
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	mux := http.NewServeMux()
	mux.HandleFunc("POST /voice", a.signed(func(w http.ResponseWriter, r *http.Request) {
		if err := a.called(r.PostForm); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, document) // a switch that has gone away asks no more
	}))
	mux.HandleFunc("POST /callback", a.signed(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		a.told(ctx, r.Header.Get("I-Twilio-Idempotency-Token"), r.PostForm)
	}))
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	a.wg.Go(func() { _ = a.server.Serve(listener) }) // until close
	return a
}

// close gives the address back and forgets the timer.
func (a *application) close() {
	a.cancel()
	a.server.Close()
	a.wg.Wait()
}

// signed lets through the requests that the account's switch has signed.
func (a *application) signed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "form cannot be read", http.StatusBadRequest)
			return
		}
		if !signature.Valid(a.api.who.token, r.Header.Get(signature.Header), "http://"+r.Host+r.URL.RequestURI(), r.PostForm) {
			http.Error(w, "signature is missing or wrong", http.StatusForbidden)
			return
		}
		h(w, r)
	}
}

// called takes note of whose call it is that asks for the document.
func (a *application) called(form url.Values) error {
	i := slices.IndexFunc(cast[:], func(who person) bool { return who.number == form.Get("From") })
	if i < 0 {
		return fmt.Errorf("nobody has the number %q", form.Get("From"))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[form.Get("CallSid")] = i
	return nil
}

// told takes a callback. One that was taken before is not taken again.
func (a *application) told(ctx context.Context, token string, form url.Values) {
	if err := a.take(token, form); err != nil {
		if !errors.Is(err, errTakenBefore) {
			a.timeline.fail(err)
		}
		return
	}
	a.mu.Lock()
	i, known := a.calls[form.Get("CallSid")]
	a.mu.Unlock()
	if !known {
		i = nobody
	}
	a.timeline.told(i, form)
	if form.Get("StatusCallbackEvent") == "conference-start" {
		a.wg.Go(func() {
			if pause(ctx, a.muteAfter) == nil {
				a.muteOthers(ctx)
			}
		})
	}
}

var errTakenBefore = errors.New("callback was taken before")

// take checks an event and keeps the SIDs that it tells.
func (a *application) take(token string, form url.Values) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[token] {
		return errTakenBefore
	}
	a.seen[token] = true
	a.sequence++
	if a.conference == "" {
		a.conference = form.Get("ConferenceSid")
	}
	call := form.Get("CallSid")
	_, known := a.calls[call]
	if err := check(form, expected{a.api.who.account, a.conference, a.sequence, known, a.muted[call]}); err != nil {
		return err
	}
	switch form.Get("StatusCallbackEvent") {
	case "participant-join":
		a.inside = append(a.inside, call)
		if i := a.calls[call]; a.words.join == nil && i != presenter {
			a.words = words{who: cast[i].name, join: form}
		}
	case "participant-mute":
		a.muted[call] = true
	case "participant-leave":
		a.inside = slices.DeleteFunc(a.inside, func(c string) bool { return c == call })
	}
	return nil
}

// muteOthers mutes everybody who is there, but the presenter.
func (a *application) muteOthers(ctx context.Context) {
	a.mu.Lock()
	conference, inside := a.conference, slices.Clone(a.inside)
	if a.words.join != nil {
		a.words.curl = a.api.curl(conference, a.words.join.Get("CallSid"))
	}
	who := make(map[string]int, len(inside))
	for _, call := range inside {
		who[call] = a.calls[call]
	}
	a.mu.Unlock()
	for _, call := range inside {
		if who[call] == presenter {
			continue
		}
		a.timeline.posts(who[call], call)
		if err := a.api.mute(ctx, conference, call); err != nil {
			a.timeline.fail(fmt.Errorf("mute %s: %w", cast[who[call]].name, err))
		}
	}
}

// words are what the application was told when somebody joined, and what it
// asked for to mute them. They are zero as far as it did not come to that.
type words struct {
	who  string
	join url.Values
	curl string // the lines of the command that asks for the same
}

// said returns the application's words.
func (a *application) said() words {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.words
}
