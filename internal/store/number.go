package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"confab/internal/contract"
)

// What callers of the numbers branch on.
var (
	ErrNumberExists   = errors.New("number exists already")
	ErrNumberNotFound = errors.New("no such number")
	// ErrNumberConfigured: the number is given in the configuration file, which
	// is the only place to change it.
	ErrNumberConfigured = errors.New("number is given in the configuration file and cannot be changed here")
	// ErrNoApplication: what a number is to be given does not exist.
	ErrNoApplication = errors.New("no such application")
)

// everyOther is the number that stands for all that have no entry.
const everyOther = "*"

const numberQuery = `SELECT sid, key, friendly_name, voice_url, voice_method,
	fallback_url, fallback_method, status_callback, status_method, COALESCE(application, ''), type, created, updated FROM numbers WHERE `

// NumberItem is a number, its place in a list of all, and when it was changed.
type NumberItem = Item[contract.NumberInfo]

// NumberChange is what is to be changed of a number; what is nil stays.
type NumberChange struct {
	VoiceChange
	Application *contract.ApplicationSID // empty: none
}

// SetConfigNumbers replaces the numbers given in the configuration. They live
// in memory only, hide stored ones of the same number, and get a SID made from
// the number itself, the same at every start. A number that is given twice is
// an error.
func (r *Records) SetConfigNumbers(numbers []contract.NumberInfo) error {
	config := make(map[string]contract.NumberInfo, len(numbers))
	for _, n := range numbers {
		key, err := normal(n.Number)
		if err != nil {
			return err
		}
		if _, twice := config[key]; twice {
			return fmt.Errorf("number %s is given twice", key)
		}
		sum := sha256.Sum256([]byte(key))
		n.SID = contract.NumberSID("PN" + hex.EncodeToString(sum[:16]))
		n.Number, n.FromConfig = key, true
		config[key] = n
	}
	r.mu.Lock()
	r.config = config
	r.mu.Unlock()
	r.db.numbers.changed()
	return nil
}

// Number finds who is called by the user part of a request URI: the number as
// dialled (an E.164 number with or without its plus sign), and otherwise the
// number "*". Where it has an application, the addresses are the application's.
// What this process changes counts at once, what another one does after 50 ms at
// the latest. A whole SIP or tel URI may be given too.
func (r *Records) Number(ctx context.Context, user string) (n contract.NumberInfo, ok bool, err error) {
	return r.db.numbers.number(ctx, user, r.readNumber)
}

func (r *Records) readNumber(ctx context.Context, user string) (n contract.NumberInfo, ok bool, err error) {
	config := r.configured()
	for _, key := range dialled(user) {
		if n, ok := config[key]; ok {
			return n, true, nil
		}
		item, ok, err := storedNumber(r.numberByKey.QueryRowContext(ctx, key))
		if err != nil {
			return n, false, err
		}
		if ok {
			n, err := r.applied(ctx, item.Info)
			return n, err == nil, err
		}
	}
	return contract.NumberInfo{}, false, nil
}

// applied gives a number the addresses of its application. The number's own
// fallback and status callback are left out with the rest (Twilio
// IncomingPhoneNumber resource, VoiceApplicationSid).
func (r *Records) applied(ctx context.Context, n contract.NumberInfo) (contract.NumberInfo, error) {
	if n.Application == "" {
		return n, nil
	}
	item, ok, err := r.Application(ctx, n.Application)
	if err != nil || !ok { // removed a moment ago: the number is its own again
		return n, err
	}
	a := item.Info
	n.VoiceURL, n.VoiceMethod = a.VoiceURL, a.VoiceMethod
	n.FallbackURL, n.FallbackMethod = a.FallbackURL, a.FallbackMethod
	n.StatusCallback, n.StatusMethod = a.StatusCallback, a.StatusMethod
	return n, nil
}

// Numbers returns all numbers by their spelling, those of the configuration
// included, each with the addresses of its own.
func (r *Records) Numbers(ctx context.Context) (numbers []contract.NumberInfo, err error) {
	items, err := r.NumberItems(ctx)
	for _, item := range items {
		numbers = append(numbers, item.Info)
	}
	slices.SortFunc(numbers, func(a, b contract.NumberInfo) int { return cmp.Compare(a.Number, b.Number) })
	return numbers, err
}

// NumberItems returns all numbers, in no order, those of the configuration
// included: these come before all others in time.
func (r *Records) NumberItems(ctx context.Context) (items []NumberItem, err error) {
	config := r.configured()
	for _, n := range config {
		items = append(items, configItem(n))
	}
	err = each(ctx, r.db.read, func(rows *sql.Rows) error {
		item, err := scanNumber(rows)
		if err != nil {
			return err
		}
		if _, hidden := config[item.Info.Number]; !hidden {
			items = append(items, item)
		}
		return nil
	}, numberQuery+"true")
	return items, wrap("read numbers", err)
}

