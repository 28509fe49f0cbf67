//go:build !linux

package transcript

import "time"

func cpus() []func() { return []func(){func() {}} }

func nap(d time.Duration) { time.Sleep(d) }
