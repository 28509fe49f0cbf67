package story

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"confab/internal/contract"
	"confab/internal/mask"
)

// Fetched is a request on behalf of a call and its answer, as they were.
type Fetched struct {
	At       time.Time
	Took     time.Duration
	Why      string // see Document
	Method   string
	URL      string
	Params   map[string][]string
	Status   int // 0: nothing was answered
	Header   http.Header
	Body     []byte // at most as much of it as is of use; it must not be changed afterwards
	Size     int    // of the whole body
	Error    *contract.Error
	Attempts []Tried
}

// Tried is one request of those that a Fetched, or a callback, took.
type Tried struct {
	At     time.Time
	Took   time.Duration
	Method string
	URL    string
	Status int
	Err    string // in words that may be told
}

// Fetched takes a request on behalf of a call.
func (b *Book) Fetched(call contract.CallSID, f Fetched) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.call(call)
	if t == nil {
		return
	}
	if f.Size == 0 {
		f.Size = len(f.Body)
	}
	f.Body = f.Body[:min(len(f.Body), 2*maxBody)] // so that nothing to be masked is cut in two
	size := f.size()
	if !b.room(size) {
		b.leftOut["document"]++
		t.leftOut.Documents++
		return
	}
	t.count.documents++
	t.count.bodies += len(f.Body)
	if t.count.documents > maxDocuments || t.count.bodies > maxBodies {
		t.last.documents = append(t.last.documents, f)
		b.later(t, size)
		if len(t.last.documents) > maxLast {
			b.later(t, -t.last.documents[0].size())
			t.last.documents = slices.Delete(t.last.documents, 0, 1)
			b.leftOut["document"]++
			t.leftOut.Documents++
		}
		return
	}
	t.raw.documents = append(t.raw.documents, f)
	b.grown(t, size)
}

func (f Fetched) size() int { return len(f.Body) + len(f.URL) + 500 }

// shown returns f masked, as it is kept.
func (f Fetched) shown(codes []string) Document {
	d := Document{At: Time{f.At}, Took: Milliseconds(f.Took), Why: f.Why, Method: f.Method, URL: mask.Codes(mask.URL(f.URL), codes),
		Params: make(map[string]string, len(f.Params)), Status: f.Status, Size: f.Size, Attempts: []Attempt{}}
	if f.URL == "" {
		d.URL = ""
	}
	for name, values := range f.Params {
		d.Params[name] = mask.Codes(param(name, strings.Join(values, ", ")), codes)
	}
	d.ContentType = f.Header.Get("Content-Type")
	d.Headers = headers(f.Header, codes)
	d.Body = mask.Codes(body(f.Body, maxBody), codes)
	if f.Error != nil {
		d.Error = &Failure{int(f.Error.Code), mask.Codes(mask.Text(f.Error.Message), codes)}
	}
	for _, a := range f.Attempts {
		shown := a.shown()
		shown.URL = mask.Codes(shown.URL, codes)
		d.Attempts = append(d.Attempts, shown)
	}
	return d
}

// param is a parameter of a request as it is kept. ErrorUrl and the like hold a
// URL.
func param(name, value string) string {
	if strings.HasSuffix(name, "Url") {
		return mask.URL(value)
	}
	return mask.Value(name, value)
}

func (a Tried) shown() Attempt {
	return Attempt{At: Time{a.At}, Took: Milliseconds(a.Took), Method: a.Method, URL: mask.URL(a.URL), Status: a.Status, Error: mask.Text(a.Err)}
}

// headers are those of an answer as they are kept: a cookie may open a door.
func headers(of http.Header, codes []string) map[string]string {
	if len(of) == 0 {
		return nil
	}
	shown := make(map[string]string, len(of))
	size := 0
	for name, values := range of {
		v := valid(strings.Join(values, ", "))
		switch name {
		case "Set-Cookie", "Www-Authenticate", "Proxy-Authenticate", "Authentication-Info":
			v = mask.Mark
		case "Location", "Content-Location":
			v = mask.URL(v)
		default:
			v = mask.Value(name, v)
		}
		if size += len(name) + len(v); size > maxBody {
			break
		}
		shown[name] = mask.Codes(v, codes)
	}
	return shown
}

