package e2e

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// together is how many tests run at a time: calls mostly wait.
const together = "8"

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", together); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	defer func() { os.RemoveAll(built.dir) }()
	code := m.Run()
	for _, leak := range logs.leaks() {
		fmt.Fprintln(os.Stderr, "a secret was logged:", leak)
		code = 1
	}
	return code
}

// built is where the programs are.
var built struct {
	sync.Once
	dir string
	err error
}

// program returns the path of a program, which is built with the first that is
// asked for: confab, which is tested, or phone, which calls it.
func program(t *testing.T, name string) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "confab-e2e-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", built.dir+"/", "confab/cmd/confab", "confab/test/e2e/phone").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build the programs: %w\n%s", err, out)
			return
		}
		built.err = noticeSources()
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

// noticeSources looks at everything that the programs and the tests are made of,
// so that `go test` does not take the result of older ones from its cache.
func noticeSources() error {
	for _, root := range []string{"../../cmd", "../../internal", "../scenarios", "../apps", "../sdk", "../voicesdk"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
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

// tail returns the last n lines of text.
func tail(text string, n int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
