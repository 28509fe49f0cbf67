package bench

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// target is a switch in a process of its own, and the application that its
// numbers belong to.
type target struct {
	*process
	sip, http, debug string // addresses, as its banner tells them
	dir              string
	app              *http.Server
	wg               sync.WaitGroup
}

// mostCalls is how many calls the switch may have at one time: more than any
// scenario makes, so that it refuses none at a bound of its configuration.
const mostCalls = 20000

// startSwitch starts the program with a data directory of its own.
func startSwitch(ctx context.Context, s *Stage) (*target, error) {
	dir, err := os.MkdirTemp("", "confab-bench-")
	if err != nil {
		return nil, err
	}
	t := &target{dir: dir}
	ok := false
	defer func() {
		if !ok {
			t.close()
		}
	}()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t.app = &http.Server{Handler: application(), ReadHeaderTimeout: 10 * time.Second}
	t.wg.Go(func() { t.app.Serve(ln) })

	config := filepath.Join(dir, "confab.yaml")
	yaml := fmt.Sprintf("numbers:\n  - number: \"*\"\n    voice_url: http://%s/voice\n", ln.Addr())
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		return nil, err
	}
	const anyPort = "127.0.0.1:0"
	t.process, _, err = startProcess(ctx, s.cores, bannerEnd, s.Binary, "serve", "--config", config,
		"--data", filepath.Join(dir, "data"), "--http", anyPort, "--debug", anyPort, "--sip", anyPort, "--rtp-ports", "20000-28999",
		"--speech-engine", "none", "--drain-timeout", "1s", "--log-level", "WARN",
		"--max-calls", strconv.Itoa(mostCalls), "--max-participants", strconv.Itoa(mostCalls))
	if err != nil {
		return nil, err
	}
	if err := t.readBanner(t.said()); err != nil {
		return nil, err
	}
	ok = true
	return t, nil
}

func (t *target) close() {
	if t.process != nil {
		t.stop()
	}
	if t.app != nil {
		t.app.Close()
	}
	t.wg.Wait()
	os.RemoveAll(t.dir)
}

// bannerEnd is in the last line of a switch's banner that always stands there.
const bannerEnd = "  Webhooks "

// readBanner takes the addresses from what the switch prints when it is up. It
// was let choose its ports: one that was looked for before it started can be
// another program's by then.
func (t *target) readBanner(banner string) error {
	for _, row := range []struct {
		to   *string
		form *regexp.Regexp
	}{
		{&t.sip, regexp.MustCompile(`(?m)^  Dial +sip:\S+@(\S+)`)},
		{&t.http, regexp.MustCompile(`(?m)^  API +http://([^/]+)/`)},
		{&t.debug, regexp.MustCompile(`(?m)^  Profiles +http://([^/]+)/`)},
	} {
		found := row.form.FindStringSubmatch(banner)
		if found == nil {
			return fmt.Errorf("the banner of the switch has no row %s; it said:\n%s", row.form, banner)
		}
		*row.to = found[1]
	}
	return nil
}

// The metrics of the switch that the bench reads.
const (
	metricDropped = "confab_media_packets_dropped_total"
	metricLate    = "confab_media_slot_lateness_seconds"
	metricEncoded = "confab_media_frames_encoded_total"
)

// gather starts a switch and lets the load call it. Both must be closed, the
// generator first.
func (s *Stage) gather(ctx context.Context, l Load) (*target, *generator, error) {
	t, g, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := t.assemble(ctx, s, g, l); err != nil {
		g.close()
		t.close()
		return nil, nil, err
	}
	return t, g, nil
}

// assemble lets the load call; when that fails, it tells what the switch said.
func (t *target) assemble(ctx context.Context, s *Stage, g *generator, l Load) error {
	err := g.assemble(ctx, s, l)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w; the switch said:\n%s", err, t.said())
	}
	return err
}

// open starts a switch, and a generator that nobody calls from yet.
func (s *Stage) open(ctx context.Context) (*target, *generator, error) {
	t, err := startSwitch(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	to, err := netip.ParseAddrPort(t.sip)
	if err != nil {
		t.close()
		return nil, nil, err
	}
	f, err := formatOf(s.Codec)
	if err != nil {
		t.close()
		return nil, nil, err
	}
	g, err := newGenerator(to, f)
	if err != nil {
		t.close()
		return nil, nil, err
	}
	return t, g, nil
}

// measured is what a switch did for a while, or for several.
type measured struct {
	tally
	cpu     time.Duration
	own     time.Duration // CPU of this process, the generator's
	did     counts
	between time.Duration // the counts before and those after
	passing bool          // callers came and went beside
}

// add counts what was measured another time as well.
func (m *measured) add(other measured) {
	m.tally.add(other.tally)
	m.cpu += other.cpu
	m.own += other.own
	m.between += other.between
	m.passing = m.passing || other.passing
	if m.did == nil {
		m.did = make(counts)
	}
	m.did.add(other.did)
}

// lostTo returns how many packets the switch knows that it lost, or did not know
// whose they were. Where callers come and go there are some of those: a packet
// may reach it together with the BYE behind it.
func (m *measured) lostTo() float64 {
	lost := m.did.sum(metricDropped)
	if m.passing {
		const stray = `why="unknown source"`
		lost -= m.did.sum(metricDropped, stray)
	}
	return lost
}

// late returns how late the switch's slots were, as a bound that a share q kept.
func (m *measured) lateness(q float64) float64 {
	return 1000 * m.did.quantile(metricLate, q)
}

// encodes returns how many frames the switch coded in a tick, all its conferences
// together. To a hundredth: the two counts are no whole number of ticks apart.
func (m *measured) encodes() float64 {
	ticks := m.between.Seconds() / tickTime.Seconds()
	return math.Round(100*m.did.sum(metricEncoded)/ticks) / 100
}

// measure waits until the crowd is steady, and counts for d.
func (s *Stage) measure(ctx context.Context, t *target, g *generator, d time.Duration) (m measured, err error) {
	// What setting up has left behind is not to be collected while voice is measured.
	if _, err := t.collect(ctx); err != nil {
		return m, err
	}
	if err := g.begin(ctx); err != nil {
		return m, err
	}
	g.do(func() { m.passing = g.passers != nil })
	before, err := scrape(ctx, "http://"+t.http)
	if err != nil {
		return m, err
	}
	scraped := time.Now()
	done := make(chan error, 1)
	own := ownCPU()
	t.wg.Go(func() {
		var err error
		m.cpu, err = spent(ctx, t.process, d)
		done <- err
	})
	if err := s.progress(ctx, d, done); err != nil {
		return m, err
	}
	m.own = ownCPU() - own
	if m.tally, err = g.end(); err != nil {
		return m, err
	}
	after, err := scrape(ctx, "http://"+t.http)
	m.did, m.between = after.since(before), time.Since(scraped)
	return m, err
}

// ownCPU returns the CPU time that this process has used.
func ownCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// progress shows that time passes until done.
func (s *Stage) progress(ctx context.Context, d time.Duration, done <-chan error) error {
	began := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return <-done
		case <-tick.C:
			s.show("  measuring: %2.0f of %.0f s", time.Since(began).Seconds(), d.Seconds())
		}
	}
}
