//go:build !linux

package media

import "errors"

func newSleeper() sleeper { return newTimerSleeper() }

func sharpen() {}

func pinTo(int) error { return errors.ErrUnsupported }

func mayUse(int) bool { return false }
