package transcript

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// File is one transcript.
type File struct {
	Name      string // of the file, without directory and ".txt"
	ClockOnly bool   // kept out of the stage of the wall clock
	Numbers   []Number
	Settings  []Setting
	Rooms     []Room
	Documents []*Document

	timeline []moment
	source   []string // its lines, for Update
}

// CallsWith reports whether somebody calls with a codec, of which the machine may have no
// library.
func (f *File) CallsWith(codec string) bool {
	return slices.ContainsFunc(f.source, func(line string) bool { return strings.Contains(line, " with "+codec) })
}

// Number is a number that can be dialled, and what its application is asked.
type Number struct {
	Number                  string
	Voice, Fallback, Status Link
	Line                    int
}

// Link is a method and a path of the application; the zero Link is none.
type Link struct{ Method, Path string }

// Setting is one value of the switch's configuration, by its key in the
// configuration file.
type Setting struct {
	Key, Value string
	Line       int
}

// Room is a room of the built-in line.
type Room struct {
	Code, Name, Language, Greeting string
	Closed                         bool
	PIN                            string // of the moderator; empty: none
	Ends                           bool   // with the moderator
	Most                           int    // participants; 0: no limit of its own
	Line                           int
}

// Document is an answer of the application. Several to the same request are
// given one after the other; the last is repeated.
type Document struct {
	Link
	Status int
	Type   string // Content-Type
	Media  bool   // fetched by Play, and so neither signed nor given parameters
	After  time.Duration
	Header http.Header
	Body   string
	Line   int
}

// moment is a line of the timeline: its steps are begun in order, and then
// ended in order, so that those that take time do so together.
type moment struct {
	at    time.Duration // since the start
	timed bool          // else it follows the one before at once
	steps []step
	line  int
}

// Error is what is wrong with a transcript, and where.
type Error struct {
	File string
	Line int
	Text string
}

// Error returns "file.txt:12: what is wrong".
func (e *Error) Error() string { return fmt.Sprintf("%s.txt:%d: %s", e.File, e.Line, e.Text) }

// usesLine reports whether a number of the file is served by the built-in line.
func (f *File) usesLine() bool {
	for _, n := range f.Numbers {
		if n.Voice == (Link{}) {
			return true
		}
	}
	return false
}

// serves reports whether the file has a document for any method on path.
func (f *File) serves(path string) bool {
	for _, d := range f.Documents {
		if d.Path == path {
			return true
		}
	}
	return false
}

// isSound reports whether the document is not text but sound.
func (d *Document) isSound() bool { return strings.HasPrefix(d.Type, "audio/") }
