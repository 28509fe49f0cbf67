//go:build !linux

package media

func newSleeper() sleeper { return newTimerSleeper() }

func sharpen() {}
