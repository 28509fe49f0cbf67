// Package bench loads a switch as a crowd of callers would and reports what it
// cost: a switch in a process of its own, real SIP and RTP from another, and in
// the same run the floor, the same packets merely echoed, so that a figure
// means something on any machine.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Scenario is a load: rooms of people, of whom some talk and all send packets.
type Scenario struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Rooms   int    `json:"rooms"`
	People  int    `json:"people"`  // in each room
	Talkers int    `json:"talkers"` // in each room; the others send silence
}

// Legs returns how many calls the scenario makes.
func (s Scenario) Legs() int { return s.Rooms * s.People }

// Scenarios returns the scenarios that have a name.
func Scenarios() []Scenario {
	return []Scenario{
		{"one-room", "one conference, three talk", 1, 200, 3},
		{"one-room-all-talk", "one conference, all talk", 1, 200, 200},
		{"rooms-of-four", "fifty conferences of four, all talk", 50, 4, 4},
	}
}

// Named returns the scenario of that name.
func Named(name string) (Scenario, error) {
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("no scenario %q: there are %q", name, names)
}

// Config says what to run.
type Config struct {
	Binary    string        // the confab program, for the switch and for the echo
	Scenarios []Scenario    // run one after another
	For       time.Duration // how long each is measured, once all stand in their conferences
	Rate      float64       // calls set up per second; zero means 50
	Out       io.Writer     // progress and the table; nil: nowhere
}

// Result is what one scenario gave. Packets are RTP.
type Result struct {
	Scenario
	Seconds float64 `json:"seconds"`

	// CPU-milliseconds per participant and second: of the switch, of the bare
	// echo of as many packets, and how many echoes the switch costs.
	CPU   float64 `json:"cpu_ms_per_participant_second"`
	Floor float64 `json:"floor_ms_per_participant_second"`
	Ratio float64 `json:"ratio"`

	Sent         uint64  `json:"sent"`          // to the switch, while measured
	Received     uint64  `json:"received"`      // from the switch
	LostToSwitch uint64  `json:"lost_to"`       // by the switch's count
	LostToLegs   int64   `json:"lost_from"`     // by the callers' sequence numbers
	JitterP99    float64 `json:"jitter_p99_ms"` // RFC 3550 jitter over the callers, the generator's own lateness in it
	LateP99      float64 `json:"late_p99_ms"`   // slots of the switch's loops, upper bound of the bucket
	SetupP99     float64 `json:"setup_p99_ms"`  // INVITE to 200
	Heard        string  `json:"heard"`         // who hears whom, by ear
}

// Run runs the scenarios and writes the table to c.Out. It is an error if a
// call fails or a packet is lost; the results are returned all the same.
func Run(ctx context.Context, c Config) ([]Result, error) {
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Rate == 0 {
		c.Rate = 50
	}
	if c.For < time.Second {
		return nil, fmt.Errorf("measure for %v: want at least 1s", c.For)
	}
	var results []Result
	var failed error
	for _, s := range c.Scenarios {
		r, err := run(ctx, c, s)
		if err != nil {
			return results, fmt.Errorf("%s: %w", s.Name, err)
		}
		results = append(results, r)
		if r.LostToLegs > 0 || r.LostToSwitch > 0 {
			failed = errors.Join(failed, fmt.Errorf("%s: packets lost: %d to the switch, %d from it", s.Name, r.LostToSwitch, r.LostToLegs))
		}
	}
	table(c.Out, results)
	return results, failed
}

// run runs one scenario: the echo, then the switch.
func run(ctx context.Context, c Config, s Scenario) (Result, error) {
	r := Result{Scenario: s}
	fmt.Fprintf(c.Out, "%s: %s (%d calls)\n", s.Name, s.About, s.Legs())
	floor, err := measureFloor(ctx, c, s)
	if err != nil {
		return r, fmt.Errorf("the floor: %w", err)
	}
	r.Floor = floor
	fmt.Fprintf(c.Out, "  the floor: %.3f CPU-ms per participant-second\n", floor)
	if err := measureSwitch(ctx, c, s, &r); err != nil {
		return r, err
	}
	r.Ratio = r.CPU / r.Floor
	return r, nil
}
