package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"confab/internal/contract"
)

// Search says which calls are looked for; zero fields are not asked about.
type Search struct {
	Account contract.AccountSID
	// Text is part of a SID, a number, the name of a caller, a Call-ID, the
	// friendly name of a number or of a conference, in whatever case.
	Text    string
	Status  contract.CallStatus
	Live    *bool
	Refused *bool // before it became a call resource
	Created Span
}

// Found is a call that was looked for.
type Found struct {
	contract.CallInfo
	Refused     bool     // before it became a call resource
	NumberName  string   // the friendly name of Number; may be empty
	Conferences []string // the friendly names of those that it stood in
	Warnings    int
}

// Search returns a part of the calls that are found, newest first, those among
// them that were refused before they became one.
func (r *Records) Search(ctx context.Context, f Search, p Page) (List[Found], error) {
	s := selection{
		columns: `c.body IS NULL, coalesce(c.updated, f.at), coalesce(c.body, f.body),
			(SELECT count(*) FROM warnings w WHERE w.call = t.call AND w.call <> ''),
			(SELECT json_group_array(DISTINCT x.friendly_name) FROM participants p JOIN conferences x ON x.sid = p.conference WHERE p.call = t.call),
			t.number`,
		from: "call_texts t LEFT JOIN calls c ON c.sid = t.call LEFT JOIN refused f ON f.sid = t.call",
		at:   "t.created", tie: "t.call",
	}
	s.and("coalesce(c.body, f.body) IS NOT NULL")
	s.is("t.account", string(f.Account))
	s.is("t.status", string(f.Status))
	s.within("t.created", f.Created)
	if f.Live != nil {
		s.and("t.live = ?", *f.Live)
	}
	if f.Refused != nil {
		s.and("(c.body IS NULL) = ?", *f.Refused)
	}
	text := strings.ToLower(strings.TrimSpace(f.Text))
	if sid := contract.CallSID(strings.Replace(text, "ca", "CA", 1)); sid.Valid() { // it is found at once
		s.and("t.call = ? AND t.created IN (SELECT created FROM calls WHERE sid = ? UNION ALL SELECT at FROM refused WHERE sid = ?)",
			string(sid), string(sid), string(sid))
	} else if text != "" {
		numbers, err := r.numbersNamed(ctx, text)
		if err != nil {
			return List[Found]{}, err
		}
		s.and(`(instr(t.text, ?) > 0 OR t.number IN (SELECT value FROM json_each(?)) OR t.call IN (SELECT p.call FROM participants p
			JOIN conferences x ON x.sid = p.conference WHERE instr(lower(x.friendly_name), ?) > 0))`, text, numbers, text)
	}
	found, err := read(ctx, r.db.read, s, p, scanFound)
	if err != nil {
		return found, err
	}
	names, err := r.numberNames(ctx)
	for i := range found.Items {
		info := &found.Items[i].Info
		info.NumberName = names[info.Number]
	}
	return found, err
}

func scanFound(rows *sql.Rows, place ...any) (item Item[Found], err error) {
	var updated int64
	var body, conferences []byte
	var number string
	f := &item.Info
	if err := rows.Scan(append(place, &f.Refused, &updated, &body, &f.Warnings, &conferences, &number)...); err != nil {
		return item, err
	}
	if err := json.Unmarshal(conferences, &f.Conferences); err != nil {
		return item, err
	}
	item.Updated = time.UnixMicro(updated)
	return item, json.Unmarshal(body, &f.CallInfo)
}

// numberNames returns the friendly names of all numbers, by number.
func (r *Records) numberNames(ctx context.Context) (map[string]string, error) {
	all, err := r.Numbers(ctx)
	names := make(map[string]string, len(all))
	for _, n := range all {
		names[n.Number] = n.FriendlyName
	}
	return names, err
}

// numbersNamed returns the numbers whose friendly name has a text, in JSON.
func (r *Records) numbersNamed(ctx context.Context, text string) (string, error) {
	names, err := r.numberNames(ctx)
	if err != nil {
		return "", err
	}
	numbers := []string{}
	for number, name := range names {
		if strings.Contains(strings.ToLower(name), text) {
			numbers = append(numbers, number)
		}
	}
	list, err := json.Marshal(numbers)
	return string(list), err
}

// changesText reports whether a call is found by something else after an event of
// that type: by its status, or at all.
func changesText(t contract.EventType) bool {
	switch t {
	case contract.EventCallWarning, contract.EventCallQuality, contract.EventCallModify:
		return false
	}
	return true
}

// text writes what a call can be found by.
func (w *writer) text(ctx context.Context, c contract.CallInfo) error {
	return w.exec(ctx, `INSERT INTO call_texts (created, call, account, status, live, number, text) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (created, call) DO UPDATE SET status = excluded.status, live = excluded.live`,
		c.Created.UnixMicro(), string(c.SID), string(c.Account), string(c.Status), !c.Status.Terminal(), c.Number,
		strings.ToLower(strings.Join([]string{string(c.SID), c.From, c.To, c.Caller, c.SIPCallID}, " ")))
}
