package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"confab/internal/api"
)

// Config is what the console needs. API and Sessions are required.
type Config struct {
	API      *api.API
	Sessions *Sessions
	Program  string       // its version, for the page; may be empty
	Log      *slog.Logger // nil discards
}

// Console serves everything below Root.
type Console struct {
	cfg   Config
	files files
	mux   *http.ServeMux
	tries tries
}

// New returns a console.
func New(c Config) (*Console, error) {
	if c.API == nil || c.Sessions == nil {
		return nil, errors.New("console: API and sessions are required")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	f, err := loadFiles()
	if err != nil {
		return nil, err
	}
	s := &Console{cfg: c, files: f, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET "+Root+"session", s.session)
	s.mux.HandleFunc("POST "+Root+"session", s.signIn)
	s.mux.HandleFunc("DELETE "+Root+"session", s.signOut)
	s.mux.HandleFunc(Root, s.files.serve)
	return s, nil
}

// ServeHTTP answers for the page and its sign-in.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header(), r)
	if !c.cfg.Sessions.knownHost(r.Host) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		http.Error(w, fmt.Sprintf("The console is not opened as %q: use an address of this machine or localhost, or list the name in console.hosts (--console-hosts).", r.Host), http.StatusMisdirectedRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
	c.mux.ServeHTTP(w, r)
}

// maxSignIn bounds the body of a sign-in, in bytes.
const maxSignIn = 4 << 10

// signedIn is what the page is told of its session.
type signedIn struct {
	SignedIn bool   `json:"signed_in"`
	Version  string `json:"version"` // of the page: with another one it is stale
	Program  string `json:"program,omitempty"`

	Account string    `json:"account_sid,omitempty"`
	Role    string    `json:"role,omitempty"`
	Key     string    `json:"key_sid,omitempty"`
	CSRF    string    `json:"csrf_token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// session tells the page who it is signed in as, if at all.
func (c *Console) session(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		c.refuse(w, http.StatusForbidden, api.ErrForged.Error())
		return
	}
	told := signedIn{Version: c.files.version, Program: c.cfg.Program}
	found, secret, ok, err := c.cfg.Sessions.find(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	if ok {
		told.SignedIn, told.Account, told.Role, told.Key = true, string(c.cfg.Sessions.cfg.Account), string(found.Role), string(found.Key)
		told.CSRF, told.Expires = csrfToken(secret), found.Expires.UTC()
	}
	c.send(w, http.StatusOK, told)
}

// signIn makes a session of credentials, or of a link's token. Only the console's
// own page can ask for it: JSON from elsewhere takes a permission that nobody
// gets.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) || r.Header.Get("Content-Type") != "application/json" {
		c.refuse(w, http.StatusForbidden, api.ErrForged.Error())
		return
	}
	var asked struct {
		User     string `json:"user"`
		Password string `json:"password"`
		Link     string `json:"link"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		c.refuse(w, http.StatusBadRequest, "The request is not the JSON that signs in: user and password, or link")
		return
	}
	from := source(r)
	if wait := c.tries.take(from, time.Now()); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		c.refuse(w, http.StatusTooManyRequests, fmt.Sprintf("Too many tries: the next one in %d seconds", seconds))
		return
	}
	var g api.Grant
	var ok bool
	var err error
	wrong := "These credentials open nothing here"
	if asked.Link != "" {
		g, ok, err = c.cfg.Sessions.takeLink(r.Context(), asked.Link)
		wrong = "This link was used, or is too old: they sign in once, within ten minutes"
	} else {
		g, ok, err = c.cfg.API.SignIn(r.Context(), asked.User, asked.Password)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	if !ok {
		c.cfg.Log.Warn("sign-in was refused", "from", from, "link", asked.Link != "")
		c.refuse(w, http.StatusUnauthorized, wrong)
		return
	}
	c.tries.give(from)
	if err := c.cfg.Sessions.begin(w, r, g); err != nil {
		c.fail(w, r, err)
		return
	}
	c.cfg.Log.Info("signed in", "from", from, "role", g.Role, "key", g.Key)
	c.send(w, http.StatusOK, map[string]bool{"signed_in": true})
}

// signOut ends the session.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) {
	switch _, _, err := c.cfg.Sessions.Session(r); {
	case errors.Is(err, api.ErrForged):
		c.refuse(w, http.StatusForbidden, err.Error())
		return
	case err != nil:
		c.fail(w, r, err)
		return
	}
	if err := c.cfg.Sessions.end(w, r); err != nil {
		c.fail(w, r, err)
		return
	}
	c.send(w, http.StatusOK, map[string]bool{"signed_in": false})
}

func (c *Console) send(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // whoever asked may have gone
}

func (c *Console) refuse(w http.ResponseWriter, status int, message string) {
	c.send(w, status, map[string]any{"status": status, "message": message})
}

func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		c.cfg.Log.Error("console", "path", r.URL.Path, "err", err)
	}
	c.refuse(w, http.StatusInternalServerError, "An internal server error occurred")
}
