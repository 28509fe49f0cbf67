package confab

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The states of a switch.
const (
	stateStarting int32 = iota
	stateServing
	stateDraining
)

// flushTime is how long callbacks may take to be delivered once all calls have
// ended. What is left is delivered after the next start.
const flushTime = 10 * time.Second

// Run serves until ctx ends, then drains; it returns when nothing of the switch
// is left. The error is nil when ctx ended it and everything was closed well.
func (s *Switch) Run(ctx context.Context) error {
	// What serves the calls must outlive ctx until the last one has ended.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var wg sync.WaitGroup
	failed := make(chan error, 4)
	s.state.Store(stateServing) // nobody can ask before HTTP is served
	for what, run := range map[string]func() error{
		"deliver callbacks": func() error { return s.delivery.Run(life) },
		"serve HTTP":        func() error { return s.serveHTTP(life) },
		"redirect HTTP":     func() error { return s.serveRedirect(life) },
		"serve profiles":    func() error { return s.serveDebug(life) },
	} {
		wg.Go(func() {
			if err := run(); err != nil {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}
	wg.Go(func() { s.dialogs.hangUp(life, s.sip.Bye) })
	wg.Go(func() { s.forget(life) })
	wg.Go(func() { s.stories.Run(life, s.sample) })
	wg.Go(func() { s.keepCertificate(life) })
	err := s.greet(life)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	s.drain(life)
	close(s.stopping)
	end()
	wg.Wait()
	return errors.Join(err, s.Close())
}

// drain takes the switch down as far as anybody outside is concerned.
func (s *Switch) drain(ctx context.Context) {
	s.state.Store(stateDraining)
	s.log.Info("draining", "calls", s.calls.Count(), "for", s.cfg.DrainTimeout)
	s.sip.Drain() // new calls get 503
	s.browsers.Drain()

	wait, cancel := context.WithTimeout(ctx, s.cfg.DrainTimeout)
	s.calls.Drain(wait) // the others may end, and get BYE when their time is up
	cancel()
	s.conferences.Close()

	flush, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	if err := s.delivery.Flush(flush); err != nil {
		s.log.Warn("callbacks are left for the next start", "err", err)
	}
}

// greet writes the banner.
func (s *Switch) greet(ctx context.Context) error {
	if s.cfg.Out != nil {
		if err := s.banner(ctx, s.cfg.Out); err != nil {
			return fmt.Errorf("write banner: %w", err)
		}
	}
	s.log.Info("serving", "sip", s.SIP(), "http", s.HTTP(), "account", s.account.SID)
	return nil
}

// ready says why no calls are taken; nil when they are.
func (s *Switch) ready() error {
	switch s.state.Load() {
	case stateStarting:
		return errors.New("starting")
	case stateDraining:
		return errors.New("draining")
	}
	return s.store.Healthy()
}
