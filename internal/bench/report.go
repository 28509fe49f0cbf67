package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// table writes what a reader wants to compare, a line a figure.
func (r Report) table(out io.Writer) {
	fmt.Fprintf(out, "\n%s%s\n%s\n\n", r.Machine, r.stolen(), r.Cores)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tfigure\tmedian\tspread\tgoal\t\t")
	for _, s := range r.Results {
		name := s.Name
		for _, f := range s.Figures {
			if f.Hidden || len(f.Runs) == 0 {
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", name, f.About, f.value(f.Median), f.spread(), f.goal(), f.verdict())
			name = ""
		}
	}
	w.Flush()
	for _, s := range r.Results {
		for _, note := range s.Notes {
			fmt.Fprintf(out, "%s: %s\n", s.Name, note)
		}
		for _, why := range s.Failed {
			fmt.Fprintf(out, "FAILED %s\n", why)
		}
	}
}

// stolen says what other machines took of this one's time.
func (r Report) stolen() string {
	if r.Stolen < 0.0005 {
		return ""
	}
	return fmt.Sprintf("; other machines took %.1f %% of its cores' time meanwhile", 100*r.Stolen)
}

// value writes v with as many digits as mean something, and the unit.
func (f Figure) value(v float64) string {
	digits := 0
	switch a := math.Abs(v); {
	case a == 0 || a == math.Trunc(a):
	case a < 1:
		digits = 3
	case a < 10:
		digits = 2
	case a < 100:
		digits = 1
	}
	text := grouped(fmt.Sprintf("%.*f", digits, v))
	if f.Unit != "" {
		text += " " + f.Unit
	}
	return text
}

// grouped puts commas between the thousands.
func grouped(digits string) string {
	whole, rest, _ := strings.Cut(digits, ".")
	for at := len(whole) - 3; at > 0 && whole[at-1] != '-'; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}

// spread writes the least and the greatest, where there was more than one run.
func (s Summary) spread() string {
	if len(s.Runs) < 2 {
		return ""
	}
	bare := Figure{}
	return bare.value(s.Min) + "–" + bare.value(s.Max)
}

func (f Figure) goal() string {
	switch f.Better {
	case AtMost:
		return "≤ " + f.value(f.Goal)
	case AtLeast:
		return "≥ " + f.value(f.Goal)
	}
	return ""
}

func (s Summary) verdict() string {
	switch {
	case s.Met == nil:
		return ""
	case *s.Met:
		return "met"
	}
	return "missed"
}

// List writes what scenarios there are, what each measures, and its goals.
func List(out io.Writer, scenarios []Scenario) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range scenarios {
		fmt.Fprintf(w, "%s\t%s\t\n", s.Name, s.About)
		for _, f := range s.Figures {
			if f.Better != "" {
				fmt.Fprintf(w, "\t  %s\t%s\n", f.About, f.goal())
			}
		}
	}
	return w.Flush()
}
