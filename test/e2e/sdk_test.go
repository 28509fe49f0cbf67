package e2e

import (
	"bytes"
	"encoding/json"
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

// pythonNumbers are the numbers that the tests in Python buy from.
const pythonNumbers = "number_blocks:\n  - {first: \"+15550120\", last: \"+15550129\", country: US, type: local}\n"

// TestPythonSDK tries the program with Twilio's own library for Python, of the
// Python that Debian's package of it belongs to.
func TestPythonSDK(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3"
	need(t, python)
	if exec.CommandContext(t.Context(), python, "-c", "import twilio").Run() != nil {
		skip(t, "Twilio's library for Python (python3-twilio) is not installed; `make test` installs it")
	}
	cmd := exec.CommandContext(t.Context(), python, "-B", "rest_test.py", "-v")
	cmd.Dir = sdks + "/python"
	cmd.Env = append(os.Environ(), toAccount(start(t, settings{config: pythonNumbers}), t)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the tests in Python: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("Ran 6 tests")) {
		t.Errorf("other tests have run than there are:\n%s", out)
	}
}

// TestShellSnippet runs what the page says about curl, as it stands there.
func TestShellSnippet(t *testing.T) {
	t.Parallel()
	need(t, "sh", "curl")
	_, rest, found := strings.Cut(read(t, "../../docs/moving-from-twilio.md"), "```sh\n")
	snippet, _, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatal("docs/moving-from-twilio.md has no snippet for the shell")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", snippet)
	cmd.Env = append(os.Environ(), toAccount(start(t, settings{}), t)...)
	out, err := cmd.Output()
	if err != nil || !bytes.HasPrefix(out, []byte(`{"conferences":[],"page":0,`)) {
		t.Errorf("%v:\n%s", err, out)
	}
}

// toAccount is what a program must know to reach the API of s.
func toAccount(s *server, t *testing.T) []string {
	t.Helper()
	var account struct {
		SID       string `json:"sid"`
		AuthToken string `json:"auth_token"`
	}
	if err := json.Unmarshal([]byte(read(t, s.data+"/account.json")), &account); err != nil {
		t.Fatal(err)
	}
	return []string{"CONFAB_BASE=http://" + s.http, "CONFAB_SID=" + account.SID, "CONFAB_TOKEN=" + account.AuthToken}
}

// TestSnippets finds in the documentation the code that the tests of the
// libraries run.
func TestSnippets(t *testing.T) {
	doc := read(t, "../../docs/moving-from-twilio.md")
	for language, from := range map[string]struct{ file, comment string }{
		"go": {sdks + "/go/client_test.go", "//"}, "js": {sdks + "/node/client.js", "//"}, "python": {sdks + "/python/client.py", "#"},
	} {
		_, rest, found := strings.Cut(read(t, from.file), from.comment+" snippet: ")
		_, rest, line := strings.Cut(rest, "\n")
		snippet, _, ended := strings.Cut(rest, from.comment+" end of snippet")
		if !found || !line || !ended {
			t.Fatalf("%s has no snippet", from.file)
		}
		if want := "```" + language + "\n" + strings.TrimSpace(snippet) + "\n```\n"; !strings.Contains(doc, want) {
			t.Errorf("docs/moving-from-twilio.md does not have what %s runs:\n%s", from.file, want)
		}
		if n := strings.Count(doc, "```"+language+"\n"); n != 1 {
			t.Errorf("docs/moving-from-twilio.md has %d snippets for %s, of which one is run", n, language)
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
