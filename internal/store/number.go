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
	"strings"
	"time"

	"confab/internal/contract"
)

// What callers of the numbers branch on.
var (
	ErrNumberExists   = errors.New("number exists already")
	ErrNumberNotFound = errors.New("no such number")
	// ErrNumberConfigured: the number is given in the configuration file, which
	// is the only place to change it.
	ErrNumberConfigured = errors.New("number is given in the configuration file and cannot be changed here")
)

// everyOther is the number that stands for all that have no entry.
const everyOther = "*"

const numberColumns = `sid, key, friendly_name, voice_url, voice_method,
	fallback_url, fallback_method, status_callback, status_method`

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
	return nil
}

// Number finds who is called by the user part of a request URI: the number as
// dialled (an E.164 number with or without its plus sign), and otherwise the
// number "*". It reads the database each time, so that what another process
// writes counts at once. A whole SIP or tel URI may be given too.
func (r *Records) Number(ctx context.Context, user string) (n contract.NumberInfo, ok bool, err error) {
	config := r.configured()
	for _, key := range dialled(user) {
		if n, ok := config[key]; ok {
			return n, true, nil
		}
		if n, ok, err := r.stored(ctx, "key", key); ok || err != nil {
			return n, ok, err
		}
	}
	return contract.NumberInfo{}, false, nil
}

// Numbers returns all numbers by their spelling, those of the configuration
// included.
func (r *Records) Numbers(ctx context.Context) (numbers []contract.NumberInfo, err error) {
	config := r.configured()
	for _, n := range config {
		numbers = append(numbers, n)
	}
	err = each(ctx, r.db.read, func(rows *sql.Rows) error {
		n, err := scanNumber(rows)
		if err != nil {
			return err
		}
		if _, hidden := config[n.Number]; !hidden {
			numbers = append(numbers, n)
		}
		return nil
	}, "SELECT "+numberColumns+" FROM numbers")
	slices.SortFunc(numbers, func(a, b contract.NumberInfo) int { return cmp.Compare(a.Number, b.Number) })
	return numbers, wrap("read numbers", err)
}

// NumberBySID returns the number of that SID.
func (r *Records) NumberBySID(ctx context.Context, sid contract.NumberSID) (n contract.NumberInfo, ok bool, err error) {
	config := r.configured()
	for _, n := range config {
		if n.SID == sid {
			return n, true, nil
		}
	}
	n, ok, err = r.stored(ctx, "sid", string(sid))
	if _, hidden := config[n.Number]; hidden {
		return contract.NumberInfo{}, false, err
	}
	return n, ok, err
}

// AddNumber stores a number under a new SID and returns it as stored, in
// normal form. ErrNumberExists, ErrNumberConfigured.
func (r *Records) AddNumber(ctx context.Context, n contract.NumberInfo) (contract.NumberInfo, error) {
	key, err := normal(n.Number)
	if err != nil {
		return contract.NumberInfo{}, err
	}
	if _, ok := r.configured()[key]; ok {
		return contract.NumberInfo{}, fmt.Errorf("add number %s: %w", key, ErrNumberConfigured)
	}
	n.SID, n.Number, n.FromConfig = contract.NewNumberSID(), key, false
	now := time.Now().UnixMicro()
	done, err := r.db.changeRow(ctx, "INSERT INTO numbers ("+numberColumns+`, created, updated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		string(n.SID), key, n.FriendlyName, n.VoiceURL, n.VoiceMethod,
		n.FallbackURL, n.FallbackMethod, n.StatusCallback, n.StatusMethod, now, now)
	if err == nil && !done {
		err = ErrNumberExists
	}
	if err != nil {
		return contract.NumberInfo{}, fmt.Errorf("add number %s: %w", key, err)
	}
	return n, nil
}

// UpdateNumber replaces the stored number that has n's SID. ErrNumberNotFound,
// ErrNumberExists, ErrNumberConfigured.
func (r *Records) UpdateNumber(ctx context.Context, n contract.NumberInfo) error {
	key, err := normal(n.Number)
	if err != nil {
		return err
	}
	for _, c := range r.configured() {
		if c.SID == n.SID || c.Number == key {
			return fmt.Errorf("update number %s: %w", key, ErrNumberConfigured)
		}
	}
	// OR IGNORE: a key that another number has changes no row.
	done, err := r.db.changeRow(ctx, `UPDATE OR IGNORE numbers SET key = ?, friendly_name = ?, voice_url = ?, voice_method = ?,
		fallback_url = ?, fallback_method = ?, status_callback = ?, status_method = ?, updated = ? WHERE sid = ?`,
		key, n.FriendlyName, n.VoiceURL, n.VoiceMethod, n.FallbackURL, n.FallbackMethod,
		n.StatusCallback, n.StatusMethod, time.Now().UnixMicro(), string(n.SID))
	if err == nil && !done {
		err = ErrNumberNotFound
		if _, ok, _ := r.stored(ctx, "sid", string(n.SID)); ok {
			err = ErrNumberExists
		}
	}
	return wrap("update number "+key, err)
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

// stored finds a number in the database by the value of a column.
func (r *Records) stored(ctx context.Context, column, value string) (n contract.NumberInfo, ok bool, err error) {
	n, err = scanNumber(r.db.read.QueryRowContext(ctx, "SELECT "+numberColumns+" FROM numbers WHERE "+column+" = ?", value))
	if errors.Is(err, sql.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, wrap("read number", err)
}

func scanNumber(row interface{ Scan(...any) error }) (n contract.NumberInfo, err error) {
	err = row.Scan(&n.SID, &n.Number, &n.FriendlyName, &n.VoiceURL, &n.VoiceMethod,
		&n.FallbackURL, &n.FallbackMethod, &n.StatusCallback, &n.StatusMethod)
	return n, err
}

// dialled returns the keys to look a dialled number up by, best first.
func dialled(user string) []string {
	keys := []string{user}
	if key, err := normal(user); err == nil {
		keys = append(keys, key)
	}
	return append(slices.Compact(keys), everyOther)
}

// normal returns the form in which a number is kept and looked up: an E.164
// number with its plus sign and without separators; any other SIP user part as
// it is, for case counts in it (RFC 3261 §19.1.4); "*" for every other number.
// A URI is reduced to its user part.
func normal(number string) (string, error) {
	user := strings.TrimSpace(number)
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(user) >= len(scheme) && strings.EqualFold(user[:len(scheme)], scheme) {
			user = user[len(scheme):]
			break
		}
	}
	user, _, _ = strings.Cut(user, "@")
	user, _, _ = strings.Cut(user, ";") // parameters of a telephone-subscriber (RFC 3966 §3)
	if user == "" {
		return "", fmt.Errorf("number %q is empty", number)
	}
	if i := strings.IndexFunc(user, func(c rune) bool { return c <= ' ' || c == 0x7f }); i >= 0 && e164(user) == "" {
		return "", fmt.Errorf("number %q has a space or a control character in it", number)
	}
	if n := e164(user); n != "" {
		return n, nil
	}
	return user, nil
}

// e164 returns a number of ITU-T E.164 form: plus sign, no leading zero, 7 to
// 15 digits. Shorter ones are extensions. It returns "" for anything else.
func e164(user string) string {
	digits := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -.()", c) { // RFC 3966 §3: visual separators
			return -1
		}
		return c
	}, user)
	digits = strings.TrimPrefix(digits, "+")
	if len(digits) < 7 || len(digits) > 15 || digits[0] == '0' {
		return ""
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return ""
		}
	}
	return "+" + digits
}
