package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"confab/internal/confab"
)

// asProgram makes the test binary be the program: what a command prints and the
// code that it exits with are then the real ones.
const asProgram = "CONFAB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is the program with args, in an empty environment and dir.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	return cmd
}

// runs runs the program to its end.
func runs(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, dir, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

func TestUsageErrors_exit2AndSayWhatToType(t *testing.T) {
	for name, test := range map[string]struct {
		args       []string
		want, hint string
	}{
		"unknown flag":    {[]string{"--nonsense"}, "--nonsense", "`confab help"},
		"unknown command": {[]string{"dance"}, "dance", "`confab help"},
		"no subcommand":   {[]string{"room"}, "add", "`confab help room`"},
		"no argument":     {[]string{"room", "show"}, "<name>", "`confab help"},
		"bad value":       {[]string{"serve", "--max-calls", "many"}, "many", "`confab help serve`"},
		"bad enum":        {[]string{"serve", "--speech-engine", "hal"}, "hal", "`confab help serve`"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := runs(t, t.TempDir(), test.args...)
			if code != exitUsage || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			if !strings.Contains(stderr, test.want) || !strings.Contains(stderr, test.hint) {
				t.Errorf("stderr %q, want %q and %q in it", stderr, test.want, test.hint)
			}
		})
	}
}

func TestHelp_ofEveryCommand(t *testing.T) {
	for _, args := range [][]string{
		{"help"}, {"--help"}, {"help", "serve"}, {"serve", "--help"}, {"help", "line"},
		{"help", "room"}, {"help", "room", "add"}, {"help", "room", "change"}, {"help", "number"}, {"help", "number", "add"}, {"help", "call"}, {"help", "bench"}, {"help", "demo"}, {"help", "version"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			stdout, stderr, code := runs(t, t.TempDir(), args...)
			if code != exitOK || stderr != "" {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			if !strings.Contains(stdout, "Usage: confab") {
				t.Errorf("got %q", stdout)
			}
			for line := range strings.Lines(stdout) {
				if len([]rune(line)) > 100 {
					t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
				}
			}
		})
	}
	if _, stderr, code := runs(t, t.TempDir(), "help", "dance"); code != exitUsage || !strings.Contains(stderr, "dance") {
		t.Errorf("help of nothing: exit code %d, stderr %q", code, stderr)
	}
}

func TestVersion(t *testing.T) {
	stdout, _, code := runs(t, t.TempDir(), "version")
	if code != exitOK || !strings.HasPrefix(stdout, "confab ") || !strings.Contains(stdout, "go1.") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}

