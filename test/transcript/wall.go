package transcript

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"confab/internal/confab"
	"confab/internal/leg"
)

// A file may be played so often, of which the machine has spoilt all but the last.
// Before it is played again, the machine is to be calm for a while.
const (
	tries    = 8
	calmTime = time.Second
	mostCalm = 30 * time.Second // to wait for it
)

// Wall is the stage of the wall clock: one switch and one telephone on
// loopback, for all files. Each file has numbers, callers, rooms and an
// application of its own; those that use the line's sample rooms take turns.
type Wall struct {
	program *playedSwitch
	phone   *telephone
	log     *diary
	shared  *Props
	seats   map[*File]*seat
	sample  sync.Mutex // the sample rooms
	stalls  *stalls
}

// seat is a file's place on the stage.
type seat struct {
	stage *stage
	app   *application
}

// NewWall sets up the stage for files.
func NewWall(t *testing.T, files []*File, shared *Props) *Wall {
	t.Helper()
	if err := apart(files); err != nil {
		t.Fatal(err)
	}
	log := newDiary()
	w := &Wall{log: log, shared: shared, seats: map[*File]*seat{}, stalls: watchStalls()}
	c := switchConfig(t.TempDir(), log)
	c.SIP, c.HTTP = "127.0.0.1:0", "127.0.0.1:0"
	c.RTPPorts = confab.PortRange{First: 40000, Last: 49999}
	clients := &register{at: make(map[string]string)}
	c.Clients = clients.address
	for i, f := range files {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		names := newWallNames(i, f)
		app := serveApplication(f, l, authToken)
		app.identities = identities{suffix: fmt.Sprintf(".%d", i), names: f.clients()}
		for _, n := range f.Numbers {
			c.Numbers = append(c.Numbers, numberOf(n, names.number(n.Number), app))
		}
		w.seats[f] = &seat{app: app, stage: &stage{
			number: names.number, caller: names.caller, clients: clients,
			alias: func(params url.Values) { names.alias(params); app.there(params) },
			slack: 750 * time.Millisecond, patience: 2 * time.Second, slurred: 0.2, clipped: 4,
		}}
	}
	var err error
	if w.program, err = startSwitch(context.Background(), c, log, files...); err != nil {
		t.Fatal(err)
	}
	if w.phone, err = newTelephone(netip.MustParseAddrPort("127.0.0.1:0"), network{}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	desk := newDesk(w.program.api(), nil)
	for _, seat := range w.seats {
		seat.stage.sip, seat.stage.desk, seat.stage.warnings = w.program.SIP(), desk, w.program.warnings
		seat.stage.dialer = func(int) (leg.Dialer, error) { return w.phone, nil }
	}
	return w
}

// Play plays f, one of the files that the stage was set up for. Several may be
// played at a time. A file that fails while the machine stood still, which no
// voice survives, is played again.
func (w *Wall) Play(t *testing.T, f *File) {
	if f.usesLine() && len(f.Rooms) == 0 {
		w.sample.Lock()
		defer w.sample.Unlock()
	}
	seat := w.seats[f]
	for try := 1; ; try++ {
		r := newRun(f, seat.stage, seat.app, w.shared)
		err := r.play(t.Context())
		if err == nil {
			return
		}
		stall := w.stalls.since(r.start)
		if stall == 0 || try == tries {
			t.Error(err)
			return
		}
		t.Logf("played again, for the machine stood still for %v: %v", stall.Round(time.Millisecond), err)
		w.stalls.awaitCalm(calmTime, mostCalm)
	}
}

// Close takes the stage down, once all files have been played.
func (w *Wall) Close(t *testing.T) {
	t.Helper()
	err := errors.Join(w.phone.close(), w.program.close())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, seat := range w.seats {
		err = errors.Join(err, seat.app.close(ctx))
	}
	w.stalls.close()
	if err != nil {
		t.Error(err)
	}
	if t.Failed() && testing.Verbose() {
		t.Log(w.log)
	}
}

// apart looks whether the files can be played beside each other: no two of them
// may join the same conference.
func apart(files []*File) error {
	owner := map[string]*File{}
	for _, f := range files {
		for _, name := range f.conferenceNames() {
			if other := owner[name]; other != nil && other != f {
				return fmt.Errorf("%s.txt and %s.txt both join the conference %q: give it another name in one", other.Name, f.Name, name)
			}
			owner[name] = f
		}
	}
	return nil
}

// wallNames are the numbers of one file among those of others.
type wallNames struct {
	file  int
	here  map[string]string // by the file's own
	there map[string]string // the other way round
}

func newWallNames(i int, f *File) *wallNames {
	n := &wallNames{file: i, here: map[string]string{}, there: map[string]string{}}
	for k, number := range f.Numbers {
		name := fmt.Sprintf("+1556%03d%02d", i, k)
		n.here[number.Number], n.there[name] = name, number.Number
	}
	return n
}

func (n *wallNames) number(of string) string {
	if name, ok := n.here[of]; ok {
		return name
	}
	return of
}

func (n *wallNames) caller(k int) string { return fmt.Sprintf("+1557%03d%02d", n.file, k) }

func (n *wallNames) alias(params url.Values) {
	for _, values := range params {
		for i, v := range values {
			if name, ok := n.there[v]; ok {
				values[i] = name
			}
		}
	}
}
