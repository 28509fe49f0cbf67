package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/phone"
)

// The exit codes of `confab call` beside those of every command.
const (
	exitBusy     = 3
	exitNoAnswer = 4
	exitRefused  = 5
	exitLost     = 6
)

// toneLevel is how loud --tone is, in dBov: as loud as somebody who speaks.
const toneLevel = -20

type callCmd struct {
	Target   string        `arg:"" name:"uri" help:"Whom to call: sip:+15550100@127.0.0.1:5060, with ;transport=tcp if need be."`
	Say      string        `placeholder:"FILE" xor:"voice" help:"Say a WAV file, once."`
	Tone     float64       `placeholder:"HZ" xor:"voice" help:"Say a tone of this pitch for as long as the call lasts."`
	Digits   string        `placeholder:"KEYS" help:"Press keys once it is answered: 0-9 * # A-D; w waits half a second, W a second."`
	Record   string        `placeholder:"FILE" help:"Record what is heard, as a WAV file."`
	Listen   []float64     `placeholder:"HZ" help:"Tell how loud these pitches are heard, at their loudest."`
	For      time.Duration `placeholder:"TIME" help:"Hang up after so long, such as 20s. Until then it lasts until either side hangs up; here, by Ctrl-C."`
	Codec    []string      `placeholder:"NAME" help:"Codecs to offer, the best first: opus, G722, AMR-WB, PCMU, PCMA, L16/8000, L16/16000, L16/48000. PCMU,PCMA if none is given."`
	Ring     time.Duration `default:"60s" placeholder:"TIME" help:"How long to let it ring."`
	From     string        `default:"confab" placeholder:"USER" help:"Who calls: a number, a user name or a sip: address."`
	Name     string        `placeholder:"NAME" help:"The caller's name to show."`
	User     string        `placeholder:"USER" help:"User name, if the far end asks for one; the password is taken from the environment."`
	Password string        `hidden:"" env:"CONFAB_CALL_PASSWORD"`
	Bind     netip.Addr    `placeholder:"IP" help:"Address to call from. The one that faces the far end if none is given."`
	JSON     bool          `name:"json" help:"Print one JSON object at the end and nothing else."`
}

// Help is what follows the summary in the command's help.
func (callCmd) Help() string {
	return "It shows what happens: ringing, the answer, keys, how loud it is. The exit code is 0 for a call that was answered and ended " +
		"as calls do, 3 if it was busy, 4 if nobody answered, 5 if it was refused, 6 if its voice was lost, 2 if the command was wrong, 1 for all else. " +
		"The password for --user is in CONFAB_CALL_PASSWORD."
}

// callError is an error with an exit code of its own.
type callError struct {
	code int
	text string
}

func (e *callError) Error() string { return e.text }
func (e *callError) ExitCode() int { return e.code }

func wrong(format string, args ...any) error {
	return &callError{exitUsage, fmt.Sprintf(format, args...)}
}

