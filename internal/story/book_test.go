package story_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/story"
)

const account = contract.AccountSID("AC00112233445566778899aabbccddeeff")

// shelf keeps parts in memory, or not at all.
type shelf struct {
	mu         sync.Mutex
	full       bool
	parts      map[string]map[int][]byte
	refused    []contract.CallInfo
	deliveries []string
}

func (s *shelf) KeepPart(subject string, part int, _ time.Time, body []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return false
	}
	if s.parts == nil {
		s.parts = make(map[string]map[int][]byte)
	}
	if s.parts[subject] == nil {
		s.parts[subject] = make(map[int][]byte)
	}
	s.parts[subject][part] = body
	return true
}

func (s *shelf) KeepRefused(c contract.CallInfo) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, c)
	return !s.full
}

func (s *shelf) KeepDelivery(_ contract.Pos, attempt int, body []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, fmt.Sprint(attempt, " ", string(body)))
	return !s.full
}

// part returns one part of a subject, if it is kept.
func (s *shelf) part(subject string, n int) (body []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, ok = s.parts[subject][n]
	return body, ok
}

// of returns all that is kept of a subject, in the order of its parts.
func (s *shelf) of(t *testing.T, subject string) (all story.Part) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := -1; n < len(s.parts[subject])+1; n++ {
		if body, ok := s.parts[subject][n]; ok {
			p, err := story.Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			all.Add(p)
		}
	}
	return all
}

// running plays f beside a book that is being written.
func running(t *testing.T, f func(b *story.Book, s *shelf)) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		b := story.New(s, account, nil)
		var wg sync.WaitGroup
		wg.Go(func() { b.Run(t.Context(), func(int, int) {}) })
		f(b, s)
	})
}

var ours, theirs = netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.20:5060")

func message(text string) story.Traced {
	return story.Traced{At: time.Now(), Transport: "udp", Local: ours, Remote: theirs, Raw: []byte(text)}
}

func invite(id string) story.Traced {
	return message("INVITE sip:+15550100@192.0.2.1 SIP/2.0\r\nFrom: \"Ann\" <sip:%61nn@[2001:db8::1]:5060;x=1>;tag=1\r\nCall-ID: " + id + "\r\nCSeq: 1 INVITE\r\n\r\n")
}

func info(n int, status contract.CallStatus) contract.CallInfo {
	return contract.CallInfo{SID: contract.CallSID(fmt.Sprintf("CA%032d", n)), SIPCallID: fmt.Sprint("id", n), Status: status}
}

func notice(b *story.Book, c contract.CallInfo) { b.Noticed(contract.Event{Call: &c}) }

// What passes before a call has a SID is the call's, and what comes after its end
// still is for a while; then it is let go of.
func TestBook_aCallFromItsFirstMessageOn(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		b.Trace("id1", message("OPTIONS sip:x SIP/2.0\r\n\r\n")) // begins nothing
		b.Trace("id1", invite("id1"))
		b.Trace("id1", invite("id1"))
		notice(b, info(1, contract.CallRinging))
		sid := info(1, "").SID
		if l, ok := b.Live(sid); !ok || len(l.Parts[0].SIP) != 2 || l.Parts[0].SIP[0].Again || !l.Parts[0].SIP[1].Again {
			t.Errorf("at once: %+v", l)
		}
		v := b.Begin(sid, story.Verb{Name: "Say", Attributes: map[string]string{"voice": "x"}, Text: "hi"})
		time.Sleep(7 * time.Second)
		l, _ := b.Live(sid)
		if got := s.of(t, string(sid)); len(got.SIP) != 2 || len(got.Verbs) != 0 || len(l.Now.Verbs) != 1 {
			t.Errorf("after a while: %+v, %+v", got, l)
		}
		v.End("spoken")
		v.End("twice")
		notice(b, info(1, contract.CallCompleted))
		time.Sleep(20 * time.Second)
		b.Trace("id1", message("BYE sip:x SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n")) // it comes again
		time.Sleep(30 * time.Second)
		notice(b, info(1, contract.CallCompleted)) // of its quality
		got := s.of(t, string(sid))
		if len(got.SIP) != 3 || len(got.Verbs) != 1 || got.Verbs[0].Result != "spoken" || got.Verbs[0].Ended == nil {
			t.Errorf("in the end: %+v", got)
		}
		if _, ok := b.Live(sid); ok || b.Stats().Stories != 0 || b.Stats().Waiting != 0 {
			t.Errorf("it is not let go of: %+v", b.Stats())
		}
	})
}

