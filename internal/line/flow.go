package line

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"confab/internal/twiml"
)

// What a caller may do before the line says goodbye.
const (
	maxWrong  = 3 // codes that open nothing, in one call
	maxSilent = 3 // rounds in a row without a key
)

// patience is how long the line waits for the next key.
const patience = 10 * time.Second

// maxBody bounds the form of a request.
const maxBody = 64 << 10

// round is where a call stands: what the line would have to remember of it, if
// the addresses did not.
type round struct {
	wrong  int // codes that opened nothing
	silent int // rounds without a key since the last code
}

// readRound reads what address wrote. What it cannot have written counts as the
// limit.
func readRound(query url.Values) round {
	return round{wrong: count(query.Get("wrong"), maxWrong), silent: count(query.Get("silent"), maxSilent)}
}

func count(s string, limit int) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > limit {
		return limit
	}
	return n
}

// address returns the place with the round in its query. It is relative to the
// document it stands in, so that the line may live under any prefix.
func (r round) address(place string) string {
	query := url.Values{}
	if r.wrong > 0 {
		query.Set("wrong", strconv.Itoa(r.wrong))
	}
	if r.silent > 0 {
		query.Set("silent", strconv.Itoa(r.silent))
	}
	if len(query) == 0 {
		return place
	}
	return place + "?" + query.Encode()
}

// over reports whether the caller has had all attempts.
func (r round) over() bool { return r.wrong >= maxWrong || r.silent >= maxSilent }

// document wraps a handler that writes a document: methods, form, signature,
// answer. A document that cannot be made is a 500, which sends the call to the
// fallback of its number.
func (l *Line) document(write func(*http.Request, *twiml.Response) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, POST")
			http.Error(w, "method is neither GET nor POST", http.StatusMethodNotAllowed)
			return
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		if err := r.ParseForm(); err != nil {
			http.Error(w, "form cannot be read", http.StatusBadRequest)
			return
		}
		if !l.guard.allows(r) {
			http.Error(w, "signature is missing or wrong", http.StatusForbidden)
			return
		}
		var doc twiml.Response
		if err := write(r, &doc); err != nil {
			l.log.Error("line cannot answer", "call", callSID(r), "path", r.URL.Path, "error", err)
			http.Error(w, "line cannot answer", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", twiml.ContentType)
		if _, err := doc.WriteTo(w); err != nil {
			l.log.Debug("document not taken", "call", callSID(r), "path", r.URL.Path, "error", err)
		}
	})
}

// voice greets the caller and asks for the code, in one: who knows it need not wait
// until the greeting has been said.
func (l *Line) voice(_ *http.Request, doc *twiml.Response) error {
	ask(doc, round{}, welcome, enterCode)
	return nil
}

// gather asks for the code again.
func (l *Line) gather(r *http.Request, doc *twiml.Response) error {
	at := readRound(r.URL.Query())
	if at.over() {
		l.log.Info("caller keyed no code", "call", callSID(r))
		end(doc)
		return nil
	}
	ask(doc, at, enterCode)
	return nil
}

// ask says words and takes a code: keys count while it still speaks, and stop it.
func ask(doc *twiml.Response, at round, words ...string) {
	g := doc.Gather()
	g.Timeout = patience
	g.FinishOnKey = "#"
	g.Action = round{wrong: at.wrong}.address("join")
	for _, text := range words {
		say(g.Say(text))
	}
	doc.Redirect(round{wrong: at.wrong, silent: at.silent + 1}.address("gather"))
}

// join looks the code up. Every kind of wrong (no such code, a closed room, no
// digits at all) takes the same way and gets the same bytes.
func (l *Line) join(r *http.Request, doc *twiml.Response) error {
	at := readRound(r.URL.Query())
	entry, ok, err := l.rooms.ByCode(r.Context(), r.Form.Get("Digits"))
	if err != nil {
		return err
	}
	if ok && !at.over() {
		l.log.Info("caller enters a room", "call", callSID(r), "room", entry.Room.Name, "moderator", entry.Moderator)
		enter(doc, entry)
		return nil
	}
	at.wrong++
	l.log.Info("code opens nothing", "call", callSID(r), "wrong", at.wrong)
	say(doc.Say(wrongCode))
	if at.over() {
		end(doc)
		return nil
	}
	doc.Redirect(round{wrong: at.wrong}.address("gather"))
	return nil
}

// enter sends the caller to the conference of the room.
func enter(doc *twiml.Response, entry Entry) {
	room := entry.Room
	words, language := entering(room)
	s := doc.Say(words)
	s.Voice, s.Language = voice, language
	d := doc.Dial()
	if room.MaxMinutes > 0 {
		d.TimeLimit = time.Duration(room.MaxMinutes) * time.Minute
	}
	c := d.Join(room.Name)
	if room.ModeratorPIN != "" {
		c.StartOnEnter = entry.Moderator
		c.EndOnExit = entry.Moderator && room.EndsWithModerator
	}
	if room.MaxParticipants == 0 {
		return
	}
	// Twilio <Conference> maxParticipants: who is not let in goes on with the next
	// verb. All others end at the action, so that none of them hears this.
	c.MaxParticipants = room.MaxParticipants
	d.HasAction, d.Action = true, "left"
	words, language = full(room)
	s = doc.Say(words)
	s.Voice, s.Language = voice, language
	doc.Hangup()
}

// left ends the call of one who was in a conference.
func (l *Line) left(_ *http.Request, doc *twiml.Response) error {
	doc.Hangup()
	return nil
}

// end ends the call politely.
func end(doc *twiml.Response) {
	say(doc.Say(goodbye))
	doc.Hangup()
}

// callSID returns the SID of the call for the log, or nothing if what came is
// not one.
func callSID(r *http.Request) string {
	sid := r.Form.Get("CallSid")
	if len(sid) != 34 || !strings.HasPrefix(sid, "CA") || strings.Trim(sid[2:], "0123456789abcdefABCDEF") != "" {
		return ""
	}
	return sid
}
