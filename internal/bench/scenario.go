package bench

import (
	"context"
	"fmt"
	"time"
)

// Scenario is one kind of load and what is measured under it: a line of the
// list in scenarios.go. A new one needs no more than its line and its Run.
type Scenario struct {
	Name     string
	About    string        // what it is, in a few words
	Load     Load          // who calls
	Codec    string        // what they speak, as codec.Named has it; empty: PCMU
	For      time.Duration // how long a run measures, unless Config.For says otherwise
	Around   time.Duration // about how much longer a run takes than it measures, for the estimate
	Apart    bool          // left out unless it is named: it takes long
	AllCores bool          // the switch has all cores, not one
	Figures  []Figure      // what a run yields, in the order of the report

	// Run measures once. It starts what it needs and leaves nothing behind.
	Run func(ctx context.Context, s *Stage) (Outcome, error)
}

// Load is who calls: rooms of people, of whom some talk and all send packets.
type Load struct {
	Rooms   int `json:"rooms"`
	People  int `json:"people"`  // in each room
	Talkers int `json:"talkers"` // in each room; the others send silence
}

// Legs returns how many calls that is.
func (l Load) Legs() int { return l.Rooms * l.People }

// Figure is a number that a scenario measures, and its goal where it has one.
type Figure struct {
	Name   string  `json:"name"` // "ratio"
	Unit   string  `json:"unit,omitempty"`
	About  string  `json:"about"`            // what it is, in a few words
	Better Better  `json:"better,omitempty"` // empty: there is no goal
	Goal   float64 `json:"goal,omitempty"`   // at most or at least that, as Better says
	Hidden bool    `json:"-"`                // not in the table; in JSON
}

// Better says on which side of a goal a figure should be.
type Better string

// The two sides.
const (
	AtMost  Better = "at most"
	AtLeast Better = "at least"
)

// Met reports whether v reaches the goal; it does when there is none.
func (f Figure) Met(v float64) bool {
	switch f.Better {
	case AtMost:
		return v <= f.Goal
	case AtLeast:
		return v >= f.Goal
	}
	return true
}

// Outcome is what one run gave.
type Outcome struct {
	Values Values
	Points []Point  // cost over participants, of a scenario that goes through several
	Course []Moment // how it went, of a scenario that takes long
	Notes  []string // what a reader should know besides: who was heard, what limited it
}

// Values are figures by name.
type Values map[string]float64

// Point is what so many participants cost, in CPU-milliseconds per second.
type Point struct {
	Participants int     `json:"participants"`
	Switch       float64 `json:"switch_ms_per_s"`
	Floor        float64 `json:"floor_ms_per_s"` // of the bare echo of as many packets
}

// Moment is how a switch stood at a time of a long run.
type Moment struct {
	Seconds  float64 `json:"seconds"`  // since the counting began
	Resident float64 `json:"resident"` // memory of the process, MB
	Late     float64 `json:"late"`     // slots later than 10 ms, so far
	Slots    float64 `json:"slots"`    // in all
	CPU      float64 `json:"cpu_ms_per_s"`
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
