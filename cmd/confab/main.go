// Command confab answers the phone: it is the switch, the conference line as a
// program of its own, a phone for the terminal, and the tools for rooms and
// numbers. Flags and exit codes live here, a file per command; the rest is in
// the packages that the commands name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"confab/internal/confab"

	"github.com/alecthomas/kong"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it did not work
	exitUsage  = 2 // it was not understood
)

// program is the command line: its subcommands in the order of its help.
type program struct {
	Serve    serveCmd    `cmd:"" default:"withargs" help:"Answer calls; what confab does when no command is given."`
	Room     roomCmd     `cmd:"" help:"The rooms of the conference line, and their codes."`
	Number   numberCmd   `cmd:"" help:"The numbers that may be dialled, and what answers them."`
	CallerID callerIDCmd `cmd:"" name:"caller-id" help:"The numbers that calls may be shown as coming from."`
	Token    tokenCmd    `cmd:"" help:"Make an access token: a browser calls and is called by it."`
	Console  consoleCmd  `cmd:"" help:"Print a link that signs in at the console, once."`
	Events   eventsCmd   `cmd:"" help:"What has happened, and the callbacks that were given up."`
	Prune    pruneCmd    `cmd:"" help:"Remove what is too old from a server's data."`
	Backup   backupCmd   `cmd:"" help:"Copy a server's database, while it runs or not."`
	Call     callCmd     `cmd:"" help:"Call somebody from the terminal."`
	Line     lineCmd     `cmd:"" help:"Serve the conference line alone, for another switch to ask."`
	Demo     demoCmd     `cmd:"" help:"Play a team meeting on this machine, drawn as it happens."`
	Bench    benchCmd    `cmd:"" help:"Load a switch with callers and print what they cost."`
	Echo     echoCmd     `cmd:"" hidden:"" help:"Send back every datagram: the floor that bench compares with."`
	Version  versionCmd  `cmd:"" help:"Say what this is and what it was built from."`
	Help     helpCmd     `cmd:"" help:"Explain a command: its arguments and flags."`
}

// terminal is where commands write.
type terminal struct {
	out io.Writer // what was asked for
	err io.Writer // everything else
}

func main() {
	os.Exit(run(os.Args[1:], terminal{os.Stdout, os.Stderr}))
}

// run runs the program and returns its exit code.
func run(args []string, t terminal) int {
	// The first signal ends ctx, once a second one would find the default action
	// again: it ends the program at once.
	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	context.AfterFunc(signalled, func() { stop(); cancel() })

	parser, err := newParser(ctx, t, &program{})
	if err != nil {
		fmt.Fprintln(t.err, "confab:", err)
		return exitFailed
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		return complain(t, err)
	}
	if err := chosen.Run(); err != nil {
		return complain(t, err)
	}
	return exitOK
}

// newParser returns what reads the command line into p.
func newParser(ctx context.Context, t terminal, p *program) (*kong.Kong, error) {
	file := confab.Default() // until --config names one
	return kong.New(p,
		kong.Name("confab"),
		kong.Writers(t.out, t.err),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 96}),
		kong.ValueFormatter(flagHelp),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(t, &file),
	)
}

// complain says what went wrong and returns the exit code that says it too.
func complain(t terminal, err error) int {
	fmt.Fprintln(t.err, "confab:", err)
	understood := errors.As(err, new(configError)) || errors.As(err, new(*confab.InvalidError))
	if understood {
		return exitFailed
	}
	if parse := new(kong.ParseError); errors.As(err, &parse) {
		what := "confab help"
		if node := parse.Context.Selected(); node != nil {
			what += strings.TrimPrefix(node.FullPath(), "confab")
		}
		fmt.Fprintf(t.err, "Type `%s` for what it takes.\n", what)
		return exitUsage
	}
	if own := kong.ExitCoder(nil); errors.As(err, &own) {
		return own.ExitCode()
	}
	return exitFailed
}
