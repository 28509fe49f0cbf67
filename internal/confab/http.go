package confab

import (
	"context"
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
// way end, for at most grace. It closes l. The error is nil when ctx ended it.
func ServeHTTP(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration, log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
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
	wg.Go(func() { ended <- server.Serve(l) })
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
