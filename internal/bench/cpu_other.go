//go:build !linux

package bench

import (
	"errors"
	"time"
)

// cpu needs Linux.
func (p *process) cpu() (time.Duration, error) {
	return 0, errors.New("CPU time of another process: measured on Linux only")
}
