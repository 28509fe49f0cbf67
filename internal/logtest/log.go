package logtest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
)

// Log keeps what is logged. Its zero value is empty; all methods may be called
// from any goroutine.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Watch returns a logger, at debug level, whose log is looked through for the
// secrets when the test ends; what is found fails it.
func Watch(t testing.TB, secrets ...string) *slog.Logger {
	l := new(Log)
	t.Cleanup(func() {
		for _, line := range Secrets(secrets).In(l.String()) {
			t.Errorf("a secret was logged: line %s", line)
		}
	})
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