// body is the beginning of a text; nothing of what is none. It looks at twice as
// much as it returns, so that nothing to be masked is cut from what shows it.
func body(b []byte, most int) string {
	text := string(b[:min(len(b), 2*most)])
	for range utf8.UTFMax - 1 { // it may be cut in a character
		if r, n := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || n != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ""
	}
	text = mask.Text(text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

// valid is a text that JSON can hold as it is.
func valid(s string) string { return strings.ToValidUTF8(s, "�") }

// openVerb is a verb that runs.
type openVerb struct{ Verb }

// Running is a verb that has begun: End ends it. The zero value is of none.
type Running struct {
	book *Book
	call contract.CallSID
	verb *openVerb
}

// Begin takes a verb that begins. Its attributes are masked here.
func (b *Book) Begin(call contract.CallSID, v Verb) Running {
	if b == nil {
		return Running{}
	}
	v.Attributes = maskAttributes(v.Attributes)
	for i := range v.Nouns {
		v.Nouns[i].Attributes = maskAttributes(v.Nouns[i].Attributes)
	}
	v.At = Time{time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.call(call)
	if t == nil {
		return Running{}
	}
	if t.count.verbs++; t.count.verbs > maxVerbs || !b.room(300) {
		b.leftOut["verb"]++
		t.leftOut.Verbs++
		return Running{}
	}
	open := &openVerb{v}
	t.open = append(t.open, open)
	return Running{b, call, open}
}

// maskAttributes masks a verb's attributes. What <Play digits> and sendDigits
// press may open a door.
func maskAttributes(all map[string]string) map[string]string {
	out := make(map[string]string, len(all))
	for name, v := range all {
		switch name {
		case "numDigits", "finishOnKey":
			out[name] = v
		default:
			out[name] = mask.Value(name, mask.Text(v))
			if strings.Contains(v, "://") {
				out[name] = mask.URL(v)
			}
		}
	}
	return out
}

// End ends it: result says in words what came of it.
func (r Running) End(result string) {
	if r.book == nil {
		return
	}
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	t := r.book.call(r.call)
	if t == nil {
		return
	}
	for i, o := range t.open {
		if o != r.verb {
			continue
		}
		t.open = append(t.open[:i], t.open[i+1:]...)
		v := o.Verb
		v.Ended, v.Result = &Time{time.Now()}, result
		t.raw.verbs = append(t.raw.verbs, v)
		r.book.grown(t, 300+len(v.Text))
		return
	}
}

// Keyed is what a caller entered.
type Keyed struct {
	Verb       string
	Keys       string
	Menu       bool // a single key was asked for
	FinishedOn byte // 0: none
	Timeout    bool
	Forgotten  int // keys pressed before the verb began
}

// shortCode is how many keys an entry has at least that is looked for in what is
// told after it: a shorter one would be found everywhere.
const shortCode = 3

// Keyed takes what a caller entered. It is masked here, and wherever it comes up
// again in the story.
func (b *Book) Keyed(call contract.CallSID, k Keyed) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.call(call)
	if t == nil {
		return
	}
	if len(k.Keys) >= shortCode && len(t.codes) < maxCodes {
		t.codes = append(t.codes, k.Keys)
	}
	if t.count.digits++; t.count.digits > maxDigits || !b.room(100) {
		b.leftOut["digits"]++
		t.leftOut.Digits++
		return
	}
	d := Digits{At: Time{time.Now()}, Verb: k.Verb, Count: len(k.Keys), Timeout: k.Timeout, Forgotten: k.Forgotten}
	switch {
	case k.Keys == "":
	case k.Menu && len(k.Keys) == 1:
		d.Keys = k.Keys
	default:
		d.Keys, d.Masked = mask.Mark, true
	}
	if k.FinishedOn != 0 {
		d.FinishedOn = string(k.FinishedOn)
	}
	t.raw.digits = append(t.raw.digits, d)
	b.grown(t, 100)
}

// Keys in words.
func Keys(n int) string {
	if n == 1 {
		return "1 key"
	}
	return strconv.Itoa(n) + " keys"
}
