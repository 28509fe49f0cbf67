package transcript

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/signature"
)

// maxPost is how much of a request's body is read.
const maxPost = 64 << 10

// application is the customer's side: an HTTP server that answers with the
// documents of a file, notes what it is asked, and checks every signature.
type application struct {
	identities
	file  *File
	base  string // "http://127.0.0.1:7000"
	token string // the AuthToken

	mu     sync.Mutex
	served map[Link]int     // how often, in this playing
	ledger *ledger          // of this playing
	learn  func(url.Values) // is shown the parameters of each request; it may change them
	faults []string         // requests that were wrong in themselves, in all playings

	server *http.Server
	done   sync.WaitGroup
}

// serveApplication serves the file's documents on l until it is closed.
func serveApplication(f *File, l net.Listener, token string) *application {
	a := &application{file: f, base: "http://" + l.Addr().String(), token: token}
	a.open(func(url.Values) {})
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second}
	a.done.Go(func() {
		if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.fault("application: %v", err)
		}
	})
	return a
}

// open begins a playing, with the first documents and an empty ledger.
func (a *application) open(learn func(url.Values)) *ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.served, a.ledger, a.learn = map[Link]int{}, newLedger(), learn
	return a.ledger
}

// close ends the application, once the switch has told it all that it will. The
// error is what was wrong with any request, whatever the timeline expected.
func (a *application) close(ctx context.Context) error {
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("close application: %w", err), a.server.Close())
	}
	a.done.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fault := range a.faults {
		err = errors.Join(err, fmt.Errorf("%s: %s", a.file.Name, fault))
	}
	return err
}

func (a *application) fault(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(a.faults, text) {
		a.faults = append(a.faults, text)
	}
}

// url returns what the switch is told of a link; empty for none.
func (a *application) url(l Link) string {
	if l.Path == "" {
		return ""
	}
	return a.base + l.Path
}

// ServeHTTP answers one request: with the next document of its method and path,
// with 204 where the file has none for the path, as callbacks are answered.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, err := a.note(r)
	if err != nil {
		a.fault("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d := a.next(p.Link)
	switch {
	case d == nil && p.served:
		a.fault("%s %s: the file serves that path to another method", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case d == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if d.After > 0 {
		select {
		case <-time.After(d.After):
		case <-r.Context().Done():
			return
		}
	}
	for name, values := range d.Header {
		for _, v := range values {
			w.Header().Add(name, a.expand(v))
		}
	}
	w.Header().Set("Content-Type", d.Type)
	w.WriteHeader(d.Status)
	body := []byte(a.expand(d.Body))
	if d.isSound() && d.Status < 300 {
		body, _ = sound(d.Body) // Parse has made it once
	}
	_, _ = w.Write(body) // who does not read to the end has reasons
}

// expand puts the application's own address where a document says $APP, and calls
// clients by what they are called on the stage.
func (a *application) expand(text string) string {
	return a.here(strings.ReplaceAll(text, "$APP", a.base))
}

// note enters the request and looks whether it is signed.
func (a *application) note(r *http.Request) (*post, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPost))
	if err != nil {
		return nil, err
	}
	form := url.Values(nil)
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodPost {
		if ct := r.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/x-www-form-urlencoded") {
			return nil, errors.New("Content-Type " + ct)
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, err
		}
		for name, values := range form {
			params[name] = append(params[name], values...)
		}
	}
	p := &post{
		Link: Link{r.Method, r.URL.Path}, uri: r.URL.RequestURI(), params: params,
		served: a.file.serves(r.URL.Path),
	}
	signed := a.base + p.uri
	switch media := a.isMedia(p.Link); {
	case media && len(params) > 0:
		a.fault("%s %s: parameters with a request for sound", r.Method, r.URL.Path)
	case !media && !signature.Valid(a.token, r.Header.Get(signature.Header), signed, form):
		a.fault("%s %s: the signature is wrong", r.Method, r.URL.Path)
	}
	for name, values := range params {
		if len(values) > 1 {
			a.fault("%s %s: %s is there %d times", r.Method, r.URL.Path, name, len(values))
		}
	}
	a.mu.Lock()
	ledger, learn := a.ledger, a.learn
	a.mu.Unlock()
	learn(params)
	ledger.enter(p)
	return p, nil
}

// isMedia reports whether the file has sound for Play at l. Twilio <Play>: the
// request for it is a plain GET, with none of the standard parameters.
func (a *application) isMedia(l Link) bool {
	for _, d := range a.file.Documents {
		if d.Link == l && d.Media {
			return true
		}
	}
	return false
}

// next returns the document that answers this request to l; nil if none does.
func (a *application) next(l Link) *Document {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.served[l]
	var last *Document
	for _, d := range a.file.Documents {
		if d.Link != l {
			continue
		}
		if last = d; n == 0 {
			break
		}
		n--
	}
	if last != nil {
		a.served[l]++
	}
	return last
}
