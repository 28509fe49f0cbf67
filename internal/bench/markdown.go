package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The markers between which the table stands in a page of documentation.
const (
	markdownBegin = "<!-- bench -->"
	markdownEnd   = "<!-- end of bench -->"
)

// Markdown writes the table as a page has it: on what it was measured, then a
// line for each figure, and the picture that stands at a path of the page, if
// there is one.
func (r Report) Markdown(out io.Writer, picture string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s, in %.0f minutes: %s%s; %s.\n\n", r.Began.UTC().Format("2 January 2006"), math.Ceil(r.Seconds/60), r.Machine, r.stolen(), r.Cores)
	fmt.Fprintln(&b, "| scenario | figure | median | spread | goal | |\n|---|---|---|---|---|---|")
	for _, s := range r.Results {
		name := fmt.Sprintf("`%s`: %s", s.Name, s.About)
		for _, f := range s.Figures {
			if f.Hidden || len(f.Runs) == 0 {
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name, f.About, f.value(f.Median), f.spread(), f.goal(), f.verdict())
			name = ""
		}
	}
	fmt.Fprintln(&b)
	if picture != "" {
		fmt.Fprintf(&b, "![CPU over participants: the switch, and the bare echo of the same packets](%s)\n\n", picture)
	}
	for _, s := range r.Results {
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "- `%s`: %s\n", s.Name, note)
		}
		for _, why := range s.Failed {
			first, _, _ := strings.Cut(why, "\n")
			fmt.Fprintf(&b, "- failed: %s\n", first)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// IntoPage returns page with the table in the place of the one that it has.
func (r Report) IntoPage(page, picture string) (string, error) {
	before, rest, ok := strings.Cut(page, markdownBegin)
	_, after, ok2 := strings.Cut(rest, markdownEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("the page has no place for the table: want the lines %q and %q", markdownBegin, markdownEnd)
	}
	var table strings.Builder
	if err := r.Markdown(&table, picture); err != nil {
		return "", err
	}
	return before + markdownBegin + "\n" + table.String() + markdownEnd + after, nil
}