// A flag beats the environment, which beats the file, which beats the default.
func TestServe_precedence(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("confab.yaml", []byte(`
http: 127.0.0.1:1
sip: 127.0.0.1:1
data: from-file
max_calls: 11
strict: true
media_timeout: 11s
rtp_ports: 11000-11999
advertise: 192.0.2.11
webhook: {allow_loopback: false}
account: {auth_token: tokentokentoken11}
numbers: [{number: "11"}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONFAB_CONFIG", "confab.yaml")
	t.Setenv("CONFAB_SIP", "127.0.0.1:2")
	t.Setenv("CONFAB_HTTP", "127.0.0.1:2")
	t.Setenv("CONFAB_STRICT", "false")
	t.Setenv("CONFAB_AUTH_TOKEN", "tokentokentoken22")

	for _, args := range [][]string{{"--http", "127.0.0.1:3"}, {"serve", "--http", "127.0.0.1:3"}} {
		var p program
		parser, err := newParser(context.Background(), terminal{new(bytes.Buffer), new(bytes.Buffer)}, &p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		c := p.Serve.Settings
		if c.HTTP != "127.0.0.1:3" {
			t.Errorf("flag: http is %q", c.HTTP)
		}
		if c.SIP != "127.0.0.1:2" || c.Strict || c.Account.AuthToken != "tokentokentoken22" {
			t.Errorf("environment: sip %q, strict %t, token %q", c.SIP, c.Strict, c.Account.AuthToken)
		}
		if c.Data != "from-file" || c.MaxCalls != 11 || c.MediaTimeout.String() != "11s" || c.RTPPorts.First != 11000 ||
			c.Advertise.String() != "192.0.2.11" || c.Webhook.AllowLoopback {
			t.Errorf("file: %+v", c)
		}
		if c.MaxParticipants != 1000 || c.DrainTimeout.String() != "30s" {
			t.Errorf("default: %+v", c)
		}
	}
}

func TestRooms(t *testing.T) {
	dir := t.TempDir()
	must := func(want int, args ...string) (string, string) {
		t.Helper()
		stdout, stderr, code := runs(t, dir, args...)
		if code != want {
			t.Fatalf("%v: exit code %d, stderr %q", args, code, stderr)
		}
		return stdout, stderr
	}
	has := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("got %q, want %q in it", text, want)
			}
		}
	}
	sample, _ := must(exitOK, "room", "list")
	has(sample, "conference 1", "123", "conference 2", "456")

	added, _ := must(exitOK, "room", "add", "Monday", "--code", "2468", "--language", "de-DE")
	has(added, "Monday", "2468", "de-DE")
	_, taken := must(exitFailed, "room", "add", "Monday")
	has(taken, "Monday", "`confab room show")
	_, taken = must(exitFailed, "room", "add", "Tuesday", "--code", "2468")
	has(taken, "another")
	if strings.Contains(taken, "2468") {
		t.Errorf("the code is in an error: %q", taken)
	}
	shown, _ := must(exitOK, "room", "show", "Monday", "--json")
	has(shown, `"Name":"Monday"`, `"Code":"2468"`)
	changed, _ := must(exitOK, "room", "change", "Monday", "--rename", "Tuesday", "--moderator-pin", "97531", "--max-participants", "12")
	has(changed, "Tuesday", "2468", "97531", "de-DE", "12")
	_, taken = must(exitFailed, "room", "change", "Tuesday", "--code", "456")
	has(taken, "another")
	changed, _ = must(exitOK, "room", "change", "Tuesday", "--rename", "Monday", "--moderator-pin=", "--closed")
	has(changed, "Monday", "2468", "no")
	if strings.Contains(changed, "97531") {
		t.Errorf("the PIN is there still: %q", changed)
	}
	removed, _ := must(exitOK, "room", "remove", "Monday")
	has(removed, "Monday")
	_, gone := must(exitFailed, "room", "show", "Monday")
	has(gone, "Monday", "`confab room list`")
	if n := strings.Count(gone, "\n"); n != 1 {
		t.Errorf("%d lines: %q", n, gone)
	}
}

func TestNumbers(t *testing.T) {
	dir := t.TempDir()
	must := func(want int, args ...string) (string, string) {
		t.Helper()
		stdout, stderr, code := runs(t, dir, args...)
		if code != want {
			t.Fatalf("%v: exit code %d, stderr %q", args, code, stderr)
		}
		return stdout, stderr
	}
	has := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("got %q, want %q in it", text, want)
			}
		}
	}
	given, _ := must(exitOK, "number", "list")
	has(given, "+15550100", "the built-in line", "configuration")

	added, _ := must(exitOK, "number", "add", "+15550123", "--voice-url", "http://127.0.0.1:3000/voice", "--voice-method", "GET")
	has(added, "+15550123", "http://127.0.0.1:3000/voice")
	listed, _ := must(exitOK, "number", "list", "--json")
	has(listed, `"Number":"+15550123"`, `"VoiceMethod":"GET"`)

	_, again := must(exitFailed, "number", "add", "+15550123")
	has(again, "+15550123", "`confab number remove")
	_, bad := must(exitUsage, "number", "add", "+1 555")
	has(bad, "+1 555", "E.164", "`confab help number add`")
	_, bad = must(exitUsage, "number", "add", "+15550124", "--voice-url", "example.com")
	has(bad, "voice_url", "example.com", "https://")
	_, fixed := must(exitFailed, "number", "remove", "+15550100")
	has(fixed, "configuration")

	removed, _ := must(exitOK, "number", "remove", "+15550123")
	has(removed, "+15550123")
	_, gone := must(exitFailed, "number", "remove", "+15550123")
	has(gone, "+15550123", "`confab number list`")

	// The numbers of a configuration file are the file's to change.
	if err := os.WriteFile(dir+"/confab.yaml", []byte("data: elsewhere\nnumbers: [{number: reception}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	filed, _ := must(exitOK, "number", "list", "--config", "confab.yaml")
	has(filed, "reception", "configuration")
	if strings.Contains(filed, "+15550100") {
		t.Errorf("a number that the file does not have: %q", filed)
	}
	if _, err := os.Stat(dir + "/elsewhere"); err != nil {
		t.Errorf("the file's data directory was not used: %v", err)
	}
}

// Every setting is a flag by the name that it is documented with, and so can be in the file.
func TestServe_everySettingIsAFlag(t *testing.T) {
	help, _, code := runs(t, t.TempDir(), "serve", "--help")
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	c := confab.Default()
	for _, s := range confab.Settings(&c) {
		if !strings.Contains(help, "--"+s.Flag) && !strings.Contains(help, "--[no-]"+s.Flag) {
			t.Errorf("%s is no flag --%s", s.Key, s.Flag)
		}
	}
}
