package speech

import (
	"bytes"
	"errors"
	"os"
)

// errTooMuch is what a process gets that writes beyond its bounds.
var errTooMuch = errors.New("it said more than it may")

// bounded keeps the first bytes written to it. Beyond them it fails, so that the
// process that writes ends; or, with rest, it drops them.
type bounded struct {
	b    bytes.Buffer
	most int
	rest bool
	full bool
}

func (w *bounded) Write(p []byte) (int, error) {
	fits := min(len(p), w.most-w.b.Len())
	w.b.Write(p[:fits])
	if fits < len(p) {
		w.full = true
		if !w.rest {
			return fits, errTooMuch
		}
	}
	return len(p), nil
}

// engineEnvironment is what an engine's process may know of ours: nothing that
// could be a secret.
func engineEnvironment() []string {
	env := []string{"LC_ALL=C.UTF-8"}
	for _, name := range []string{"PATH", "HOME", "LD_LIBRARY_PATH", "ESPEAK_DATA_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
