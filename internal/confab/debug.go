package confab

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
)

// openDebug takes the port of the profiles, where one is set.
func (s *Switch) openDebug(context.Context) (err error) {
	if s.cfg.Debug == "" {
		return nil
	}
	if s.debug, err = s.cfg.Net.listen("tcp", s.cfg.Debug); err != nil {
		return portError("debug", s.cfg.Debug, err)
	}
	s.closeLater(func() error { return closeListener(s.debug) })
	return nil
}

// serveDebug serves the profiles of the program until ctx ends: net/http/pprof's
// paths. They stand on a port of their own, for they cost what they are asked
// for, and tell what is in memory.
func (s *Switch) serveDebug(ctx context.Context) error {
	if s.debug == nil {
		<-ctx.Done()
		return nil
	}
	return ServeHTTP(ctx, s.debug, debugMux(), nil, flushTime, s.log)
}

func debugMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // heap, goroutine and the like by their names
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// Debug returns the address that the profiles are served on; nil when they are not.
func (s *Switch) Debug() net.Addr {
	if s.debug == nil {
		return nil
	}
	return s.debug.Addr()
}
