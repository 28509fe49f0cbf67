//go:build !linux

package bench

import "errors"

// cores needs Linux.
type cores struct{}

func chooseCores() (cores, error)        { return cores{}, errors.New("cores are chosen on Linux only") }
func (cores) keepTo() error              { return nil }
func (cores) release() error             { return nil }
func (cores) start(f func() error) error { return f() }
func (cores) String() string             { return "cores as the system likes" }
