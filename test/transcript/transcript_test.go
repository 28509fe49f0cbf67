package transcript_test

import (
	"flag"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"confab/internal/codec"
	"confab/test/transcript"
)

// transcripts is where they are.
const transcripts = "../transcripts"

var rewrite = flag.Bool("update", false, "write the requests that were sent into the expect lines of the transcripts")

// TestMain lets more transcripts be played at a time than there are processors:
// on the stage of the wall clock they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	const atOnce = 8
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := p.Value.Set(strconv.Itoa(atOnce)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestClock plays every transcript under a fake clock on a network in memory.
func TestClock(t *testing.T) {
	files := load(t)
	shared := transcript.NewProps()
	into := ""
	if *rewrite {
		into = transcripts
	}
	for _, f := range files {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			transcript.OnClock(t, f, shared, into)
		})
	}
}

// TestWall plays the transcripts at the pace of the wall clock over real UDP and
// TCP, beside each other against one switch; but for those that say "stage:
// clock".
func TestWall(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the calls do")
	}
	var files []*transcript.File
	for _, f := range load(t) {
		if !f.ClockOnly {
			files = append(files, f)
		}
	}
	w := transcript.NewWall(t, files, transcript.NewProps())
	t.Cleanup(func() { w.Close(t) }) // after the last of them
	for _, f := range files {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			w.Play(t, f)
		})
	}
}

func load(t *testing.T) []*transcript.File {
	t.Helper()
	files, err := transcript.Load(transcripts)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"opus", "AMR-WB"} {
		_, err := codec.Named(name)
		if err == nil || os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			continue
		}
		files = slices.DeleteFunc(files, func(f *transcript.File) bool {
			needed := f.CallsWith(name)
			if needed {
				t.Logf("%s is left out: %v; scripts/install-test installs it", f.Name, err)
			}
			return needed
		})
	}
	return files
}
