package store

import (
	"context"
	"database/sql"
	"time"

	"confab/internal/contract"
)

// ApplicationItem is an application, its place in a list of all, and when it
// was changed.
type ApplicationItem = Item[contract.ApplicationInfo]

// ApplicationFilter says which applications are wanted; zero fields are not
// asked about.
type ApplicationFilter struct {
	SID          contract.ApplicationSID
	FriendlyName string
}

// Applications returns a part of the applications, newest first.
func (r *Records) Applications(ctx context.Context, f ApplicationFilter, p Page) (List[contract.ApplicationInfo], error) {
	s := selection{from: "applications", at: "created", tie: "sid", columns: `updated, created, sid, friendly_name,
		voice_url, voice_method, fallback_url, fallback_method, status_callback, status_method`}
	s.is("sid", string(f.SID))
	s.is("friendly_name", f.FriendlyName)
	return read(ctx, r.db.read, s, p, func(rows *sql.Rows, place ...any) (item ApplicationItem, err error) {
		a := &item.Info
		var updated, created int64
		err = rows.Scan(append(place, &updated, &created, &a.SID, &a.FriendlyName, &a.VoiceURL, &a.VoiceMethod,
			&a.FallbackURL, &a.FallbackMethod, &a.StatusCallback, &a.StatusMethod)...)
		item.Updated, a.Created = time.UnixMicro(updated), time.UnixMicro(created)
		return item, err
	})
}

// Application returns the application of that SID.
func (r *Records) Application(ctx context.Context, sid contract.ApplicationSID) (item ApplicationItem, ok bool, err error) {
	if sid == "" {
		return item, false, nil
	}
	l, err := r.Applications(ctx, ApplicationFilter{SID: sid}, Page{Size: 1})
	if err != nil || len(l.Items) == 0 {
		return item, false, err
	}
	return l.Items[0], true, nil
}

// Answering returns what an application answers a call with that was made to it and
// to no number (call.Applications). It reads the database each time.
func (r *Records) Answering(ctx context.Context, sid contract.ApplicationSID) (n contract.NumberInfo, ok bool, err error) {
	item, ok, err := r.Application(ctx, sid)
	a := item.Info
	return contract.NumberInfo{
		FriendlyName: a.FriendlyName, Application: a.SID,
		VoiceURL: a.VoiceURL, VoiceMethod: a.VoiceMethod,
		FallbackURL: a.FallbackURL, FallbackMethod: a.FallbackMethod,
		StatusCallback: a.StatusCallback, StatusMethod: a.StatusMethod,
	}, ok, err
}

// AddApplication stores an application under a new SID and returns it as
// stored.
func (r *Records) AddApplication(ctx context.Context, a contract.ApplicationInfo) (contract.ApplicationInfo, error) {
	now := time.Now().UnixMicro()
	a.SID, a.Created = contract.NewApplicationSID(), time.UnixMicro(now)
	_, err := r.db.changeRow(ctx, `INSERT INTO applications (sid, friendly_name, voice_url, voice_method,
		fallback_url, fallback_method, status_callback, status_method, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(a.SID), a.FriendlyName, a.VoiceURL, a.VoiceMethod, a.FallbackURL, a.FallbackMethod,
		a.StatusCallback, a.StatusMethod, now, now)
	return a, wrap("add application", err)
}

// ChangeApplication changes an application, all at once; it reports whether
// there is one of that SID.
func (r *Records) ChangeApplication(ctx context.Context, sid contract.ApplicationSID, c VoiceChange) (bool, error) {
	done, err := r.db.changeRow(ctx, "UPDATE applications SET "+voiceChanges+", updated = ? WHERE sid = ?",
		append(c.args(), time.Now().UnixMicro(), string(sid))...)
	return done, wrap("change application "+string(sid), err)
}

// RemoveApplication removes an application; numbers that had it have none then.
// It reports whether there was one.
func (r *Records) RemoveApplication(ctx context.Context, sid contract.ApplicationSID) (bool, error) {
	done, err := r.db.changeRow(ctx, "DELETE FROM applications WHERE sid = ?", string(sid))
	return done, wrap("remove application "+string(sid), err)
}
