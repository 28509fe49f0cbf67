package confab

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The bounds of one HTTP request: slow clients are cut off.
const (
	headerTime  = 10 * time.Second
	readTime    = 30 * time.Second
	writeTime   = time.Minute
	idleTime    = 2 * time.Minute
	maxHTTPHead = 64 << 10 // bytes
)

// ServeHTTP serves h on l until ctx ends, then lets the requests that are under
// way end, for at most grace. It closes l. With secure it is HTTPS; nil: plain
// HTTP. The error is nil when ctx ended it.
func ServeHTTP(ctx context.Context, l net.Listener, h http.Handler, secure *tls.Config, grace time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
		TLSConfig:         secure,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHTTPHead,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ended := make(chan error, 1)
	serve := server.Serve
	if secure != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	wg.Go(func() { ended <- serve(l) })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}
