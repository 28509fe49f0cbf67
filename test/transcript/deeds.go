package transcript

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
)

// parseCalls: "ann calls +15550100", "ann calls +15550100 with G722 over tcp".
func parseCalls(name string, w []string) (step, error) {
	transport := ""
	if n := len(w); n >= 3 && w[n-2] == "over" && (w[n-1] == "udp" || w[n-1] == "tcp") {
		transport, w = ";transport="+w[n-1], w[:n-2]
	}
	var codecs []string
	if len(w) == 3 && w[1] == "with" {
		codecs, w = w[2:], w[:1]
		if _, err := codec.Named(codecs[0]); errors.Is(err, codec.ErrUnknown) {
			return nil, err
		}
	}
	if len(w) != 1 {
		return nil, errors.New("want a number, and with a codec, over tcp, or nothing")
	}
	return deed(func(r *run) error {
		return r.person(name).call("sip:"+r.stage.number(w[0])+"@"+r.stage.sip.String()+transport, codecs)
	}), nil
}

// parseSays: "ann says 440", "ann says noise", "ann says nothing".
func parseSays(name string, w []string) (step, error) {
	var pitches []float64
	switch strings.Join(w, " ") {
	case "nothing":
	case "noise":
		return deed(func(r *run) error { return r.person(name).say([]audio.Source{lineNoise{rand.New(rand.NewPCG(1, 2))}}) }), nil
	default:
		var err error
		if pitches, err = parsePitches(w); err != nil {
			return nil, err
		}
	}
	return deed(func(r *run) error {
		var voices []audio.Source
		for _, hz := range pitches {
			r.said[hz] = name
			voices = append(voices, audio.NewTone(soundRate, hz, audiotest.ToneLevel, 0))
		}
		return r.person(name).say(voices)
	}), nil
}

// parsePitches: "440 and 660".
func parsePitches(w []string) ([]float64, error) {
	var pitches []float64
	for i, word := range w {
		if i%2 == 1 {
			if word != "and" {
				return nil, fmt.Errorf("%q between pitches: want and", word)
			}
			continue
		}
		hz, err := pitch(word)
		if err != nil {
			return nil, err
		}
		pitches = append(pitches, hz)
	}
	if len(w)%2 == 0 {
		return nil, errors.New("want a pitch in Hz, or several with and between them")
	}
	return pitches, nil
}

// keying presses keys while other steps of the line go on.
type keying struct {
	name, keys string
	done       chan error
}

// parseKeys: "ann keys 123#".
func parseKeys(name string, w []string) (step, error) {
	if len(w) != 1 || w[0] == "" || strings.Trim(w[0], "0123456789*#ABCDwW") != "" {
		return nil, errors.New(`want keys: 0-9, *, #, A-D, w; a "#" alone in quotes`)
	}
	return &keying{name: name, keys: w[0]}, nil
}

func (k *keying) begin(r *run) error {
	p := r.person(k.name)
	l, e, err := p.answered()
	if err != nil {
		return err
	}
	e.act()
	k.done = make(chan error, 1)
	p.work.Go(func() { k.done <- l.Session().SendDigits(context.Background(), k.keys) })
	return nil
}

func (k *keying) end(r *run) error {
	// The far end may hang up for what was keyed, before the key is released.
	if err := <-k.done; err != nil && !errors.Is(err, media.ErrClosed) {
		return fmt.Errorf("%s keys %s: %w", k.name, k.keys, err)
	}
	return nil
}

// parseIs: "ann is hung up within 100ms".
func parseIs(look func(*person, time.Duration) error) func(string, []string) (step, error) {
	return func(name string, w []string) (step, error) {
		w, d, err := within(w, time.Second)
		switch {
		case err != nil:
			return nil, err
		case len(w) > 0:
			return nil, fmt.Errorf("what is %q?", strings.Join(w, " "))
		}
		return sight(func(r *run) error { return look(r.person(name), d) }), nil
	}
}

func (p *person) isRinging(d time.Duration) error {
	if !p.until(d, func() bool { return p.ringing && p.leg == nil && !p.over }) {
		return p.not("is not ringing")
	}
	return nil
}

func (p *person) isAnswered(d time.Duration) error {
	if !p.until(d, func() bool { return p.leg != nil }) {
		return p.not("is not answered")
	}
	return nil
}

func (p *person) isHungUp(d time.Duration) error {
	if !p.until(d, func() bool { return p.over }) || p.leg == nil || p.mine {
		return p.not("is not hung up")
	}
	return nil
}

func (p *person) isThere(time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leg == nil || p.over {
		return fmt.Errorf("%s is not in a call: %s", p.name, p.stateLocked())
	}
	return nil
}

// parseGets: "ann gets 404".
func parseGets(name string, w []string) (step, error) {
	w, d, err := within(w, time.Second)
	if err != nil {
		return nil, err
	}
	code := 0
	if len(w) == 1 {
		code, _ = strconv.Atoi(w[0])
	}
	if code < 300 || code > 699 {
		return nil, errors.New("want a SIP status, 300 to 699")
	}
	return sight(func(r *run) error {
		p := r.person(name)
		if !p.until(d, func() bool { return p.over }) || p.refused == nil || p.refused.End.Code != code {
			return p.not(fmt.Sprintf("does not get %d", code))
		}
		return nil
	}), nil
}

// parseSends: "ann sends INFO 123#".
func parseSends(name string, w []string) (step, error) {
	if len(w) != 2 || w[0] != "INFO" || strings.Trim(w[1], "0123456789*#ABCD") != "" {
		return nil, errors.New("want INFO and keys")
	}
	return deed(func(r *run) error {
		l, e, err := r.person(name).answered()
		if err != nil {
			return err
		}
		e.act()
		far, ok := l.(interface {
			PressINFO(ctx context.Context, key byte) error
		})
		if !ok {
			return fmt.Errorf("%s has a telephone that sends no INFO", name)
		}
		for _, key := range []byte(w[1]) {
			if err := far.PressINFO(context.Background(), key); err != nil {
				return fmt.Errorf("%s sends INFO %c: %w", name, key, err)
			}
		}
		return nil
	}), nil
}
