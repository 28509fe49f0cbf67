package transcript

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// register is where clients are reached: their telephones, by identity.
type register struct {
	mu sync.Mutex
	at map[string]string // SIP addresses
}

// address meets confab.Config.Clients.
func (r *register) address(identity string) (uri string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	uri, ok = r.at[identity]
	return uri, ok
}

// clients returns who registers in a file.
func (f *File) clients() (names []string) {
	for _, line := range f.source {
		for _, m := range registers.FindAllStringSubmatch(line, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

var registers = regexp.MustCompile(`([a-z]+) registers`)

// identities are what the clients of a file are called on a stage, which they may
// share with those of other files. The zero value leaves names as they are.
type identities struct {
	suffix string
	names  []string
}

// identity is what somebody is called on the stage.
func (i identities) identity(name string) string { return name + i.suffix }

// here puts the stage's identities into a text of the file.
func (i identities) here(text string) string {
	if i.suffix == "" {
		return text
	}
	for _, name := range i.names {
		for _, at := range [][2]string{{">", "</Client>"}, {"<Identity>", "</Identity>"}} {
			text = strings.ReplaceAll(text, at[0]+name+at[1], at[0]+name+i.suffix+at[1])
		}
		text = client(name).ReplaceAllString(text, "client:"+name+i.suffix)
	}
	return text
}

// there puts the file's own names in the place of the stage's identities.
func (i identities) there(params url.Values) {
	if i.suffix == "" {
		return
	}
	for _, values := range params {
		for k, v := range values {
			if rest, ok := strings.CutPrefix(v, "client:"); ok {
				values[k] = "client:" + strings.TrimSuffix(rest, i.suffix)
			}
		}
	}
}

// client finds somebody's address in a text.
func client(name string) *regexp.Regexp { return regexp.MustCompile(`client:` + name + `\b`) }

// callable is a telephone that can be called.
type callable interface {
	leg.Dialer
	// receive gives what comes in to f, which returns at once, and returns the address
	// at which it does so. Once it has forgotten, f is not running and is called no more.
	receive(identity string, f func(leg.Leg)) (uri string, forget func())
}

// register lets the person be called as a client of that identity.
func (p *person) register(clients *register, identity string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.pickUpLocked(); err != nil {
		return err
	}
	phone, ok := p.dialer.(callable)
	if !ok {
		return fmt.Errorf("%s has a telephone that nobody can call", p.name)
	}
	if p.forget != nil {
		p.forget()
	}
	var uri string
	uri, p.forget = phone.receive(identity, func(l leg.Leg) { p.work.Go(func() { p.rung(l) }) })
	clients.mu.Lock()
	defer clients.mu.Unlock()
	clients.at[identity] = uri
	return nil
}

// pickUpLocked sees to it that there is a telephone.
func (p *person) pickUpLocked() (err error) {
	if p.dialer == nil {
		if p.dialer, err = p.phone(); err != nil {
			return fmt.Errorf("%s has no telephone: %w", p.name, err)
		}
	}
	return nil
}

// rung is a call that comes in, to its end. Who is in one already, or about to leave,
// is busy.
func (p *person) rung(l leg.Leg) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// What the person has ended is about to be over.
	p.until(time.Second, func() bool { return !p.mine || p.over })
	p.mu.Lock()
	busy := p.left || p.calls > 0 && !p.over
	if !busy {
		p.newCallLocked()
		p.incoming = l
		p.signalLocked()
	}
	p.mu.Unlock()
	if busy {
		_ = l.Hangup(ctx, contract.CauseBusy)
		return
	}
	_ = l.Ring(ctx) // it has gone
	<-l.Done()
	p.endCall()
}

// answer answers a call that rings.
func (p *person) answer() error {
	p.mu.Lock()
	l := p.incoming
	if l == nil || p.leg != nil || p.over {
		defer p.mu.Unlock()
		return fmt.Errorf("%s cannot answer: %s", p.name, p.stateLocked())
	}
	p.mu.Unlock()
	if err := l.Answer(context.Background()); err != nil {
		return err
	}
	e := newEar()
	tap, err := l.Session().Tap()
	if err != nil {
		return err
	}
	p.work.Go(func() { e.listen(tap) })
	p.work.Go(func() { p.hearKeys(l) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leg, p.ear = l, e
	p.signalLocked()
	return nil
}

// reject says that the person is busy.
func (p *person) reject() error {
	p.mu.Lock()
	l := p.incoming
	if l == nil || p.leg != nil || p.over {
		defer p.mu.Unlock()
		return fmt.Errorf("%s cannot reject: %s", p.name, p.stateLocked())
	}
	p.mine = true
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return l.Hangup(ctx, contract.CauseBusy)
}

func (p *person) isRung(d time.Duration) error {
	if !p.until(d, func() bool { return p.incoming != nil && p.leg == nil && !p.over && !p.mine }) {
		return p.not("is not rung")
	}
	return nil
}

func (p *person) isNotRung(time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.incoming != nil && p.leg == nil && !p.over && !p.mine {
		return fmt.Errorf("%s is rung", p.name)
	}
	return nil
}

// missesIt: it rang, and no longer does.
func (p *person) missesIt(d time.Duration) error {
	if !p.until(d, func() bool { return p.incoming != nil && p.over && p.leg == nil && !p.mine }) {
		return p.not("does not miss a call")
	}
	return nil
}

// parseRegisters: "bob registers": from now on <Client>bob</Client> rings his
// telephone.
func parseRegisters(name string, w []string) (step, error) {
	if len(w) > 0 {
		return nil, fmt.Errorf("what is %q?", strings.Join(w, " "))
	}
	return deed(func(r *run) error { return r.person(name).register(r.stage.clients, r.app.identity(name)) }), nil
}

// hearKeys notes the far end's keys until the call ends.
func (p *person) hearKeys(l leg.Leg) {
	for {
		key, err := l.Session().Digit(context.Background())
		if err != nil {
			return
		}
		p.mu.Lock()
		p.keys += string(key)
		p.signalLocked()
		p.mu.Unlock()
	}
}

// parseSent: "bob is sent 12": these keys have come, and no others, since the answer.
func parseSent(name string, w []string) (step, error) {
	w, d, err := within(w, time.Second)
	if err != nil || len(w) != 1 {
		return nil, errors.New("want keys")
	}
	return sight(func(r *run) error {
		p := r.person(name)
		var keys string
		if !p.until(d, func() bool { keys = p.keys; return keys == w[0] }) {
			return fmt.Errorf("%s was sent %q, not %q", name, keys, w[0])
		}
		return nil
	}), nil
}