// The beginning and the end of a call are kept, however much lies between.
func TestBook_bounds(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		notice(b, info(1, contract.CallInProgress))
		sid := info(1, "").SID
		b.Trace("id1", invite("id1"))
		for i := range 1000 {
			b.Trace("id1", message(fmt.Sprintf("OPTIONS sip:x SIP/2.0\r\nCSeq: %d OPTIONS\r\n\r\n", i)))
			b.Fetched(sid, story.Fetched{At: time.Now(), URL: fmt.Sprint("http://a.example/", i)})
			b.Begin(sid, story.Verb{Name: "Pause"}).End("")
			b.Keyed(sid, story.Keyed{Verb: "Gather", Keys: "1", Menu: true})
			if i%50 == 0 {
				time.Sleep(time.Second)
			}
		}
		b.Begin(sid, story.Verb{Name: "Pause"}).End("")
		b.Keyed(sid, story.Keyed{Verb: "Gather", Keys: "2"})
		b.Trace("id1", message("BYE sip:x SIP/2.0\r\nCSeq: 9 BYE\r\n\r\n"))
		notice(b, info(1, contract.CallCompleted))
		time.Sleep(time.Minute)
		got := s.of(t, string(sid))
		if n := len(got.SIP); n != 420 || !strings.HasPrefix(got.SIP[0].Text, "INVITE") || !strings.HasPrefix(got.SIP[n-1].Text, "BYE") || got.LeftOut.SIP != 1002-420 {
			t.Errorf("%d messages, %d left out", n, got.LeftOut.SIP)
		}
		if n := len(got.Documents); n != 220 || !strings.HasSuffix(got.Documents[n-1].URL, "/999") || got.LeftOut.Documents != 780 {
			t.Errorf("%d documents, %d left out", n, got.LeftOut.Documents)
		}
		if len(got.Verbs) != 1000 || got.LeftOut.Verbs != 1 || len(got.Digits) != 1000 || got.LeftOut.Digits != 1 || got.Digits[0].Keys != "1" || got.Digits[0].Masked {
			t.Errorf("%d verbs, %d digits, left out %+v", len(got.Verbs), len(got.Digits), got.LeftOut)
		}
		if n := b.Stats().Waiting; n != 0 {
			t.Errorf("%d bytes wait", n)
		}
		if n := b.Stats().LeftOut; n["message"] != 582 || n["document"] != 780 || n["verb"] != 1 || n["digits"] != 1 {
			t.Errorf("counted: %v", n)
		}
	})
}

// A disk that takes nothing holds nobody up: what does not fit is counted.
func TestBook_whenNothingIsKept(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		s.mu.Lock()
		s.full = true
		s.mu.Unlock()
		notice(b, info(1, contract.CallInProgress))
		b.Trace("id1", invite("id1"))
		b.Tried(7, 1, story.Told{Code: 11200})
		time.Sleep(6 * time.Second)
		if n := b.Stats(); n.LeftOut["part"] != 1 || n.LeftOut["attempt"] != 1 || n.Waiting != 0 {
			t.Errorf("counted: %+v", n)
		}
	})
}

// What a caller keys is masked wherever it comes up afterwards.
func TestBook_masks(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		notice(b, info(1, contract.CallInProgress))
		sid := info(1, "").SID
		b.Keyed(sid, story.Keyed{Verb: "Gather", Keys: "2468", FinishedOn: '#'})
		b.Fetched(sid, story.Fetched{At: time.Now(), Why: "document", Method: "POST", URL: "http://u:p@a.example/room/2468?x=2468&pin=1#rc=2",
			Params: map[string][]string{"Digits": {"2468"}, "Said": {"2468"}, "ErrorUrl": {"http://u:p@b.example/?code=9"}}, Status: 200,
			Header: http.Header{"Set-Cookie": {"a=b"}, "Location": {"http://u:p@c.example/?token=8"}, "X-Room": {"2468"}},
			Body:   []byte("<Say>2468, not 12468</Say>"), Error: &contract.Error{Code: 11200, Message: "http://a.example/room/2468: no"},
			Attempts: []story.Tried{{URL: "http://a.example/room/2468"}}})
		b.Begin(sid, story.Verb{Name: "Play", Attributes: map[string]string{"digits": "99", "loop": "2"},
			Nouns: []story.Noun{{Name: "Number", Attributes: map[string]string{"sendDigits": "77", "url": "http://u:p@d.example/?pin=3"}}}}).End("")
		b.Fetched(sid, story.Fetched{At: time.Now(), Body: []byte{0xff, 0xfe, 0}})
		b.Flush()
		got := s.of(t, string(sid))
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{`"2468`, "/2468", "=2468", ">2468", "u:p@", "pin=1", "pin=3", "code=9", "token=8", "a=b", `"99"`, `"77"`} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s is in it: %s", secret, text)
			}
		}
		for _, kept := range []string{"not 12468", `"loop":"2"`, `"finished_on":"#"`, `"count":4`} {
			if !strings.Contains(string(text), kept) {
				t.Errorf("%s is not in it: %s", kept, text)
			}
		}
		if got.Documents[1].Body != "" || got.Documents[1].Size != 3 {
			t.Errorf("what is no text: %+v", got.Documents[1])
		}
	})
}

