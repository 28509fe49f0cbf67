package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// target is a switch in a process of its own, and the application that its
// numbers belong to.
type target struct {
	*process
	sip, http string // addresses
	dir       string
	app       *http.Server
	wg        sync.WaitGroup
}

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

	if t.sip, err = freeAddr(); err != nil {
		return nil, err
	}
	if t.http, err = freeAddr(); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "confab.yaml")
	yaml := fmt.Sprintf("numbers:\n  - number: \"*\"\n    voice_url: http://%s/voice\n", ln.Addr())
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		return nil, err
	}
	t.process, _, err = startProcess(ctx, t.http, s.Binary, "serve", "--config", config,
		"--data", filepath.Join(dir, "data"), "--http", t.http, "--sip", t.sip, "--rtp-ports", "20000-28999",
		"--speech-engine", "none", "--drain-timeout", "2s", "--log-level", "WARN")
	if err != nil {
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

// freeAddr returns an address of loopback that is free, as of now, for TCP and UDP.
func freeAddr() (string, error) {
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		addr := ln.Addr().String()
		ln.Close()
		conn, err := net.ListenPacket("udp", addr)
		if err == nil {
			conn.Close()
			return addr, nil
		}
	}
	return "", errors.New("no free port on 127.0.0.1")
}

// The metrics of the switch that the bench reads.
const (
	metricDropped = "confab_media_packets_dropped_total"
	metricLate    = "confab_media_slot_lateness_seconds"
)

// measureSwitch lets the scenario's people call, measures while all stand in
// their conferences, and hangs up.
func measureSwitch(ctx context.Context, s *Stage, o *Outcome) error {
	t, err := startSwitch(ctx, s)
	if err != nil {
		return err
	}
	defer t.close()
	crowd, err := newCrowd(t.sip)
	if err != nil {
		return err
	}
	defer crowd.close()
	if err := crowd.call(ctx, s); err != nil {
		return errors.Join(err, errors.New("the switch said:\n"+t.said()))
	}
	if err := pause(ctx, 2*time.Second); err != nil { // until the last has joined and its jitter buffer has settled
		return err
	}
	before, err := scrape(ctx, "http://"+t.http)
	if err != nil {
		return err
	}
	crowd.mark()
	cpu := make(chan error, 1)
	var used time.Duration
	t.wg.Go(func() {
		var err error
		used, err = spent(ctx, t.process, s.length)
		cpu <- err
	})
	if err := s.progress(ctx, cpu); err != nil {
		return err
	}
	crowd.count(o.Values)
	after, err := scrape(ctx, "http://"+t.http)
	if err != nil {
		return err
	}
	o.Values["cpu"] = perLeg(used, s.Load.Legs(), s.length)
	o.Values["lost_to"] = after.sum(metricDropped) - before.sum(metricDropped)
	o.Values["late_p99"] = 1000 * after.quantile(before, metricLate, 0.99)
	heard, err := crowd.listen(ctx, s)
	o.Notes = append(o.Notes, heard)
	return err
}

// progress shows that time passes until done.
func (s *Stage) progress(ctx context.Context, done <-chan error) error {
	began := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			fmt.Fprintf(s.Out, "\r  measured for %v        \n", s.length)
			return err
		case <-ctx.Done():
			return <-done
		case <-tick.C:
			fmt.Fprintf(s.Out, "\r  measuring: %2.0f of %.0f s", time.Since(began).Seconds(), s.length.Seconds())
		}
	}
}
