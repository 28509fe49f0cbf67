package certificate

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/crypto/acme/autocert"
)

// kept is autocert's directory. It tells of a certificate that is put there, and of what
// cannot be, which autocert passes over: every start would then ask for another one.
type kept struct {
	autocert.Cache
	domain string
	log    *slog.Logger
}

// Put implements autocert.Cache.
func (k kept) Put(ctx context.Context, name string, data []byte) error {
	if err := k.Cache.Put(ctx, name, data); err != nil {
		k.log.Error("what an authority gave cannot be kept, and will be asked for again", "err", err)
		return err
	}
	if name != k.domain {
		return nil
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if leaf, err := x509.ParseCertificate(block.Bytes); err == nil {
			k.log.Info("certificate issued", "name", k.domain, "by", leaf.Issuer.CommonName, "until", leaf.NotAfter.UTC(), "fingerprint", Fingerprint(leaf))
		}
		break
	}
	return nil
}

// ReadRoots reads certificates in PEM that are to be believed.
func ReadRoots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM", path)
	}
	return roots, nil
}
