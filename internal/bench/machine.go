package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// noisy is the load per core above which a machine is busy with something else.
const noisy = 0.25

// Machine is what a figure was measured on.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Load   float64 `json:"load_before"` // average of the minute before
}

// Noisy reports whether the machine was busy before the bench began, so that
// the figures of time are somebody else's too.
func (m Machine) Noisy() bool { return m.Load > noisy*float64(m.Cores) }

func (m Machine) String() string {
	text := fmt.Sprintf("%s, %d cores, %s, %s, load %.2f before", m.CPU, m.Cores, m.Kernel, m.Go, m.Load)
	if m.Noisy() {
		text += ": A BUSY MACHINE, its figures of time are not those of a quiet one"
	}
	return text
}

// thisMachine describes this machine; what it cannot find out is "unknown".
func thisMachine() Machine {
	m := Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), Kernel: runtime.GOOS + " unknown", Go: runtime.Version()}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	return m
}

// coreTime is time that the cores have had, in the kernel's unit (USER_HZ, proc_stat(5)).
type coreTime struct{ all, stolen float64 }

// coresTime returns what all cores have had since the machine began; zero where the system does not tell.
func coresTime() (t coreTime) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(text), "\n")
	const until = 9 // cpu user nice system idle iowait irq softirq steal; user has what comes behind them
	fields := strings.Fields(line)
	for _, field := range fields[min(1, len(fields)):min(until, len(fields))] {
		t.stolen, _ = strconv.ParseFloat(field, 64) // the last of them is
		t.all += t.stolen
	}
	return t
}

// stolenSince returns which share of the cores' time other machines took, of those that share them.
func (t coreTime) stolenSince(before coreTime) float64 {
	if t.all <= before.all {
		return 0
	}
	return (t.stolen - before.stolen) / (t.all - before.all)
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown CPU (" + runtime.GOARCH + ")"
}
