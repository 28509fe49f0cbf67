package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain, such as: room add."`
}

// Run prints the help of a command, or of the program.
func (h *helpCmd) Run(chosen *kong.Context) error {
	of, err := kong.Trace(chosen.Kong, h.Command)
	if err != nil {
		return err
	}
	if len(h.Command) > 0 && !named(of) {
		return &unknownCommand{strings.Join(h.Command, " ")}
	}
	return of.PrintUsage(false)
}

// unknownCommand is the error of help for what there is not.
type unknownCommand struct{ name string }

func (u *unknownCommand) Error() string {
	return fmt.Sprintf("there is no command %q; `confab help` lists those there are", u.name)
}

// ExitCode makes it an error of usage.
func (*unknownCommand) ExitCode() int { return exitUsage }

// printHelp prints the help of the command that was named; of the program, when
// none was.
func printHelp(options kong.HelpOptions, chosen *kong.Context) error {
	if named(chosen) {
		return kong.DefaultHelpPrinter(options, chosen)
	}
	fmt.Fprint(chosen.Stdout, `Confab answers the phone: a caller dials a number, keys an access code and
stands in a conference.

Usage: confab [COMMAND] [FLAGS]

`)
	table := tabwriter.NewWriter(chosen.Stdout, 0, 0, 3, ' ', 0)
	for _, c := range chosen.Model.Children {
		if c.Hidden {
			continue
		}
		name := c.Name
		if len(c.Children) > 0 {
			var below []string
			for _, sub := range c.Children {
				below = append(below, sub.Name)
			}
			name += " " + strings.Join(below, "|")
		}
		fmt.Fprintf(table, "  %s\t%s\n", name, c.Help)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(chosen.Stdout, `
confab help COMMAND has its flags. Start with: confab serve
`)
	return err
}

// named reports whether the command was asked for by its name, not by default.
func named(chosen *kong.Context) bool {
	node := chosen.Selected()
	return node != nil && slices.Contains(chosen.Args, node.Name)
}

// flagHelp is what is said of a flag. Where a flag's environment variable is
// called is a rule, said once for all of them.
func flagHelp(v *kong.Value) string { return v.Help }