// NumberBySID returns the number of that SID, with the addresses of its own.
func (r *Records) NumberBySID(ctx context.Context, sid contract.NumberSID) (item NumberItem, ok bool, err error) {
	config := r.configured()
	for _, n := range config {
		if n.SID == sid {
			return configItem(n), true, nil
		}
	}
	item, ok, err = storedNumber(r.db.read.QueryRowContext(ctx, numberQuery+"sid = ?", string(sid)))
	if _, hidden := config[item.Info.Number]; hidden {
		return NumberItem{}, false, err
	}
	return item, ok, err
}

// AddNumber stores a number under a new SID and returns it as stored, in
// normal form. ErrNumberExists, ErrNumberConfigured, ErrNoApplication.
func (r *Records) AddNumber(ctx context.Context, n contract.NumberInfo) (contract.NumberInfo, error) {
	key, err := normal(n.Number)
	if err != nil {
		return contract.NumberInfo{}, err
	}
	if _, ok := r.configured()[key]; ok {
		return contract.NumberInfo{}, fmt.Errorf("add number %s: %w", key, ErrNumberConfigured)
	}
	now := time.Now().UnixMicro()
	n.SID, n.Number, n.FromConfig, n.Created = contract.NewNumberSID(), key, false, time.UnixMicro(now)
	done, err := r.db.changeRow(ctx, `INSERT INTO numbers (sid, key, friendly_name, voice_url, voice_method,
		fallback_url, fallback_method, status_callback, status_method, application, type, created, updated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		string(n.SID), key, n.FriendlyName, n.VoiceURL, n.VoiceMethod, n.FallbackURL, n.FallbackMethod,
		n.StatusCallback, n.StatusMethod, string(n.Application), string(n.Type), now, now)
	if err == nil && !done {
		err = ErrNumberExists
	}
	if err != nil {
		return contract.NumberInfo{}, fmt.Errorf("add number %s: %w", key, referenced(err))
	}
	return n, nil
}

// ChangeNumber changes the stored number of that SID, all at once.
// ErrNumberNotFound, ErrNumberConfigured, ErrNoApplication.
func (r *Records) ChangeNumber(ctx context.Context, sid contract.NumberSID, c NumberChange) error {
	item, ok, err := r.NumberBySID(ctx, sid)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("change number %s: %w", sid, ErrNumberNotFound)
	case item.Info.FromConfig:
		return fmt.Errorf("change number %s: %w", item.Info.Number, ErrNumberConfigured)
	}
	// NULL says that a value stays, an empty application that there is none.
	args := append(c.args(), c.Application, c.Application, time.Now().UnixMicro(), string(sid))
	done, err := r.db.changeRow(ctx, "UPDATE numbers SET "+voiceChanges+`,
		application = CASE WHEN ? IS NULL THEN application ELSE NULLIF(?, '') END, updated = ? WHERE sid = ?`, args...)
	if err == nil && !done {
		err = ErrNumberNotFound
	}
	return wrap("change number "+string(sid), referenced(err))
}

// RemoveNumber removes a stored number, named by its spelling or its SID.
// ErrNumberNotFound, ErrNumberConfigured.
func (r *Records) RemoveNumber(ctx context.Context, number string) error {
	key, err := normal(number)
	if err != nil {
		return err
	}
	for _, c := range r.configured() {
		if string(c.SID) == number || c.Number == key {
			return fmt.Errorf("remove number %s: %w", number, ErrNumberConfigured)
		}
	}
	done, err := r.db.changeRow(ctx, "DELETE FROM numbers WHERE key = ? OR sid = ?", key, number)
	if err == nil && !done {
		err = ErrNumberNotFound
	}
	return wrap("remove number "+number, err)
}

func (r *Records) configured() map[string]contract.NumberInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.config
}

// storedNumber reads the number, if any, that a query of the database found.
func storedNumber(row *sql.Row) (item NumberItem, ok bool, err error) {
	item, err = scanNumber(row)
	if errors.Is(err, sql.ErrNoRows) {
		return NumberItem{}, false, nil
	}
	return item, err == nil, wrap("read number", err)
}

func scanNumber(row interface{ Scan(...any) error }) (item NumberItem, err error) {
	n := &item.Info
	var created, updated int64
	err = row.Scan(&n.SID, &n.Number, &n.FriendlyName, &n.VoiceURL, &n.VoiceMethod,
		&n.FallbackURL, &n.FallbackMethod, &n.StatusCallback, &n.StatusMethod, &n.Application, &n.Type, &created, &updated)
	n.Created, item.Updated = time.UnixMicro(created), time.UnixMicro(updated)
	item.Key = Key{At: created, Tie: string(n.SID)}
	return item, err
}

func configItem(n contract.NumberInfo) NumberItem {
	return NumberItem{Info: n, Key: Key{Tie: string(n.SID)}}
}

// referenced tells that a statement names an application that does not exist.
func referenced(err error) error {
	if e := new(sqlite.Error); errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY {
		return ErrNoApplication
	}
	return err
}
