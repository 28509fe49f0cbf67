package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
)

// Notice is a warning as it was recorded: on a call, or about a callback that
// was given up.
type Notice struct {
	contract.Warning
	SID  contract.NotificationSID
	Call contract.CallSID // empty when it concerns no call
	At   time.Time

	// Method is that of the request which it is about; empty when it is about none.
	Method string
}

// NoticeFilter says which notices are wanted; zero fields are not asked about.
type NoticeFilter struct {
	SID   contract.NotificationSID
	Call  contract.CallSID
	At    Span
	Level *contract.Level
}

// Notices returns a part of the notices. Those about newer events come first. One
// that is asked for by its SID has its Exchange.
func (r *Records) Notices(ctx context.Context, f NoticeFilter, p Page) (List[Notice], error) {
	s := selection{
		columns: `w.code, w.call, w.at, w.message, w.url, coalesce(x.method,
			CASE e.callback WHEN 1 THEN coalesce(json_extract(e.body, '$.Callback.Method'), 'POST') ELSE '' END)`,
		from: "warnings w LEFT JOIN events e ON e.pos = w.pos LEFT JOIN exchanges x ON x.id = w.exchange AND w.exchange <> ''",
		at:   "w.pos", tie: "printf('%010d', w.code)",
	}
	if f.SID == "" {
		s.columns += ", NULL, '', '', ''"
	} else {
		s.columns += ", x.id, coalesce(x.variables, ''), coalesce(x.headers, ''), coalesce(x.body, '')"
		pos, code, ok := parseNoticeSID(f.SID)
		if !ok {
			return List[Notice]{}, nil
		}
		s.and("w.pos = ? AND w.code = ?", pos, code)
	}
	s.is("w.call", string(f.Call))
	s.within("w.at", f.At)
	if f.Level != nil {
		s.level(*f.Level)
	}
	return read(ctx, r.db.read, s, p, scanNotice)
}

// level asks for notices of a level.
func (s *selection) level(level contract.Level) {
	codes := contract.ErrorCodes()
	in := " IN "
	if level != contract.LevelError {
		in = " NOT IN "
	}
	args := make([]any, len(codes))
	for i, c := range codes {
		args[i] = int(c)
	}
	s.and("w.code"+in+"(?"+strings.Repeat(", ?", len(codes)-1)+")", args...)
}

func scanNotice(rows *sql.Rows, place ...any) (item Item[Notice], err error) {
	n := &item.Info
	var at int64
	var id sql.NullString
	var x contract.Exchange
	if err := rows.Scan(append(place, &n.Code, &n.Call, &at, &n.Message, &n.URL, &n.Method, &id, &x.Variables, &x.Headers, &x.Body)...); err != nil {
		return item, err
	}
	if id.Valid {
		x.ID, x.Method = id.String, n.Method
		n.Exchange = &x
	}
	n.At = time.UnixMicro(at)
	n.SID = noticeSID(*place[0].(*int64), n.Code)
	item.Updated = n.At
	return item, nil
}

// noticeSID names a notice by what it is kept under, position and code.
func noticeSID(pos int64, code contract.Code) contract.NotificationSID {
	return contract.NotificationSID(fmt.Sprintf("NO%016x%016x", pos, int64(code)))
}

func parseNoticeSID(sid contract.NotificationSID) (pos, code int64, ok bool) {
	if !sid.Valid() {
		return 0, 0, false
	}
	pos, err1 := strconv.ParseInt(string(sid[2:18]), 16, 64)
	code, err2 := strconv.ParseInt(string(sid[18:]), 16, 64)
	return pos, code, err1 == nil && err2 == nil
}