// A call that is refused before it became one is kept, so many in a minute.
func TestBook_refused(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		for i := range 150 {
			id := fmt.Sprint("refused", i)
			b.Trace(id, invite(id))
			no := message("SIP/2.0 404 Not Found\r\nCSeq: 1 INVITE\r\n\r\n")
			no.Sent = true
			b.Trace(id, no)
		}
		b.Trace("rings", invite("rings"))
		time.Sleep(20 * time.Second)
		s.mu.Lock()
		refused := s.refused
		s.mu.Unlock()
		if len(refused) != 30 || b.Stats().LeftOut["refused call"] != 120 {
			t.Fatalf("%d are kept, %v", len(refused), b.Stats())
		}
		c := refused[0]
		if c.From != "ann" || c.Caller != "Ann" || c.To != "+15550100" || c.SIPCode != 404 || c.Cause != contract.CauseNotFound || c.Status != contract.CallFailed ||
			c.Account != account || c.SourceIP != "192.0.2.20" || !strings.HasPrefix(c.SIPCallID, "refused") {
			t.Errorf("refused: %+v", c)
		}
		if got := s.of(t, string(c.SID)); len(got.SIP) != 2 {
			t.Errorf("its story: %+v", got)
		}
		time.Sleep(6 * time.Minute)
		if n := b.Stats(); n.Stories != 0 || n.Waiting != 0 {
			t.Errorf("left: %+v", n)
		}
	})
}

