package story

import (
	"context"
	"slices"
	"time"

	"confab/internal/contract"
	"confab/internal/mask"
)

// Run writes what is told, until ctx ends; and has sample tell the quality of the calls
// that live: of each every five seconds, of a share of them at a time, so that thousands
// are never read at once. What is told last is written by Flush.
func (b *Book) Run(ctx context.Context, sample func(share, of int)) {
	if b == nil {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	e := newEncoder()
	for share := 0; ; share = (share + 1) % shares {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			sample(share, shares)
			b.write(e, now, false)
		}
	}
}

// SampleEvery is how often the quality of a call is told.
const SampleEvery = 5 * time.Second

// shares is in how many parts the calls are read.
const shares = int(SampleEvery / every)

// Flush writes all that was told.
func (b *Book) Flush() {
	if b != nil {
		b.write(newEncoder(), time.Now(), true)
	}
}

// batch is what is written of one story.
type batch struct {
	subject string
	part    int
	raw     raw
	spurts  []Spurt
	leftOut LeftOut
	codes   []string
	series  []Sample
	refused *contract.CallInfo
	size    int
	flying  *[]flown // of the story; nil: of one that is over
}

// write writes what has waited for long enough, or all, and lets go of what is
// over. What takes time is done while nobody is locked out.
func (b *Book) write(e *encoder, now time.Time, all bool) {
	todo := b.take(now, all)
	for _, x := range todo {
		kept := true
		if x.refused != nil {
			kept = b.store.KeepRefused(*x.refused)
		}
		if kept {
			body, err := e.encode(x.masked())
			if err != nil {
				b.log.Error("story cannot be written", "of", x.subject, "err", err)
			}
			kept = err == nil && b.store.KeepPart(x.subject, x.part, now, body)
			if kept && x.flying != nil {
				b.mu.Lock()
				*x.flying = append(landed(*x.flying, now), flown{x.part, body, now})
				b.mu.Unlock()
			}
		}
		b.mu.Lock()
		b.waiting -= x.size
		if kept {
			b.kept++
		} else {
			b.leftOut["part"]++
			b.log.Warn("a part of a story is not kept: too much waits for the disk", "of", x.subject)
		}
		b.mu.Unlock()
	}
}

// take takes what is to be written out of the stories.
func (b *Book) take(now time.Time, all bool) (todo []batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for sid, t := range b.calls {
		t.flying = landed(t.flying, now)
		over := !t.ended.IsZero() && now.Sub(t.ended) >= aftermath
		if over {
			t.close()
			delete(b.calls, sid)
			if b.dialogs[t.callID] == t {
				delete(b.dialogs, t.callID)
			}
		}
		ended := !t.ended.IsZero() && now.Sub(t.ended) >= time.Second
		last := all || over || ended
		voice := t.voice.due(now, last)
		if voice || t.size > 0 && (last || now.Sub(t.since) >= patience) || over && !t.raw.empty() {
			x := t.batch(string(sid))
			if voice {
				x.series = t.voice.take(now, last)
			}
			todo = append(todo, x)
		}
	}
	for id, t := range b.dialogs {
		if t.sid != "" {
			continue
		}
		quiet := now.Sub(t.heard)
		if !(quiet >= ringing || t.final > 0 && quiet >= hesitation || all) {
			continue
		}
		delete(b.dialogs, id)
		b.unbound--
		if info, ok := t.refused(); ok && b.refusals.take(now) {
			info.Account = b.account
			t.close()
			x := t.batch(string(info.SID))
			x.refused = &info
			todo = append(todo, x)
		} else {
			if ok {
				b.leftOut["refused call"]++
			}
			b.waiting -= t.size + t.lastSize
		}
	}
	for sid, t := range b.conferences {
		t.flying = landed(t.flying, now)
		over := !t.ended.IsZero() && now.Sub(t.ended) >= patience
		if over {
			for call, at := range t.open { // who spoke at the end
				b.spurt(t, Spurt{Call: string(call), At: Time{at}, End: &Time{t.ended}})
			}
			delete(b.conferences, sid)
		}
		if len(t.spurts) > 0 && (all || over || now.Sub(t.since) >= patience) {
			x := batch{subject: string(sid), part: t.part, spurts: t.spurts, size: spurtSize * len(t.spurts), flying: &t.flying}
			x.leftOut.Spurts = t.leftOut
			todo = append(todo, x)
			t.part++
			t.spurts, t.leftOut = nil, 0
		}
	}
	return todo
}

