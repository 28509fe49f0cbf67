package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// programs are the paths of what is tested, and of what calls it: built once.
var programs struct{ confab, phone string }

// together is how many tests run at a time: calls mostly wait.
const together = "8"

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", together); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if testing.Short() {
		return m.Run() // every test says why it does not run
	}
	dir, err := os.MkdirTemp("", "confab-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs.confab, programs.phone = filepath.Join(dir, "confab"), filepath.Join(dir, "phone")
	if out, err := exec.Command("go", "build", "-o", dir+"/", "confab/cmd/confab", "confab/test/e2e/phone").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// toolsRequired reports whether a test that cannot run is a failure.
func toolsRequired() bool { return os.Getenv("CONFAB_REQUIRE_TOOLS") != "" }

// skip skips the test, or fails it where nothing may be skipped.
func skip(t *testing.T, why string) {
	t.Helper()
	if toolsRequired() {
		t.Fatal(why)
	}
	t.Skip(why)
}

// need skips the test, or fails it where all tools are required, if a tool is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real phones take real time: not under -short")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			skip(t, tool+" is not installed; `make test` installs it")
		}
	}
}

// until waits for a condition.
func until(t *testing.T, d time.Duration, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

// run runs a tool to its end and returns what it printed.
func run(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = fmt.Errorf("%s: exit code %d", filepath.Base(cmd.Path), exit.ExitCode())
	}
	return string(out), err
}

// tail returns the last n lines of text.
func tail(text string, n int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
