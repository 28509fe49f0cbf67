package bench

import (
	"slices"
	"time"
)

// Report is what all scenarios gave, and on what.
type Report struct {
	Machine Machine   `json:"machine"`
	Cores   string    `json:"on"` // what ran where
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
	Stolen  float64   `json:"stolen"` // share of the cores' time that other machines took meanwhile, where the system tells
	Results []Result  `json:"results"`
}

// Result is what the runs of one scenario gave.
type Result struct {
	Name    string    `json:"name"`
	About   string    `json:"about"`
	Load    Load      `json:"load"`
	Runs    int       `json:"runs"`
	Seconds float64   `json:"seconds"` // that each run measured
	Figures []Summary `json:"figures"`
	Points  []Point   `json:"points,omitempty"`
	Course  []Moment  `json:"course,omitempty"`
	Notes   []string  `json:"notes,omitempty"`  // of the last run that left any
	Failed  []string  `json:"failed,omitempty"` // what was wrong, of all runs
}

// Summary is one figure over all runs.
type Summary struct {
	Figure
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Runs   []float64 `json:"runs"`          // in their order; empty: no run gave it
	Met    *bool     `json:"met,omitempty"` // whether the median reaches the goal; nil: there is none
}

func newResult(s Scenario, length time.Duration) Result {
	r := Result{Name: s.Name, About: s.About, Load: s.Load, Seconds: length.Seconds()}
	for _, f := range s.Figures {
		r.Figures = append(r.Figures, Summary{Figure: f})
	}
	return r
}

// add takes what one run gave; of one that failed, what it gave before.
func (r *Result) add(o Outcome) {
	r.Runs++
	for i := range r.Figures {
		if v, ok := o.Values[r.Figures[i].Name]; ok {
			r.Figures[i].Runs = append(r.Figures[i].Runs, v)
		}
	}
	if o.Points != nil {
		r.Points = o.Points
	}
	if o.Course != nil {
		r.Course = o.Course
	}
	if o.Notes != nil {
		r.Notes = o.Notes
	}
}

// sum makes the figures of what the runs gave.
func (r *Result) sum() {
	for i := range r.Figures {
		f := &r.Figures[i]
		if len(f.Runs) == 0 {
			continue
		}
		f.Median, f.Min, f.Max = median(f.Runs), slices.Min(f.Runs), slices.Max(f.Runs)
		if f.Better != "" {
			met := f.Figure.Met(f.Median)
			f.Met = &met
		}
	}
}

// Figure returns a figure by its name.
func (r Result) Figure(name string) (Summary, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f, len(f.Runs) > 0
		}
	}
	return Summary{}, false
}

// median returns the middle one of values; of an even number of them the mean
// of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