// close ends the verbs that still run, and puts the last messages and documents
// behind the others.
func (t *telling) close() {
	for _, o := range t.open {
		v := o.Verb
		v.Ended, v.Result = &Time{t.ended}, "the call ended"
		t.raw.verbs = append(t.raw.verbs, v)
	}
	t.open = nil
	t.raw.messages = append(t.raw.messages, t.last.messages...)
	t.raw.documents = append(t.raw.documents, t.last.documents...)
	t.size += t.lastSize
	t.last, t.lastSize = raw{}, 0
}

// batch takes what is told since the last one.
func (t *telling) batch(subject string) batch {
	x := batch{subject: subject, part: t.part, raw: t.raw, leftOut: t.leftOut, codes: t.codes[:len(t.codes):len(t.codes)], size: t.size, flying: &t.flying}
	t.part++
	t.raw, t.leftOut, t.size = raw{}, LeftOut{}, 0
	return x
}

// masked returns the batch as it is kept.
func (x batch) masked() Part {
	p := x.raw.masked(x.codes)
	p.Spurts, p.LeftOut, p.Quality = x.spurts, x.leftOut, x.series
	return p
}

func (r raw) masked(codes []string) (p Part) {
	for _, m := range r.messages {
		p.SIP = append(p.SIP, m.shown())
	}
	for _, f := range r.documents {
		p.Documents = append(p.Documents, f.shown(codes))
	}
	for _, v := range r.verbs {
		v.Text = mask.Codes(v.Text, codes)
		p.Verbs = append(p.Verbs, v)
	}
	p.Digits = r.digits
	return p
}

// Live is what of a story may not be in the store yet: parts by their number, to
// be read instead of nothing, never instead of what the store has; and what is
// of no part, for it lasts.
type Live struct {
	Parts map[int]Part
	Now   Part // verbs that run; who speaks
}

// flown is a part that was given to the store, and may not be there yet.
type flown struct {
	part int
	body []byte
	at   time.Time
}

// flight is for how long a part is remembered that was given to the store.
const flight = 10 * time.Second

func landed(all []flown, now time.Time) []flown {
	return slices.DeleteFunc(all, func(f flown) bool { return now.Sub(f.at) > flight })
}

func (l *Live) fly(all []flown) {
	for _, f := range all {
		if p, err := Decode(f.body); err == nil {
			l.Parts[f.part] = p
		}
	}
}

// Live returns what of a call's story may not be in the store yet. ok is false when
// the call is none that is being told of.
func (b *Book) Live(call contract.CallSID) (l Live, ok bool) {
	if b == nil {
		return l, false
	}
	b.mu.Lock()
	t := b.call(call)
	if t == nil {
		b.mu.Unlock()
		return l, false
	}
	r := raw{
		messages:  slices.Concat(t.raw.messages, t.last.messages),
		documents: slices.Concat(t.raw.documents, t.last.documents),
		verbs:     slices.Clone(t.raw.verbs), digits: slices.Clone(t.raw.digits),
	}
	for _, o := range t.open {
		l.Now.Verbs = append(l.Now.Verbs, o.Verb)
	}
	codes, leftOut, part, flying := slices.Clone(t.codes), t.leftOut, t.part, slices.Clone(t.flying)
	quality := t.voice.series(true)
	b.mu.Unlock()
	l.Parts = make(map[int]Part)
	l.fly(flying)
	p := r.masked(codes)
	p.LeftOut, p.Quality = leftOut, quality
	l.Parts[part] = p
	return l, true
}

// Speech is Live of a conference.
func (b *Book) Speech(conference contract.ConferenceSID) (l Live, ok bool) {
	if b == nil {
		return l, false
	}
	b.mu.Lock()
	t := b.conferences[conference]
	if t == nil {
		b.mu.Unlock()
		return l, false
	}
	p := Part{Spurts: slices.Clone(t.spurts)}
	p.LeftOut.Spurts = t.leftOut
	l = Live{Parts: map[int]Part{}, Now: Part{Spurts: t.speaking()}}
	part, flying := t.part, slices.Clone(t.flying)
	b.mu.Unlock()
	l.fly(flying)
	l.Parts[part] = p
	return l, true
}
