package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
)

// liveEvery is how often levels are looked at.
const liveEvery = 100 * time.Millisecond

// Levels is how loud one participant is now.
type Levels struct {
	Call    contract.CallSID `json:"call_sid"`
	Talking bool             `json:"talking"`
	Level   int              `json:"level"` // dBov: 0 loudest, −127 silence
}

// loudness is what is sent of one conference.
type loudness struct {
	Conference   contract.ConferenceSID `json:"conference_sid"`
	Participants []Levels               `json:"participants"`
}

// every reads how often somebody wants to be told.
func (q *query) every() time.Duration {
	text := q.get("every")
	if text == "" {
		return liveEvery
	}
	ms, err := strconv.Atoi(text)
	if err != nil || ms < int(liveEvery.Milliseconds()) || ms > 10_000 {
		q.wrong("every", "a number of milliseconds from 100 to 10000")
		return liveEvery
	}
	return time.Duration(ms) * time.Millisecond
}

// live sends who talks how loud, as often as is asked for and ten times a second
// at most, and only what has changed. Nothing of it is kept: who comes late has missed it.
func (e *Events) live(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	only, every := q.conference(), q.every()
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
	tick, beat := time.NewTicker(every), time.NewTicker(heartbeat)
	defer tick.Stop()
	defer beat.Stop()
	last := make(map[contract.ConferenceSID][]Levels)
	for {
		select {
		case <-tick.C:
			if !e.levels(s, only, last) {
				return nil
			}
		case <-beat.C:
			if e.authenticate(r) != nil || !s.write(": nothing new\n\n") {
				return nil
			}
		case <-r.Context().Done():
			return nil
		case <-e.cfg.Stopping:
			return nil
		}
	}
}

// levels sends what is not as it was last; false means that nobody listens.
func (e *Events) levels(s *sse, only contract.ConferenceSID, last map[contract.ConferenceSID][]Levels) bool {
	all := e.cfg.API.cfg.Conferences.List()
	lives := make(map[contract.ConferenceSID]bool, len(all))
	for _, c := range all {
		sid := c.SID()
		if only != "" && sid != only {
			continue
		}
		lives[sid] = true
		now, err := levelsOf(s, c)
		if err != nil {
			return s.r.Context().Err() == nil // the conference ends, or the plane does
		}
		if was, ok := last[sid]; ok && slices.Equal(was, now) {
			continue
		}
		last[sid] = now
		if !s.event("", "levels", loudness{sid, now}) {
			return false
		}
	}
	for sid := range last {
		if lives[sid] {
			continue
		}
		delete(last, sid)
		if !s.event("", "levels", loudness{sid, []Levels{}}) {
			return false
		}
	}
	return true
}

func levelsOf(s *sse, c *conference.Conference) ([]Levels, error) {
	heard, err := c.Levels(s.r.Context())
	if err != nil && !errors.Is(err, conference.ErrEnded) {
		return nil, err
	}
	now := make([]Levels, len(heard))
	for i, h := range heard {
		now[i] = Levels{h.Call, h.Talking, int(h.DBov)}
	}
	return now, nil
}