// Run calls, until the call is over.
func (c *callCmd) Run(ctx context.Context, t terminal) (err error) {
	voice, err := c.voice()
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	bind, err := c.local(ctx)
	if err != nil {
		return err
	}
	options := phone.Options{
		Target:  leg.Target{URI: c.Target, From: c.From, Name: c.Name, Timeout: c.Ring, Codecs: c.Codec},
		Pitches: c.Listen,
	}
	if c.Record != "" {
		file, err := os.Create(c.Record)
		if err != nil {
			return wrong("cannot record there: %v; --record takes a file in a directory that can be written to", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		options.Record = file
	}
	p, err := phone.New(phone.Config{Bind: bind, Agent: "confab-call", Credentials: c.credentials})
	if err != nil {
		return fmt.Errorf("%w; --bind takes another address to call from", err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()

	show := newCallShow(t, c)
	options.OnEvent = show.event
	show.calling()
	call, err := p.Call(ctx, options)
	if err != nil {
		err = c.explain(ctx, err, show.rang())
		return errors.Join(err, show.finish(nil, nil))
	}
	played := c.talk(ctx, call, voice)
	show.played(call.Stats())
	how := call.End()
	if err := errors.Join(show.finish(call, played), call.Err(), played); err != nil {
		return err
	}
	if how.Cause == contract.CauseMediaTimeout {
		return &callError{exitLost, "the far end's voice has not come for a minute; see whether UDP from it reaches the ports 20000-29999 here"}
	}
	return nil
}

// talk says and presses what is asked for, until the call is over.
func (c *callCmd) talk(ctx context.Context, call *phone.Call, voice audio.Source) error {
	talking, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	var said, pressed error
	if voice != nil {
		wg.Go(func() { said = unlessOver(call.Play(talking, voice)) })
	}
	if c.Digits != "" {
		wg.Go(func() { pressed = unlessOver(call.Press(talking, c.Digits)) })
	}
	var timeout <-chan time.Time
	if c.For > 0 {
		timer := time.NewTimer(c.For)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-call.Done():
	case <-timeout:
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = call.Hangup(patience) // a far end that does not confirm is gone all the same
	<-call.Done()
	stop()
	wg.Wait()
	return errors.Join(said, pressed)
}

// unlessOver drops the errors by which playing ends with the call.
func unlessOver(err error) error {
	if errors.Is(err, media.ErrClosed) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// voice opens what is to be said; nil is silence.
func (c *callCmd) voice() (audio.Source, error) {
	switch {
	case c.Tone != 0 && (c.Tone < 20 || c.Tone > 20000):
		return nil, wrong("tone of %v Hz: want one that can be heard over a telephone, such as 440", c.Tone)
	case c.Tone != 0:
		rate := 8000
		if c.Tone > 3400 {
			rate = 48000 // for who can hear it
		}
		return audio.NewTone(rate, c.Tone, toneLevel, 0), nil
	case c.Say == "":
		return nil, nil
	}
	file, err := os.Open(c.Say)
	if err != nil {
		return nil, wrong("cannot say it: %v; --say takes a WAV file", err)
	}
	defer file.Close()
	src, err := audio.NewWAVReader(file)
	if err != nil {
		return nil, wrong("cannot say %s: %v; `sox IN -r 8000 -c 1 -b 16 OUT.wav` makes one of nearly anything", c.Say, err)
	}
	// It is read whole, so that what is wrong with it shows before anybody's phone rings.
	samples, err := audio.Samples(src)
	if err != nil {
		return nil, wrong("cannot say %s: %v", c.Say, err)
	}
	return audio.FromSamples(src.Rate(), samples), nil
}

// check refuses what is wrong with the other flags.
func (c *callCmd) check() error {
	for _, k := range c.Digits {
		if !strings.ContainsRune("0123456789*#ABCDwW", k) {
			return wrong("%q is no key: --digits takes 0-9 * # A-D, w to wait half a second and W a second", k)
		}
	}
	for _, hz := range c.Listen {
		if hz < 20 || hz > 20000 {
			return wrong("cannot listen for %v Hz: --listen takes pitches that can be heard, such as 440,660", hz)
		}
	}
	for _, name := range c.Codec {
		if _, err := codec.Named(name); err != nil {
			return wrong("cannot call so: %v", err)
		}
	}
	if c.Ring <= 0 || c.For < 0 {
		return wrong("times must be longer than nothing: --ring 60s, --for 20s")
	}
	return nil
}

// local returns the address to call from.
func (c *callCmd) local(ctx context.Context) (netip.Addr, error) {
	host, port, err := hostOf(c.Target)
	if err != nil {
		return netip.Addr{}, err
	}
	if c.Bind.IsValid() {
		return c.Bind, nil
	}
	// A connected UDP socket sends nothing; it only asks the kernel for the way.
	probe, err := new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(host, cmp.Or(port, "5060")))
	if err != nil {
		return netip.Addr{}, &callError{exitFailed, fmt.Sprintf("there is no way to %s: %v; check the name, or give an address", host, err)}
	}
	defer probe.Close()
	return probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// hostOf returns host and port of a sip: address.
func hostOf(uri string) (host, port string, err error) {
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		return "", "", wrong("%q is no SIP address: want one such as sip:+15550100@127.0.0.1:5060", uri)
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, ";")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	host = rest
	if h, p, err := net.SplitHostPort(rest); err == nil {
		host, port = h, p
	}
	if host = strings.Trim(host, "[]"); host == "" {
		return "", "", wrong("%q names no host: want an address such as sip:+15550100@127.0.0.1:5060", uri)
	}
	return host, port, nil
}

func (c *callCmd) credentials(string, string) (user, password string, ok bool) {
	return c.User, c.Password, c.User != ""
}

// explain says why a call was not answered, and what to do next.
func (c *callCmd) explain(ctx context.Context, err error, rang bool) error {
	var refused *leg.Refused
	switch {
	case ctx.Err() != nil:
		return &callError{exitFailed, "given up before it was answered"}
	case !errors.As(err, &refused):
		return err
	}
	host, port, _ := hostOf(c.Target)
	code := refused.End.Code
	said := strings.TrimSpace(fmt.Sprintf("%d %s", code, refused.Reason))
	switch {
	case refused.End.Cause == contract.CauseBusy:
		return &callError{exitBusy, fmt.Sprintf("busy (%s): try again later", said)}
	case refused.End.Cause == contract.CauseNoAnswer && !rang && (code == 408 || code == 487):
		return &callError{exitNoAnswer, fmt.Sprintf("nothing answers at %s: is a server running there? `confab serve` starts one",
			net.JoinHostPort(host, cmp.Or(port, "5060")))}
	case refused.End.Cause == contract.CauseNoAnswer:
		return &callError{exitNoAnswer, fmt.Sprintf("nobody answered within %v; --ring lets it ring for longer", c.Ring)}
	case code == 401 || code == 407:
		return &callError{exitRefused, fmt.Sprintf("refused (%s): it asks who calls; give --user, and the password in CONFAB_CALL_PASSWORD", said)}
	case refused.End.Cause == contract.CauseNotFound:
		return &callError{exitRefused, fmt.Sprintf("refused (%s): nobody has this number there; `confab number list` shows a server's numbers", said)}
	case refused.End.Cause == contract.CauseNoCodec:
		return &callError{exitRefused, fmt.Sprintf("refused (%s): no codec in common; this phone speaks PCMU and PCMA", said)}
	case code == 503 || refused.End.Cause == contract.CauseOverload:
		return &callError{exitRefused, fmt.Sprintf("refused (%s): it takes no more calls just now; try again later", said)}
	}
	return &callError{exitRefused, fmt.Sprintf("refused (%s): the far end's log may say why", said)}
}