// Who it was that was refused is read from the From, whatever is quoted in it.
func TestBook_refused_RFC3261_25_1_quotedName(t *testing.T) {
	for _, c := range []struct{ from, caller, number string }{
		{`"Ann" <sip:ann@192.0.2.20>;tag=1`, "Ann", "ann"},
		{`"<img src=x>" <sip:+15550666@192.0.2.20>;tag=1`, "<img src=x>", "+15550666"},
		{`"Ann <sip:eve@192.0.2.66>" <sip:ann@192.0.2.20>;tag=1`, "Ann <sip:eve@192.0.2.66>", "ann"},
		{`"the \"great\" \\ <one>"<sip:ann@192.0.2.20>`, `the "great" \ <one>`, "ann"},
		{`""<sip:ann@192.0.2.20>`, "", "ann"},
		{`Ann Lee <sip:ann@192.0.2.20>`, "Ann Lee", "ann"},
		{`<sip:ann@192.0.2.20>`, "", "ann"},
		{`sip:ann@192.0.2.20;tag=1`, "", "ann"},
		{`"never closed <sip:ann@192.0.2.20>`, "never closed <sip:ann@192.0.2.20>", ""},
		{`"ends in a backslash\`, "ends in a backslash", ""},
	} {
		running(t, func(b *story.Book, s *shelf) {
			b.Trace("id", message("INVITE sip:nobody@192.0.2.1 SIP/2.0\r\nFrom: "+c.from+"\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\n\r\n"))
			no := message("SIP/2.0 404 Not Found\r\nCSeq: 1 INVITE\r\n\r\n")
			no.Sent = true
			b.Trace("id", no)
			time.Sleep(20 * time.Second)
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.refused) != 1 || s.refused[0].Caller != c.caller || s.refused[0].From != c.number {
				t.Errorf("From: %s: %+v, want %q of %q", c.from, s.refused, c.caller, c.number)
			}
		})
	}
}

// Of a long call the samples grow longer, and it never holds more than those of a minute.
func TestBook_samples(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		notice(b, info(1, contract.CallInProgress))
		sid := info(1, "").SID
		speech := -30.0
		for i := range 4 * 3600 / 5 {
			q := contract.Quality{Received: 250, Sent: 250, Jitter: 4 * time.Millisecond, Delay: 20 * time.Millisecond, Speech: speech}
			if i == 1000 {
				q.Lost, q.Received, q.Speech = 125, 125, -10
			}
			b.Sample(sid, story.Reading{At: time.Now(), Over: 5 * time.Second, Quality: q})
			time.Sleep(5 * time.Second)
			held := 0
			l, _ := b.Live(sid)
			for n, p := range l.Parts {
				if _, written := s.part(string(sid), n); !written {
					held += len(p.Quality)
				}
			}
			if held > 14 {
				t.Fatalf("after %v %d samples are held", 5*i, held)
			}
		}
		notice(b, info(1, contract.CallCompleted))
		time.Sleep(time.Minute)
		got := s.of(t, string(sid)).Quality
		var received uint64
		var lost int64
		var long, worst, loudest float64 = 0, 5, -127
		for _, q := range got {
			received, lost, long, worst = received+q.Received, lost+q.Lost, long+q.Seconds, min(worst, q.MOS)
			loudest = max(loudest, *q.Speech)
		}
		// Four hours: half an hour of them by 5 s each, an hour by 10, two by 20, the rest by 40.
		if want := 360 + 360 + 360 + 45; len(got) < want-2 || len(got) > want+2 || received != 2880*250-125 || lost != 125 || long < 4*3600-1 || worst > 3 || loudest != -10 || got[0].Jitter != 4 {
			t.Errorf("%d samples, %d packets, %d lost, %v s, worst %v, loudest %v", len(got), received, lost, long, worst, loudest)
		}
	})
}

// Who speaks in a conference is kept; who speaks when it ends has spoken to its end.
func TestBook_speech(t *testing.T) {
	running(t, func(b *story.Book, s *shelf) {
		conf := contract.ConferenceSID("CF00000000000000000000000000000001")
		b.Talks(conf, "CA1", false) // of nothing
		b.Talks(conf, "CA1", true)
		time.Sleep(2 * time.Second)
		b.Talks(conf, "CA1", false)
		b.Talks(conf, "CA2", true)
		if l, ok := b.Speech(conf); !ok || len(l.Parts[0].Spurts) != 1 || len(l.Now.Spurts) != 1 || l.Now.Spurts[0].End != nil {
			t.Errorf("while it lasts: %+v", l)
		}
		time.Sleep(3 * time.Second)
		b.Noticed(contract.Event{Type: contract.EventConferenceEnd, Time: time.Now(), Conference: &contract.ConferenceInfo{SID: conf}})
		time.Sleep(10 * time.Second)
		got := s.of(t, string(conf)).Spurts
		if len(got) != 2 || got[0].Call != "CA1" || got[0].End.Sub(got[0].At.Time) != 2*time.Second || got[1].End.Sub(got[1].At.Time) != 3*time.Second {
			t.Errorf("spurts: %+v", got)
		}
		if _, ok := b.Speech(conf); ok || b.Stats().Waiting != 0 {
			t.Errorf("left: %+v", b.Stats())
		}
	})
}

// A book that is not there keeps nothing, and nobody minds.
func TestBook_nil(t *testing.T) {
	var b *story.Book
	b.Trace("x", message("INVITE"))
	b.Noticed(contract.Event{})
	b.Fetched("x", story.Fetched{})
	b.Begin("x", story.Verb{}).End("")
	b.Keyed("x", story.Keyed{})
	b.Sample("x", story.Reading{Over: 1})
	b.Talks("x", "y", true)
	b.Tried(1, 1, story.Told{})
	b.Flush()
	b.Run(t.Context(), nil)
	if _, ok := b.Live("x"); ok {
		t.Error("it has a story")
	}
}

func BenchmarkBook_aCall(b *testing.B) {
	s := &shelf{full: true}
	book := story.New(s, account, nil)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := info(i, contract.CallRinging)
		for range 4 {
			book.Trace(c.SIPCallID, invite(c.SIPCallID))
			m := message("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nFrom: <sip:ann@192.0.2.20>;tag=1\r\nTo: <sip:x@192.0.2.1>\r\n\r\n")
			m.Sent = true
			book.Trace(c.SIPCallID, m)
		}
		notice(book, c)
		book.Fetched(c.SID, story.Fetched{At: time.Now(), URL: "http://a.example/voice", Params: map[string][]string{"CallSid": {string(c.SID)}}, Status: 200, Body: []byte("<Response><Dial><Conference>tea</Conference></Dial></Response>")})
		book.Begin(c.SID, story.Verb{Name: "Dial"}).End("left")
		c.Status = contract.CallCompleted
		notice(book, c)
		if i%500 == 499 {
			book.Flush()
			book = story.New(s, account, nil)
		}
	}
}

// Every share of the calls is read once in five seconds, and none before the others.
func TestBook_readsInShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Duration
		var all []int
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			story.New(&shelf{}, account, nil).Run(ctx, func(share, of int) {
				all, at = append(all, share), append(at, time.Since(start))
				if of != 20 {
					t.Errorf("one of %d shares", of)
				}
			})
		})
		time.Sleep(10*time.Second + time.Millisecond)
		cancel()
		wg.Wait()
		if len(all) != 40 {
			t.Fatalf("%d shares were read in ten seconds, want 40", len(all))
		}
		for i := range 20 {
			if all[i] != i || all[i+20] != i || at[i+20]-at[i] != story.SampleEvery {
				t.Errorf("share %d was read at %v, share %d at %v", all[i], at[i], all[i+20], at[i+20])
			}
		}
	})
}
