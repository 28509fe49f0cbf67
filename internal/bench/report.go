package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// table writes what a reader wants to compare, a line a scenario.
func table(out io.Writer, results []Result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nscenario\tcalls\tCPU-ms per\techo of the\tratio\tlost to\tlost\tjitter\tlate\tset up\t")
	fmt.Fprintln(w, "\t\tparticipant-s\tsame packets\t\tswitch\tfrom it\tp99 ms\tp99 ms\tp99 ms\t")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t%.2f\t%d\t%d\t%.1f\t%.2f\t%.0f\t\n",
			r.Name, r.Legs(), r.CPU, r.Floor, r.Ratio, r.LostToSwitch, r.LostToLegs, r.JitterP99, r.LateP99, r.SetupP99)
	}
	w.Flush()
	for _, r := range results {
		fmt.Fprintf(out, "%s: %s\n", r.Name, r.Heard)
	}
}
