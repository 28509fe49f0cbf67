package webrtc

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"

	"confab/internal/media"
	"confab/internal/rtp"
)

// converse runs the DTLS connection of p as long as it lives: the handshake gives the
// session its keys, and afterwards nothing is said but that it ends.
func (p *Peer) converse(client bool, fingerprints []string) {
	conn, err := p.dtls(client, fingerprints)
	if err != nil {
		p.end(fmt.Errorf("dtls: %w", err))
		return
	}
	defer conn.Close()
	if err := conn.HandshakeContext(p.life); err != nil {
		if !errors.Is(err, ErrFingerprint) {
			err = fmt.Errorf("dtls: %w", err)
		}
		p.end(err)
		return
	}
	keys, err := exportKeys(conn, client)
	if err == nil {
		err = p.session.SetKeys(keys)
	}
	if err != nil {
		p.end(fmt.Errorf("dtls: %w", err))
		return
	}
	p.keyed()
	closed := make(chan struct{})
	context.AfterFunc(p.life, func() {
		_ = conn.Close() // says close_notify, and ends the read below
		close(closed)
	})
	defer func() { <-closed }()
	b := make([]byte, 1500)
	for {
		if _, err := conn.Read(b); err != nil {
			if errors.Is(err, io.EOF) {
				p.end(ErrHungUp)
			} else {
				p.end(fmt.Errorf("dtls: %w", err))
			}
			return
		}
	}
}

// dtls opens the connection, as the client or as the server.
//
// RFC 5764 §4.1: use_srtp, RFC 8827 §6.5: both show a certificate, which the SDP's
// fingerprint names. Where a message comes from has been validated by ICE, so there is
// no cookie.
func (p *Peer) dtls(client bool, fingerprints []string) (*dtls.Conn, error) {
	options := []dtls.Option{
		dtls.WithCertificates(p.t.certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // nobody has signed it; see named
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}),
		dtls.WithVerifyPeerCertificate(func(chain [][]byte, _ [][]*x509.Certificate) error {
			if len(chain) == 0 || !named(chain[0], fingerprints) {
				return ErrFingerprint
			}
			return nil
		}),
	}
	if client {
		list := make([]dtls.ClientOption, len(options))
		for i, o := range options {
			list[i] = o
		}
		return dtls.ClientWithOptions(p.wire, p.wire.LocalAddr(), list...)
	}
	list := make([]dtls.ServerOption, len(options), len(options)+2)
	for i, o := range options {
		list[i] = o
	}
	list = append(list, dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true))
	return dtls.ServerWithOptions(p.wire, p.wire.LocalAddr(), list...)
}

// exporter is the label of the keys (RFC 5764 §4.2).
const exporter = "EXTRACTOR-dtls_srtp"

// exportKeys returns what a finished handshake has agreed on.
func exportKeys(conn *dtls.Conn, client bool) (media.Keys, error) {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	key, salt := rtp.Profile(profile).Sizes()
	if !ok || key == 0 {
		return media.Keys{}, errors.New("the far end does not protect its voice (use_srtp)")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return media.Keys{}, context.Canceled
	}
	b, err := state.ExportKeyingMaterial(exporter, nil, 2*(key+salt))
	if err != nil {
		return media.Keys{}, err
	}
	// The client's key, the server's key, the client's salt, the server's salt.
	clients := rtp.Keys{Profile: rtp.Profile(profile), Key: b[:key], Salt: b[2*key : 2*key+salt]}
	servers := rtp.Keys{Profile: rtp.Profile(profile), Key: b[key : 2*key], Salt: b[2*key+salt:]}
	if client {
		return media.Keys{Send: clients, Receive: servers}, nil
	}
	return media.Keys{Send: servers, Receive: clients}, nil
}
