package story

import (
	"cmp"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"confab/internal/contract"
)

// Store keeps stories for good; store.Store is one. It does not block; false
// says that it has not kept what it was given.
type Store interface {
	KeepPart(subject string, part int, at time.Time, body []byte) bool
	KeepRefused(contract.CallInfo) bool
	KeepDelivery(pos contract.Pos, attempt int, body []byte) bool
}

// The bounds. What is beyond one is counted and left out; of messages and
// documents the last few are kept whatever came before, for the end of a call is
// what is asked about most.
const (
	maxStories   = 20_000   // that are written at one time, unbound ones included
	maxUnbound   = 4_000    // messages of no call yet, by Call-ID
	maxWaiting   = 64 << 20 // bytes of all that wait to be written
	maxMessages  = 400      // of one call
	maxSIP       = 512 << 10
	maxMessage   = 16 << 10
	maxDocuments = 200
	maxBodies    = 1 << 20
	maxBody      = 16 << 10
	maxVerbs     = 1_000
	maxDigits    = 1_000
	maxSpurts    = 20_000 // of one conference
	maxLast      = 20     // messages, or documents, beyond the bound
	maxCodes     = 50     // that are looked for in what comes after
	maxSamples   = 360    // of one length, of a call
)

// When what is told is written, and let go of.
const (
	every      = time.Second / 4  // a look at all of them: what is to be written comes little by little
	patience   = 5 * time.Second  // of what is to be written
	saveVoice  = time.Minute      // how often the quality of a live call is
	aftermath  = 40 * time.Second // messages may come after the end of a call (RFC 3261 §17: 64*T1 = 32 s)
	hesitation = 10 * time.Second // from a refusal on, until it is known that no call came of it
	ringing    = 5 * time.Minute  // without a message, until a Call-ID is forgotten that no call came of
)

// Stats is what a Book has counted, and holds.
type Stats struct {
	Stories int               // being written
	Waiting int               // bytes that wait to be
	Kept    uint64            // parts
	LeftOut map[string]uint64 // what is not kept, by what it was
}

// Book is where stories are written: it takes what happens, without ever
// waiting, and gives it to the store in parts. All methods may be called from any
// goroutine, and on a nil Book, which keeps nothing.
type Book struct {
	store   Store
	account contract.AccountSID
	log     *slog.Logger
	seed    maphash.Seed

	mu          sync.Mutex
	calls       map[contract.CallSID]*telling
	dialogs     map[string]*telling // by Call-ID
	unbound     int                 // of dialogs
	conferences map[contract.ConferenceSID]*talk
	waiting     int
	kept        uint64
	leftOut     map[string]uint64
	refusals    bucket
}

// New returns an empty book of the calls of an account, which is written to s
// while Run runs. A nil log discards.
func New(s Store, account contract.AccountSID, log *slog.Logger) *Book {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Book{store: s, account: account, log: log, seed: maphash.MakeSeed(), calls: make(map[contract.CallSID]*telling), dialogs: make(map[string]*telling),
		conferences: make(map[contract.ConferenceSID]*talk),
		leftOut:     map[string]uint64{"message": 0, "document": 0, "verb": 0, "digits": 0, "spurt": 0, "call": 0, "refused call": 0, "part": 0, "attempt": 0},
		refusals:    bucket{left: maxRefusals}}
}

// telling is the story of one call, or of a Call-ID that may become one.
type telling struct {
	sid    contract.CallSID // empty: unbound
	callID string

	raw      raw // not yet written
	size     int // bytes of it
	part     int // number of the next one
	flying   []flown
	last     raw // the last few beyond a bound
	lastSize int // bytes of them
	count    counts
	leftOut  LeftOut
	open     []*openVerb
	codes    []string
	passed   []uint64 // sums of the last messages: who comes again is known by it
	voice    voice
	since    time.Time // when the first of raw came
	heard    time.Time // when the last message did
	final    int       // status of a final answer to INVITE; 0: none yet
	ended    time.Time
}

// raw is what was told, as it was told.
type raw struct {
	messages  []heardMessage
	documents []Fetched
	verbs     []Verb
	digits    []Digits
}

func (r raw) empty() bool {
	return len(r.messages)+len(r.documents)+len(r.verbs)+len(r.digits) == 0
}

// counts is how much was taken.
type counts struct {
	messages, sip, documents, bodies, verbs, digits int
}

// call returns the story of a call, or nil.
func (b *Book) call(sid contract.CallSID) *telling { return b.calls[sid] }

// grown notes that something of so many bytes was told. Room for it must have been
// asked for.
func (b *Book) grown(t *telling, size int) {
	if t.size == 0 {
		t.since = time.Now()
	}
	t.size += size
	b.waiting += size
}

// later notes that so many bytes more, or less, wait to be written at the end.
func (b *Book) later(t *telling, size int) {
	t.lastSize += size
	b.waiting += size
}

// room reports whether so many bytes more may wait.
func (b *Book) room(size int) bool { return b.waiting+size <= maxWaiting }

// Noticed takes an event of the journal: it is how a story learns that a call
// begins, and ends.
func (b *Book) Noticed(e contract.Event) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case e.Conference != nil && e.Type == contract.EventConferenceEnd:
		if t := b.conferences[e.Conference.SID]; t != nil {
			t.ended = e.Time
		}
	case e.Call != nil:
		b.noticeCall(*e.Call)
	}
}

func (b *Book) noticeCall(c contract.CallInfo) {
	id := cmp.Or(c.SIPCallID, string(c.SID)) // that Trace is told
	t := b.calls[c.SID]
	if t == nil {
		if c.Status.Terminal() || len(b.calls) >= maxStories {
			if !c.Status.Terminal() {
				b.leftOut["call"]++
			}
			return // it has been let go of, or there is no room
		}
		if t = b.dialogs[id]; t == nil || t.sid != "" {
			t = &telling{}
		} else {
			b.unbound--
		}
		t.sid = c.SID
		b.calls[c.SID] = t
	}
	if t.callID != id {
		if early := b.dialogs[id]; early != nil && early != t && early.sid == "" {
			// Its Call-ID is known only now: what has passed is its own.
			t.raw.messages = append(early.raw.messages, t.raw.messages...)
			t.size += early.size
			t.count.messages += early.count.messages
			t.count.sip += early.count.sip
			if t.since.IsZero() || early.since.Before(t.since) {
				t.since = early.since
			}
			b.unbound--
		}
		if b.dialogs[t.callID] == t {
			delete(b.dialogs, t.callID)
		}
		t.callID = id
		b.dialogs[id] = t
	}
	if c.Status.Terminal() && t.ended.IsZero() {
		t.ended = time.Now()
	}
}

// Stats returns the counts.
func (b *Book) Stats() Stats {
	if b == nil {
		return Stats{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{Stories: len(b.calls) + b.unbound, Waiting: b.waiting, Kept: b.kept, LeftOut: make(map[string]uint64, len(b.leftOut))}
	for what, n := range b.leftOut {
		s.LeftOut[what] = n
	}
	return s
}

// Journal is what calls and conferences append their events to; store.Store is
// one.
type Journal interface {
	Append(contract.Event) contract.Pos
	Healthy() error
}

// Watch returns a journal whose events the book notices on their way.
func (b *Book) Watch(j Journal) Journal {
	if b == nil {
		return j
	}
	return watched{j, b}
}

type watched struct {
	Journal
	book *Book
}

// Append notices e and appends it.
func (w watched) Append(e contract.Event) contract.Pos {
	w.book.Noticed(e)
	return w.Journal.Append(e)
}
