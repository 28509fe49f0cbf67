package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"confab/internal/contract"
)

const (
	// maxStreams is how many may listen at a time.
	maxStreams = 256
	// streamStep is how many events are read from the journal at once.
	streamStep = 200
	// heartbeat is how often something is written when nothing happens.
	heartbeat = 15 * time.Second
	// patience is how long one write may take: who reads no faster is cut off, and
	// comes back with Last-Event-ID.
	patience = 10 * time.Second
)

// sse writes server-sent events (WHATWG HTML §9.2) to one who listens.
type sse struct {
	w       http.ResponseWriter
	control *http.ResponseController
	r       *http.Request
}

// listen turns a request into a stream; done gives its place back.
func (e *Events) listen(w http.ResponseWriter, r *http.Request) (s *sse, done func(), err error) {
	select {
	case e.places <- struct{}{}:
	default:
		return nil, nil, &problem{status: http.StatusTooManyRequests, code: contract.CodeTooManyREST, message: "Too many streams"}
	}
	done = func() { <-e.places }
	s = &sse{w, http.NewResponseController(w), r}
	// A stream has no end that a time-out of the server could know.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		done()
		return nil, nil, fmt.Errorf("open stream: %w", err)
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // proxies that would keep it back
	w.WriteHeader(http.StatusOK)
	return s, done, nil
}

// write sends text; false means that whoever listened is gone.
func (s *sse) write(text string) bool {
	if s.control.SetWriteDeadline(time.Now().Add(patience)) != nil {
		return false
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

// event sends one event; its ID, if it has one, is where to resume.
func (s *sse) event(id, kind string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		return false
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return s.write(id + "event: " + kind + "\ndata: " + string(text) + "\n\n")
}

// stream sends the journal's events from a position on, and then as they are
// committed. It begins behind Last-Event-ID, or behind the parameter after, or
// with what comes next.
func (e *Events) stream(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	filter, after := q.filter(), q.position("after", e.cfg.Store.Committed())
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		q.values.Set("Last-Event-ID", last)
		after = q.position("Last-Event-ID", 0)
	}
	if err := q.done(); err != nil {
		return err
	}
	s, done, err := e.listen(w, r)
	if err != nil {
		return err
	}
	defer done()
	if !s.write("retry: 1000\n\n") {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		// What is committed by now has been looked through, if nothing is found.
		end := e.cfg.Store.Committed()
		events, err := e.cfg.Store.Events(r.Context(), filter, after, streamStep)
		if err != nil {
			if r.Context().Err() == nil {
				e.cfg.API.log.Error("event stream is cut off", "err", err)
			}
			return nil // it comes back with Last-Event-ID
		}
		for _, of := range events {
			if !s.event(fmt.Sprint(of.Pos), string(of.Type), e.show(of)) {
				return nil
			}
			after = of.Pos
		}
		if len(events) == streamStep {
			continue
		}
		after = max(after, end)
		select {
		case <-e.cfg.Store.More(after):
			select {
			case <-e.cfg.Stopping: // More of a closed store is closed too
				return nil
			default:
			}
		case <-beat.C:
			if e.authenticate(r) != nil { // a session that has ended, a key that was removed
				return nil
			}
			// An id without data moves Last-Event-ID on, past what was filtered out.
			if !s.write(fmt.Sprintf(": nothing new\nid: %d\n\n", after)) {
				return nil
			}
		case <-r.Context().Done():
			return nil
		case <-e.cfg.Stopping:
			return nil
		}
	}
}
