package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// lookEvery is how often the files are looked at. Certificates are renewed days
// before they end; ten seconds is soon enough.
const lookEvery = 10 * time.Second

// Files is a certificate and its key in two PEM files that somebody else keeps.
type Files struct {
	certPath, keyPath string
	log               *slog.Logger
	now               atomic.Pointer[pair]
}

// pair is what was in the files: their text, and what it means.
type pair struct {
	cert, key []byte
	parsed    tls.Certificate
}

// OpenFiles reads a certificate, with the chain that it stands in, and its key.
// The error says which file is wrong and how. log may be nil.
func OpenFiles(cert, key string, log *slog.Logger) (*Files, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &Files{certPath: cert, keyPath: key, log: log}
	read, err := f.read()
	if err != nil {
		return nil, err
	}
	f.now.Store(read)
	return f, nil
}

// read reads both files and checks that they belong together.
func (f *Files) read() (*pair, error) {
	cert, err := os.ReadFile(f.certPath)
	if err != nil {
		return nil, fmt.Errorf("tls.cert: %w", err)
	}
	key, err := os.ReadFile(f.keyPath)
	if err != nil {
		return nil, fmt.Errorf("tls.key: %w", err)
	}
	parsed, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("tls: %s and %s are not a certificate and its key in PEM: %w", f.certPath, f.keyPath, err)
	}
	if ends := parsed.Leaf.NotAfter; time.Now().After(ends) {
		return nil, fmt.Errorf("tls.cert: the certificate in %s ended on %s; renew it", f.certPath, ends.UTC().Format(time.DateOnly))
	}
	return &pair{cert, key, parsed}, nil
}

// TLS implements Source.
func (f *Files) TLS() *tls.Config {
	return config(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &f.now.Load().parsed, nil })
}

// Name implements Source: the first name that is no pattern.
func (f *Files) Name() string { return firstName(f.now.Load().parsed.Leaf) }

// Trusted implements Source.
func (f *Files) Trusted() bool { return !selfSigned(f.now.Load().parsed.Leaf) }

// Challenge implements Source: nobody asks for files.
func (f *Files) Challenge(next http.Handler) http.Handler { return next }

// Keep reads the files when they have changed. What makes no sense, such as a
// certificate whose key is not there yet, is logged once and tried again; the
// one that was there goes on serving. Connections that stand keep theirs.
func (f *Files) Keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		read, err := f.read()
		if err != nil {
			if err.Error() != said {
				said = err.Error()
				f.log.Warn("the certificate on disk is not usable; the one before it serves on", "err", err)
			}
			continue
		}
		said = ""
		if was := f.now.Load(); bytes.Equal(was.cert, read.cert) && bytes.Equal(was.key, read.key) {
			continue
		}
		f.now.Store(read)
		f.log.Info("certificate read again", "file", f.certPath, "fingerprint", Fingerprint(read.parsed.Leaf), "until", read.parsed.Leaf.NotAfter.UTC())
	}
}
