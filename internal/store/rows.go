package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"confab/internal/contract"
)

// snapshot is the newest that a batch says of something, and when.
type snapshot[T any] struct {
	info T
	at   time.Time
	live bool
	text bool // of a call: what it is found by is another, or new
}

type participantKey struct {
	conference contract.ConferenceSID
	call       contract.CallSID
}

// rows is what a batch of events makes of the records: of many snapshots of one
// thing the last is enough.
type rows struct {
	calls        map[contract.CallSID]snapshot[contract.CallInfo]
	conferences  map[contract.ConferenceSID]snapshot[contract.ConferenceInfo]
	participants map[participantKey]snapshot[contract.ParticipantInfo]
}

func rowsOf(events []contract.Event) rows {
	r := rows{
		calls:        make(map[contract.CallSID]snapshot[contract.CallInfo]),
		conferences:  make(map[contract.ConferenceSID]snapshot[contract.ConferenceInfo]),
		participants: make(map[participantKey]snapshot[contract.ParticipantInfo]),
	}
	for _, e := range events {
		if c := e.Call; c != nil {
			text := r.calls[c.SID].text || changesText(e.Type)
			r.calls[c.SID] = snapshot[contract.CallInfo]{info: *c, at: e.Time, live: !c.Status.Terminal(), text: text}
		}
		if c := e.Conference; c != nil {
			r.conferences[c.SID] = snapshot[contract.ConferenceInfo]{info: *c, at: e.Time, live: c.Status != contract.ConferenceCompleted}
			if p := e.Participant; p != nil && e.Type != contract.EventConferenceEnd {
				r.participants[participantKey{c.SID, p.Call}] =
					snapshot[contract.ParticipantInfo]{info: *p, at: e.Time, live: e.Type != contract.EventParticipantLeave}
			}
		}
	}
	return r
}

// write writes what todo says, inside the transaction.
func (w *writer) write(ctx context.Context, todo work) error {
	for _, e := range todo.events {
		if err := w.event(ctx, e); err != nil {
			return fmt.Errorf("write event %d: %w", e.Pos, err)
		}
		if e.Warning != nil {
			if err := w.warning(ctx, e, *e.Warning, e.Time); err != nil {
				return err
			}
		}
	}
	if err := w.records(ctx, rowsOf(todo.events)); err != nil {
		return err
	}
	for _, n := range todo.notices {
		if err := w.warning(ctx, n.event, n.warning, n.at); err != nil {
			return err
		}
	}
	if err := w.park(ctx, todo.parkings); err != nil {
		return err
	}
	if err := w.keep(ctx, todo.kept); err != nil {
		return err
	}
	return w.cursors(ctx, todo.cursors)
}

// event writes one event. That it is there already means that an earlier commit
// of the same batch reached the disk though it was called an error.
func (w *writer) event(ctx context.Context, e contract.Event) error {
	return w.exec(ctx, `INSERT INTO events (pos, stream, type, at, callback, body) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (pos) DO NOTHING`,
		int64(e.Pos), e.Stream(), string(e.Type), e.Time.UnixMicro(), e.Callback != nil, w.encode(e, contract.Event{Type: e.Type, Sequence: e.Sequence}))
}

