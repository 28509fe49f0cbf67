package transcript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/line"
	"confab/internal/logtest"
	"confab/internal/store"
)

// The account of the switch on stage.
const (
	accountSID = "AC00000000000000000000000000000000"
	authToken  = "0123456789abcdef0123456789abcdef"
)

// playedSwitch is the switch on stage: the whole program.
type playedSwitch struct {
	*confab.Switch
	log  *diary
	data string

	secrets logtest.Secrets // that its log must not hold

	stop context.CancelFunc
	done sync.WaitGroup
	err  error // of Run; set before done

	mu      sync.Mutex
	records *store.Records // opened when first asked for
}

// switchConfig is what every switch on stage has in common.
func switchConfig(data string, log *diary) confab.Config {
	c := confab.Default()
	c.Data, c.Numbers, c.Log = data, nil, slog.New(log)
	c.Speech.Engine = "tones"
	c.Account = confab.Account{SID: accountSID, AuthToken: authToken}
	return c
}

// startSwitch starts a switch with the rooms of files besides its own.
func startSwitch(ctx context.Context, c confab.Config, log *diary, files ...*File) (*playedSwitch, error) {
	if err := addRooms(ctx, c.Data, files); err != nil {
		return nil, err
	}
	s, err := confab.New(c)
	if err != nil {
		return nil, err
	}
	p := &playedSwitch{Switch: s, log: log, data: c.Data, secrets: logtest.Secrets{authToken}}
	for _, f := range files {
		p.secrets = append(p.secrets, f.secrets()...)
	}
	ctx, p.stop = context.WithCancel(ctx)
	p.done.Go(func() { p.err = s.Run(ctx) })
	return p, nil
}

// addRooms adds the rooms of files to those that the line has.
func addRooms(ctx context.Context, dir string, files []*File) (err error) {
	rooms, err := line.OpenRooms(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rooms.Close()) }()
	for _, f := range files {
		for _, r := range f.Rooms {
			_, err := rooms.Add(ctx, line.Room{
				Name: r.Name, Code: r.Code, Language: r.Language, Greeting: r.Greeting, Closed: r.Closed,
				ModeratorPIN: r.PIN, EndsWithModerator: r.Ends, MaxParticipants: r.Most,
			})
			if err != nil {
				return &Error{File: f.Name, Line: r.Line, Text: err.Error()}
			}
		}
	}
	return nil
}

// api returns the address of the REST API.
func (p *playedSwitch) api() netip.AddrPort { return netip.MustParseAddrPort(p.HTTP().String()) }

// warnings returns the notices on a call.
func (p *playedSwitch) warnings(ctx context.Context, sid contract.CallSID) ([]contract.Warning, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.records == nil {
		var err error
		if p.records, err = store.OpenShared(ctx, p.data, nil); err != nil {
			return nil, err
		}
	}
	return p.records.Warnings(ctx, sid)
}

// close drains the switch and waits until nothing of it is left.
func (p *playedSwitch) close() error {
	var err error
	if p.records != nil {
		err = p.records.Close()
	}
	p.stop()
	p.done.Wait()
	err = errors.Join(err, p.err, p.log.faults())
	for _, line := range p.secrets.In(p.log.String()) {
		err = errors.Join(err, errors.New("a secret was logged: line "+line))
	}
	return err
}

// What people key, and what a file calls a secret.
var (
	keyed  = regexp.MustCompile(`(?:keys|sends INFO) "?([0-9*#ABCDwW]+)`)
	sesame = regexp.MustCompile(`sesame-\w+`)
)

// secrets returns what nobody but the caller and the application are to know:
// the codes of rooms, what is keyed, and what begins with "sesame-".
func (f *File) secrets() (codes []string) {
	for _, r := range f.Rooms {
		codes = append(codes, r.Code)
		if r.PIN != "" {
			codes = append(codes, r.PIN)
		}
	}
	for _, line := range f.source {
		codes = append(codes, sesame.FindAllString(line, -1)...)
		for _, m := range keyed.FindAllStringSubmatch(line, -1) {
			if code := strings.Trim(m[1], "*#wW"); len(code) > 2 {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// numberOf is how the switch is told of a number that the application owns.
func numberOf(n Number, name string, app *application) confab.Number {
	return confab.Number{
		Number:   name,
		VoiceURL: app.url(n.Voice), VoiceMethod: n.Voice.Method,
		VoiceFallbackURL: app.url(n.Fallback), VoiceFallbackMethod: n.Fallback.Method,
		StatusCallback: app.url(n.Status), StatusCallbackMethod: n.Status.Method,
	}
}

// conferenceNames finds the conferences that a document names.
var conferenceNames = regexp.MustCompile(`<Conference[^>]*>\s*([^<]*?)\s*</Conference>`)

// conferenceNames returns the conferences that a file can join.
func (f *File) conferenceNames() (names []string) {
	for _, d := range f.Documents {
		for _, m := range conferenceNames.FindAllStringSubmatch(d.Body, -1) {
			names = append(names, m[1])
		}
	}
	for _, r := range f.Rooms {
		names = append(names, r.Name)
	}
	return names
}

// diary keeps what is logged, for the story of a failure. An error in it is a
// failure: the switch logs one only when something of its own is broken.
type diary struct {
	slog.Handler
	mu     *sync.Mutex
	text   *bytes.Buffer
	broken *[]string
}

func newDiary() *diary {
	d := &diary{mu: &sync.Mutex{}, text: &bytes.Buffer{}, broken: &[]string{}}
	d.Handler = slog.NewTextHandler(d.text, &slog.HandlerOptions{Level: slog.LevelDebug})
	return d
}

// Handle keeps a record.
func (d *diary) Handle(ctx context.Context, r slog.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Level >= slog.LevelError {
		var b strings.Builder
		b.WriteString(r.Message)
		r.Attrs(func(a slog.Attr) bool {
			fmt.Fprintf(&b, " %s", a)
			return true
		})
		*d.broken = append(*d.broken, b.String())
	}
	return d.Handler.Handle(ctx, r)
}

// WithAttrs returns a diary that writes to the same pages.
func (d *diary) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &diary{d.Handler.WithAttrs(attrs), d.mu, d.text, d.broken}
}

// WithGroup returns a diary that writes to the same pages.
func (d *diary) WithGroup(name string) slog.Handler {
	return &diary{d.Handler.WithGroup(name), d.mu, d.text, d.broken}
}

func (d *diary) faults() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, b := range *d.broken {
		errs = append(errs, errors.New("logged as an error: "+b))
	}
	return errors.Join(errs...)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}
