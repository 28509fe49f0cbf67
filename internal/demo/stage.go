package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"confab/internal/confab"
)

// number is what the cast dials.
const number = "+15550100"

// document is the application's: a greeting, then the conference, which tells of
// everything that happens in it.
const document = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Welcome to the team meeting.</Say>
  <Dial>
    <Conference statusCallback="/callback" statusCallbackEvent="start end join leave mute">TeamMeeting</Conference>
  </Dial>
</Response>`

// stage is the switch that the meeting is held on, and the application that owns
// its number.
type stage struct {
	dir    string
	sip    string
	app    *http.Server
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	told func(url.Values)

	ended chan struct{} // closed when the conference has ended
	once  sync.Once     // closes it: what is told may be told twice
}

func openStage(ctx context.Context) (_ *stage, err error) {
	s := &stage{ended: make(chan struct{})}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx)) // it outlives the meeting, to be told of its end
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "confab-demo-"); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /voice", func(w http.ResponseWriter, r *http.Request) {
		s.tell(r)
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, document)
	})
	mux.HandleFunc("POST /callback", s.callback)
	s.app = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	s.wg.Go(func() { _ = s.app.Serve(listener) }) // until close

	c := confab.Default()
	c.Data, c.HTTP, c.SIP = filepath.Join(s.dir, "data"), "127.0.0.1:0", "127.0.0.1:0"
	c.Numbers = []confab.Number{{Number: number, VoiceURL: "http://" + listener.Addr().String() + "/voice"}}
	c.DrainTimeout = time.Second
	sw, err := confab.New(c)
	if err != nil {
		return nil, err
	}
	s.sip = sw.SIP().String()
	s.wg.Go(func() { _ = sw.Run(ctx) }) // what goes wrong is seen by who calls
	return s, nil
}

func (s *stage) close() {
	s.cancel()
	if s.app != nil {
		s.app.Close()
	}
	s.wg.Wait()
	os.RemoveAll(s.dir)
}

func (s *stage) onEvent(f func(url.Values)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = f
}

func (s *stage) callback(w http.ResponseWriter, r *http.Request) {
	s.tell(r)
	w.WriteHeader(http.StatusNoContent)
	if r.PostForm.Get("StatusCallbackEvent") == "conference-end" {
		s.once.Do(func() { close(s.ended) })
	}
}

// tell passes on what the application is told.
func (s *stage) tell(r *http.Request) {
	if r.ParseForm() != nil {
		return // not from the switch
	}
	s.mu.Lock()
	told := s.told
	s.mu.Unlock()
	if told != nil {
		told(r.PostForm)
	}
}

// finish waits until the application has been told that the conference is over.
func (s *stage) finish(p *picture) error {
	select {
	case <-s.ended:
		p.note("the meeting is over")
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("demo: the application was not told that the conference ended")
	}
}
