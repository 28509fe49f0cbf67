package api

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"
)

// created is an answer that tells of something new.
type created struct{ answer }

// reply answers with success: 200, 201 when there is something new, or 204 when
// there is nothing to say.
func (q *request) reply(w http.ResponseWriter, given answer) {
	if given == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := http.StatusOK
	if _, ok := given.(created); ok {
		status = http.StatusCreated
	}
	q.write(w, status, given)
}

// write sends an answer in the form that the path asks for.
func (q *request) write(w http.ResponseWriter, status int, given answer) {
	var body []byte
	if q.place.json {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		body = given.appendJSON(nil)
	} else {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		body = append(given.appendXML([]byte(xml.Header+"<TwilioResponse>")), "</TwilioResponse>"...)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store") // some hold secrets, all change
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if q.Method != http.MethodHead {
		w.Write(body) // whoever asked may have gone
	}
}

// header adds what every response of the contract has, and notes its status.
type header struct {
	http.ResponseWriter
	begin    time.Time
	underWay int64 // requests when this one came in, itself included
	status   int
}

// WriteHeader adds the request's ID, for a customer to name it by, how many it
// had beside it, and how long it took.
func (h *header) WriteHeader(status int) {
	if h.status == 0 {
		var id [16]byte
		rand.Read(id[:]) // never fails
		h.Header().Set("Twilio-Request-Id", "RQ"+hex.EncodeToString(id[:]))
		h.Header().Set("Twilio-Concurrent-Requests", strconv.FormatInt(h.underWay, 10))
		h.Header().Set("Twilio-Request-Duration", strconv.FormatFloat(time.Since(h.begin).Seconds(), 'f', 3, 64))
		h.status = status
	}
	h.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (h *header) Unwrap() http.ResponseWriter { return h.ResponseWriter }
