package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const sdks = "../sdk"

// TestNodeSDK tries the program with Twilio's own library for Node; the one for
// Go has a module of its own.
func TestNodeSDK(t *testing.T) {
	t.Parallel()
	need(t, "node")
	if _, err := os.Stat(sdks + "/node/node_modules/twilio"); err != nil {
		skip(t, "Twilio's library for Node is not installed; `make test` installs it")
	}
	cmd := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=tap")
	cmd.Dir = sdks + "/node"
	cmd.Env = append(os.Environ(), "CONFAB_PROGRAM="+program(t, "confab"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the tests in Node: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("\n# fail 0")) || bytes.Contains(out, []byte("\n# pass 0")) {
		t.Errorf("no test has run:\n%s", out)
	}
}

// TestSnippets finds in the documentation the code that the tests of the
// libraries run.
func TestSnippets(t *testing.T) {
	doc := read(t, "../../docs/moving-from-twilio.md")
	for language, file := range map[string]string{"go": sdks + "/go/client_test.go", "js": sdks + "/node/client.js"} {
		_, rest, found := strings.Cut(read(t, file), "// snippet: ")
		_, rest, line := strings.Cut(rest, "\n")
		snippet, _, ended := strings.Cut(rest, "// end of snippet")
		if !found || !line || !ended {
			t.Fatalf("%s has no snippet", file)
		}
		if want := "```" + language + "\n" + strings.TrimSpace(snippet) + "\n```\n"; !strings.Contains(doc, want) {
			t.Errorf("docs/moving-from-twilio.md does not have what %s runs:\n%s", file, want)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
