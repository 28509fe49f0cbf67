package line

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Root is the path below which the API of the rooms is.
const Root = "/line/v1/"

// APIConfig is what the API of the rooms is made of.
type APIConfig struct {
	Rooms *Rooms // required

	// Allow reports whether a request may do what it asks for. Nil: who gives Token
	// as the password of HTTP Basic authentication, whatever the user; with no Token
	// nobody.
	Allow func(*http.Request) bool
	Token string

	// Speak returns a text as a WAV file, spoken as the line speaks it, in a
	// language or, if that is empty, the voice's own. Nil: nothing can be heard.
	Speak func(ctx context.Context, text, language, voice string) ([]byte, error)

	Log *slog.Logger // nil: none
}

// API serves the line's rooms to its operator, as JSON below Root: an
// http.Handler for any number of requests at once. docs/rooms.md describes it.
// Codes and PINs stand in the answers of /codes and of a room that was just made,
// and nowhere else.
type API struct {
	cfg APIConfig
	mux *http.ServeMux
}

// apiRoutes are what API serves, by method and path.
var apiRoutes = map[string]func(*API, http.ResponseWriter, *http.Request) error{
	"GET /line/v1/rooms":            (*API).list,
	"POST /line/v1/rooms":           (*API).add,
	"GET /line/v1/rooms/{id}":       (*API).show,
	"PATCH /line/v1/rooms/{id}":     (*API).change,
	"DELETE /line/v1/rooms/{id}":    (*API).remove,
	"GET /line/v1/rooms/{id}/codes": (*API).codes,
	"POST /line/v1/codes":           (*API).unused,
	"GET /line/v1/prompt":           (*API).prompt,
}

// NewAPI makes the API.
func NewAPI(c APIConfig) (*API, error) {
	if c.Rooms == nil {
		return nil, errors.New("line has no rooms")
	}
	if c.Allow == nil {
		c.Allow = knows(c.Token)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{cfg: c, mux: http.NewServeMux()}
	for pattern, serve := range apiRoutes {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(a, w, r); err != nil {
				a.refuse(w, r, err)
			}
		})
	}
	return a, nil
}

// knows returns what lets in who knows token.
func knows(token string) func(*http.Request) bool {
	want := sha256.Sum256([]byte(token))
	return func(r *http.Request) bool {
		_, password, _ := r.BasicAuth()
		have := sha256.Sum256([]byte(password))
		return subtle.ConstantTimeCompare(have[:], want[:]) == 1 && token != ""
	}
}

// ServeHTTP answers who is allowed to ask.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !a.cfg.Allow(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Confab line"`) // RFC 7235 §4.1
		a.refuse(w, r, problem{status: http.StatusUnauthorized, message: "Authenticate"})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// problem is why a request was not answered, as its sender is told.
type problem struct {
	status  int
	field   string // of the room that is wrong; empty: none
	message string
}

func (p problem) Error() string { return p.message }

// refuse answers with what is wrong; what is not the sender's fault is ours, and
// only logged.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var wrong fault
	var p problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, ErrNoRoom):
		p = problem{status: http.StatusNotFound, message: "there is no room " + strconv.Quote(r.PathValue("id"))}
	case errors.As(err, &wrong):
		p = problem{status: http.StatusBadRequest, field: wrong.field, message: wrong.Error()}
		if errors.Is(err, ErrNameTaken) || errors.Is(err, ErrCodeTaken) {
			p.status = http.StatusConflict
		}
	default:
		if r.Context().Err() == nil {
			a.cfg.Log.Error("request for rooms not answered", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		p = problem{status: http.StatusInternalServerError, message: "an internal server error occurred"}
	}
	body := map[string]any{"status": p.status, "message": p.message}
	if p.field != "" {
		body["field"] = p.field
	}
	send(w, p.status, body)
}

// send answers in JSON.
func send(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

// shownRoom is a room as the API shows it: without its code and PIN.
type shownRoom struct {
	ID                int64     `json:"id"`
	Name              string    `json:"name"`
	Language          string    `json:"language"`
	Greeting          string    `json:"greeting"`
	Prompt            string    `json:"prompt"` // what is said on entering
	Closed            bool      `json:"closed"`
	HasModeratorPIN   bool      `json:"has_moderator_pin"`
	EndsWithModerator bool      `json:"ends_with_moderator"`
	MaxParticipants   int       `json:"max_participants"`
	MaxMinutes        int       `json:"max_minutes"`
	Sample            bool      `json:"sample"` // its code is in the manual
	Created           time.Time `json:"created"`
	Codes             *codes    `json:"codes,omitempty"`
}

// codes are the secrets of a room.
type codes struct {
	Code         string `json:"code"`
	ModeratorPIN string `json:"moderator_pin"`
}

func shown(room Room) shownRoom {
	words, _ := entering(room)
	return shownRoom{
		ID: room.ID, Name: room.Name, Language: room.Language, Greeting: room.Greeting, Prompt: words, Closed: room.Closed,
		HasModeratorPIN: room.ModeratorPIN != "", EndsWithModerator: room.EndsWithModerator,
		MaxParticipants: room.MaxParticipants, MaxMinutes: room.MaxMinutes, Sample: room.Sample(), Created: room.Created.UTC(),
	}
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	rooms, err := a.cfg.Rooms.List(r.Context())
	if err != nil {
		return err
	}
	all := make([]shownRoom, len(rooms))
	for i, room := range rooms {
		all[i] = shown(room)
	}
	send(w, http.StatusOK, map[string]any{"rooms": all, "languages": languages, "speaks": a.cfg.Speak != nil})
	return nil
}

func (a *API) show(w http.ResponseWriter, r *http.Request) error {
	room, err := a.room(r)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, shown(room))
	return nil
}

