package speech

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"confab/internal/audio"
)

const (
	espeakProgram = "espeak-ng"
	espeakSpeed   = "160"               // words a minute: its own 175 hurries, on a telephone
	espeakTime    = 30 * time.Second    // for one text; it takes some 20 ms
	espeakSound   = 10 * 60 * 22050 * 2 // bytes: ten minutes
	espeakTables  = 1 << 20             // bytes of its lists
)

// espeak speaks with espeak-ng, a process for each text.
type espeak struct {
	path    string
	version string
	voices  map[string]bool // its languages, in lower case: "en-us"
	running chan struct{}   // a token for each process
}

func findEspeak(ctx context.Context) (Engine, error) {
	path, err := exec.LookPath(espeakProgram)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	e := &espeak{path: path, running: make(chan struct{}, max(2, runtime.NumCPU()))}
	version, err := e.run(ctx, "", espeakTables, "--version")
	if err != nil {
		return nil, brokenEngine(ctx, err)
	}
	list, err := e.run(ctx, "", espeakTables, "--voices")
	if err != nil {
		return nil, brokenEngine(ctx, err)
	}
	e.version = espeakVersion(string(version))
	if e.voices = espeakLanguages(string(list)); len(e.voices) == 0 {
		return nil, fmt.Errorf("%w: %s has no voices", ErrNoEngine, path)
	}
	return e, nil
}

// brokenEngine is what is said of an engine that is installed and does not run.
func brokenEngine(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrNoEngine, err)
}

func (e *espeak) Name() string { return espeakProgram + " " + e.version }

func (e *espeak) Synthesize(ctx context.Context, text string, v Voice) (audio.Source, error) {
	voice, ok := e.voice(v)
	if !ok {
		return nil, fmt.Errorf("%w: %s does not speak %s", ErrLanguage, espeakProgram, v.Language)
	}
	wav, err := e.run(ctx, espeakText(text), espeakSound, "--stdin", "--stdout", "-b", "1", "-s", espeakSpeed, "-v", voice)
	if err != nil {
		return nil, err
	}
	src, err := audio.NewWAVReader(bytes.NewReader(wav))
	if err != nil {
		return nil, fmt.Errorf("hear %s: %w", espeakProgram, err)
	}
	return src, nil
}

// run runs the program with text as its input, and returns what it says. The
// process ends with ctx.
func (e *espeak) run(ctx context.Context, text string, most int, args ...string) ([]byte, error) {
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	within, cancel := context.WithTimeoutCause(ctx, espeakTime, fmt.Errorf("not done in %v", espeakTime))
	defer cancel()
	out, complaint := bounded{most: most}, bounded{most: 1000, rest: true}
	cmd := exec.CommandContext(within, e.path, args...)
	cmd.Env = engineEnvironment()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), &out, &complaint
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case within.Err() != nil:
		return nil, fmt.Errorf("run %s: %w", espeakProgram, context.Cause(within))
	case out.full:
		return nil, fmt.Errorf("run %s: %w", espeakProgram, errTooMuch)
	case err != nil:
		return nil, fmt.Errorf("run %s: %w: %s", espeakProgram, err, bytes.TrimSpace(complaint.b.Bytes()))
	}
	return out.b.Bytes(), nil
}

// espeakAlias is what comes closest to a language that espeak-ng has no voice for.
var espeakAlias = map[string]string{
	"en-ca": "en-us", "en-ph": "en-us", "en-au": "en-gb", "en-in": "en-gb", "en-ie": "en-gb", "en-nz": "en-gb",
	"en-sg": "en-gb", "en-za": "en-gb", "en": "en-us",
	"es-es": "es", "es-us": "es-419", "es-mx": "es-419",
	"fr-ca": "fr-fr", "fr": "fr-fr", "nn": "nb", "zh-hk": "yue", "zh": "cmn",
}

// voice returns the name of the espeak-ng voice that comes closest to v: that of
// its tag, else of the tag without its last part, and so on.
func (e *espeak) voice(v Voice) (string, bool) {
	tag := strings.ToLower(v.Language)
	for cut := len(tag); cut > 0; cut = strings.LastIndexByte(tag[:cut], '-') {
		for _, l := range []string{tag[:cut], espeakAlias[tag[:cut]]} {
			if e.voices[l] {
				return l + espeakVariant(v), true
			}
		}
	}
	for _, l := range []string{base(tag), espeakAlias[base(tag)]} {
		if e.voices[l] {
			return l + espeakVariant(v), true
		}
	}
	return "", false
}

// espeakVariant returns the suffix that gives a voice its gender, and tells two
// names of one gender apart.
func espeakVariant(v Voice) string {
	variants := []string{"+m3", "+m1", "+m7", "+m4"}
	if v.Gender == Woman {
		variants = []string{"+f2", "+f3", "+f1", "+f5"}
	}
	if _, ok := basic[v.Name]; ok {
		return variants[0]
	}
	h := fnv.New32a()
	h.Write([]byte(v.Name))
	return variants[h.Sum32()%uint32(len(variants))]
}

// espeakText takes away what is not text to espeak-ng: [[ begins phonemes.
func espeakText(text string) string {
	return strings.NewReplacer("[", "(", "]", ")").Replace(text)
}

// espeakVersion reads "eSpeak NG text-to-speech: 1.51  Data at: …".
func espeakVersion(s string) string {
	_, after, _ := strings.Cut(s, ":")
	if f := strings.Fields(after); len(f) > 0 {
		return f[0]
	}
	return "unknown"
}

// espeakLanguages reads the table of voices: a heading, then one a line, its
// language second.
func espeakLanguages(table string) map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 3 && !slices.Contains(f[:2], "Language") {
			known[strings.ToLower(f[1])] = true
		}
	}
	return known
}
