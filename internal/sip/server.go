package sip

import (
	"context"
	"errors"
	"net/netip"

	"confab/internal/leg"
)

var errTODO = errors.New("sip: being written")

// Server speaks SIP on one address.
type Server struct{}

// New binds UDP and TCP and serves until Close.
func New(c Config) (*Server, error) { return nil, errTODO }

// Addr returns the address that the server is bound to.
func (s *Server) Addr() netip.AddrPort { return netip.AddrPort{} }

// Dial calls target (leg.Dialer).
func (s *Server) Dial(ctx context.Context, target leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	return nil, errTODO
}

// Bye ends a dialog of which only its state is left.
func (s *Server) Bye(ctx context.Context, d DialogState) error { return errTODO }

// Drain refuses new calls with 503 from now on; those that live go on.
func (s *Server) Drain() {}

// Stats returns the counters.
func (s *Server) Stats() Stats { return Stats{} }

// Close ends what still lives, closes the sockets and waits for every
// goroutine.
func (s *Server) Close() error { return nil }
