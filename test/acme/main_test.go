package acme

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs are the binaries that the tests run: the switch, the authority, and who tells
// the authority where a name is. TestMain builds them.
var programs struct{ confab, pebble, names string }

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "acme")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for _, b := range []struct {
		at       *string
		in, what string
	}{
		{&programs.confab, "../..", "./cmd/confab"},
		{&programs.pebble, ".", "github.com/letsencrypt/pebble/v2/cmd/pebble"},
		{&programs.names, ".", "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv"},
	} {
		*b.at = filepath.Join(dir, filepath.Base(b.what))
		cmd := exec.Command("go", "build", "-o", *b.at, b.what)
		cmd.Dir = b.in
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", b.what, err, out)
		}
	}
	return m.Run(), nil
}