// records writes the rows of one batch; conferences before those who are in
// them.
func (w *writer) records(ctx context.Context, r rows) error {
	for sid, s := range r.calls {
		c := s.info
		if err := w.exec(ctx, `INSERT INTO calls
			(sid, account, parent, from_, to_, status, live, created, ended, updated, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (sid) DO UPDATE SET account = excluded.account, parent = excluded.parent, from_ = excluded.from_,
			to_ = excluded.to_, status = excluded.status, live = excluded.live, created = excluded.created,
			ended = excluded.ended, updated = excluded.updated, body = excluded.body`,
			string(sid), string(c.Account), string(c.Parent), c.From, c.To, string(c.Status), s.live,
			c.Created.UnixMicro(), micros(c.Ended), s.at.UnixMicro(), w.encode(c, contract.CallInfo{SID: sid, Status: c.Status})); err != nil {
			return fmt.Errorf("write call %s: %w", sid, err)
		}
		if !s.text {
			continue
		}
		if err := w.text(ctx, c); err != nil {
			return fmt.Errorf("write text of call %s: %w", sid, err)
		}
	}
	for sid, s := range r.conferences {
		c := s.info
		if err := w.exec(ctx, `INSERT INTO conferences
			(sid, account, friendly_name, status, live, created, updated, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (sid) DO UPDATE SET account = excluded.account, friendly_name = excluded.friendly_name,
			status = excluded.status, live = excluded.live, created = excluded.created, updated = excluded.updated,
			body = excluded.body`,
			string(sid), string(c.Account), c.FriendlyName, string(c.Status), s.live,
			c.Created.UnixMicro(), s.at.UnixMicro(), w.encode(c, contract.ConferenceInfo{SID: sid, Status: c.Status})); err != nil {
			return fmt.Errorf("write conference %s: %w", sid, err)
		}
	}
	for key, s := range r.participants {
		p := s.info
		if err := w.exec(ctx, `INSERT INTO participants
			(conference, call, label, live, joined, updated, body) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (conference, call) DO UPDATE SET label = excluded.label, live = excluded.live,
			joined = excluded.joined, updated = excluded.updated, body = excluded.body`,
			string(key.conference), string(key.call), p.Label, s.live,
			p.Joined.UnixMicro(), s.at.UnixMicro(), w.encode(p, contract.ParticipantInfo{Conference: key.conference, Call: key.call})); err != nil {
			return fmt.Errorf("write participant %s of %s: %w", key.call, key.conference, err)
		}
	}
	for sid, s := range r.conferences {
		if s.live {
			continue
		}
		if err := w.exec(ctx, "UPDATE participants SET live = 0 WHERE conference = ? AND live = 1", string(sid)); err != nil {
			return fmt.Errorf("empty conference %s: %w", sid, err)
		}
	}
	return nil
}

func (w *writer) warning(ctx context.Context, e contract.Event, n contract.Warning, at time.Time) error {
	var call contract.CallSID
	switch {
	case e.Call != nil:
		call = e.Call.SID
	case e.Participant != nil:
		call = e.Participant.Call
	}
	x := n.Exchange
	if x == nil {
		x = &contract.Exchange{}
	}
	err := w.exec(ctx, `INSERT INTO warnings (pos, code, stream, call, at, message, url, exchange) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (pos, code) DO NOTHING`,
		int64(e.Pos), int(n.Code), e.Stream(), string(call), at.UnixMicro(), n.Message, n.URL, x.ID)
	if err == nil && x.ID != "" { // and only if it was this notice that was written
		err = w.exec(ctx, `INSERT INTO exchanges (id, method, variables, headers, body)
			SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM warnings WHERE exchange = ? AND exchange <> '')
			ON CONFLICT (id) DO NOTHING`,
			x.ID, x.Method, x.Variables, x.Headers, x.Body, x.ID)
	}
	return wrap(fmt.Sprintf("write warning on %d", e.Pos), err)
}

func (w *writer) cursors(ctx context.Context, cursors map[string]contract.Pos) error {
	for stream, pos := range cursors {
		if err := w.exec(ctx, `INSERT INTO cursors (stream, pos) VALUES (?, ?)
			ON CONFLICT (stream) DO UPDATE SET pos = excluded.pos`, stream, int64(pos)); err != nil {
			return fmt.Errorf("write cursor of %q: %w", stream, err)
		}
	}
	if all, ok := cursors[""]; ok {
		if err := w.exec(ctx, "DELETE FROM cursors WHERE stream <> '' AND pos <= ?", int64(all)); err != nil {
			return fmt.Errorf("drop cursors up to %d: %w", all, err)
		}
	}
	return nil
}

// encode returns value in JSON. A value that JSON cannot hold (a time beyond
// the year 9999) must not stop the journal for good: what is left of it is
// written instead, and said in the log.
func (w *writer) encode(value, left any) string {
	body, err := json.Marshal(value)
	if err == nil {
		return string(body)
	}
	w.log.Error("snapshot cannot be encoded", "err", err)
	body, err = json.Marshal(left)
	if err != nil {
		return "{}"
	}
	return string(body)
}
