package store

import (
	"context"
	"errors"

	"confab/internal/contract"
)

// What callers of the numbers branch on.
var (
	ErrNumberExists   = errors.New("number exists already")
	ErrNumberNotFound = errors.New("no such number")
	// ErrNumberConfigured: the number is given in the configuration file, which
	// is the only place to change it.
	ErrNumberConfigured = errors.New("number is given in the configuration file and cannot be changed here")
)

// SetConfigNumbers replaces the numbers given in the configuration. They live
// in memory only, hide stored ones of the same number, and get a SID made from
// the number itself, the same at every start. A number that is given twice is
// an error.
func (r *Records) SetConfigNumbers(numbers []contract.NumberInfo) error { panic("unwritten") }

// Number finds who is called by the user part of a request URI: the number as
// dialled (an E.164 number with or without its plus sign), and otherwise the
// number "*". It reads the database each time, so that what another process
// writes counts at once.
func (r *Records) Number(ctx context.Context, user string) (n contract.NumberInfo, ok bool, err error) {
	panic("unwritten")
}

// Numbers returns all numbers by their spelling, those of the configuration
// included.
func (r *Records) Numbers(ctx context.Context) ([]contract.NumberInfo, error) { panic("unwritten") }

// NumberBySID returns the number of that SID.
func (r *Records) NumberBySID(ctx context.Context, sid contract.NumberSID) (n contract.NumberInfo, ok bool, err error) {
	panic("unwritten")
}

// AddNumber stores a number under a new SID and returns it as stored, in
// normal form. ErrNumberExists, ErrNumberConfigured.
func (r *Records) AddNumber(ctx context.Context, n contract.NumberInfo) (contract.NumberInfo, error) {
	panic("unwritten")
}

// UpdateNumber replaces the stored number that has n's SID. ErrNumberNotFound,
// ErrNumberExists, ErrNumberConfigured.
func (r *Records) UpdateNumber(ctx context.Context, n contract.NumberInfo) error { panic("unwritten") }

// RemoveNumber removes a stored number, named by its spelling or its SID.
// ErrNumberNotFound, ErrNumberConfigured.
func (r *Records) RemoveNumber(ctx context.Context, number string) error { panic("unwritten") }