func (a *API) codes(w http.ResponseWriter, r *http.Request) error {
	room, err := a.room(r)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, codes{room.Code, room.ModeratorPIN})
	return nil
}

// room returns the room that the path names.
func (a *API) room(r *http.Request) (Room, error) {
	id, err := number(r)
	if err != nil {
		return Room{}, err
	}
	return a.cfg.Rooms.Get(r.Context(), id)
}

func number(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, ErrNoRoom
	}
	return id, nil
}

func (a *API) add(w http.ResponseWriter, r *http.Request) error {
	var room Room
	wanted, err := readRoom(w, r)
	if err != nil {
		return err
	}
	wanted.change(&room)
	if room, err = a.cfg.Rooms.Add(r.Context(), room); err != nil {
		return err
	}
	a.cfg.Log.Info("room added", "room", room.Name)
	answer := shown(room)
	answer.Codes = &codes{room.Code, room.ModeratorPIN}
	w.Header().Set("Location", Root+"rooms/"+strconv.FormatInt(room.ID, 10)) // RFC 9110 §10.2.2
	send(w, http.StatusCreated, answer)
	return nil
}

func (a *API) change(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	wanted, err := readRoom(w, r)
	if err != nil {
		return err
	}
	room, err := a.cfg.Rooms.Change(r.Context(), id, func(room *Room) error { wanted.change(room); return nil })
	if err != nil {
		return err
	}
	a.cfg.Log.Info("room changed", "room", room.Name)
	send(w, http.StatusOK, shown(room))
	return nil
}

func (a *API) remove(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	room, err := a.cfg.Rooms.RemoveID(r.Context(), id)
	if err != nil {
		return err
	}
	a.cfg.Log.Info("room removed", "room", room.Name)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) unused(w http.ResponseWriter, r *http.Request) error {
	code, err := a.cfg.Rooms.Unused(r.Context())
	if err != nil {
		return err
	}
	send(w, http.StatusOK, map[string]string{"code": code})
	return nil
}

// prompt speaks what is said on entering a room that has this greeting and
// language, stored or not.
func (a *API) prompt(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	room, err := Room{Name: "-", Language: query.Get("language"), Greeting: query.Get("greeting")}.clean()
	switch {
	case err != nil:
		return err
	case a.cfg.Speak == nil:
		return problem{status: http.StatusNotImplemented, message: "nothing here can speak: install espeak-ng"}
	}
	words, language := entering(room)
	wav, err := a.cfg.Speak(r.Context(), words, language, voice)
	if err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wav))
	return nil
}

// wantedRoom is what a request says of a room. What it does not say is nil, and
// stays.
type wantedRoom struct {
	Name              *string `json:"name"`
	Code              *string `json:"code"` // empty: one is made
	Language          *string `json:"language"`
	Greeting          *string `json:"greeting"`
	Closed            *bool   `json:"closed"`
	ModeratorPIN      *string `json:"moderator_pin"` // empty: none
	EndsWithModerator *bool   `json:"ends_with_moderator"`
	MaxParticipants   *int    `json:"max_participants"`
	MaxMinutes        *int    `json:"max_minutes"`
}

func (w wantedRoom) change(room *Room) {
	set(&room.Name, w.Name)
	set(&room.Code, w.Code)
	set(&room.Language, w.Language)
	set(&room.Greeting, w.Greeting)
	set(&room.Closed, w.Closed)
	set(&room.ModeratorPIN, w.ModeratorPIN)
	set(&room.EndsWithModerator, w.EndsWithModerator)
	set(&room.MaxParticipants, w.MaxParticipants)
	set(&room.MaxMinutes, w.MaxMinutes)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// readRoom reads the body of a request: one JSON object of a room's fields.
func readRoom(w http.ResponseWriter, r *http.Request) (wanted wantedRoom, err error) {
	bad := func(format string, args ...any) (wantedRoom, error) {
		return wantedRoom{}, problem{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return wantedRoom{}, problem{status: http.StatusUnsupportedMediaType, message: fmt.Sprintf("a room comes as application/json, not as %q", kind)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return wantedRoom{}, problem{status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("a room has at most %d bytes", maxBody)}
	case err != nil:
		return bad("the request broke off")
	case !utf8.Valid(body):
		return bad("the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err = d.Decode(&wanted)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		// The value may be a code, and is not said.
		return wantedRoom{}, problem{http.StatusBadRequest, kind.Field, kind.Field + " is not a " + kindOf(kind.Type.Kind().String())}
	case err != nil && strings.HasPrefix(err.Error(), "json: unknown field "):
		return bad("a room has no %s: it has name, code, language, greeting, closed, moderator_pin, ends_with_moderator, max_participants, max_minutes",
			strings.TrimPrefix(err.Error(), "json: unknown field "))
	case err != nil:
		return bad("the body is not one JSON object of a room's fields")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bad("something follows the JSON object")
	}
	return wanted, nil
}

// kindOf names a kind of Go as JSON does.
func kindOf(kind string) string {
	switch kind {
	case "bool":
		return "boolean"
	case "int":
		return "whole number"
	}
	return kind
}
