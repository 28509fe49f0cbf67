package confab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"confab/internal/sip"
)

const (
	// halfWritten ends the name of a file that is being written.
	halfWritten = ".half"
	// spareLines is how many lines of dialogs that have ended the file may have
	// before it is written anew, beside as many as dialogs live.
	spareLines = 4096
)

// dialogFile is the file of the dialogs that live: a line of JSON for each that
// began or changed, one for each that ended, appended. One system call takes
// however many there are to write, for a file of its own would cost each call more
// than its signalling. Nothing is synchronised with the disk: it is there for a
// crash of the program, not of the machine. It is used by one goroutine.
type dialogFile struct {
	path  string
	file  *os.File
	alive map[dialogKey]*sip.DialogState // as it is by the last line of each
	spare int                            // lines in the file beside those
}

// dialogKey is what names a dialog among ours (RFC 3261 §12: the remote tag may
// still change, the local one is ours).
type dialogKey struct{ CallID, LocalTag string }

// dialogLine is a line of the file.
type dialogLine struct {
	State *sip.DialogState `json:",omitempty"`
	Ended *dialogKey       `json:",omitempty"`
}

// openDialogFile reads path, which need not be there, and returns the dialogs
// that it says live. What a crash left half written is passed over.
func openDialogFile(path string, log *slog.Logger) (*dialogFile, []sip.DialogState, error) {
	d := &dialogFile{path: path, alive: map[dialogKey]*sip.DialogState{}}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("open dialogs: %w", err)
	}
	var left []sip.DialogState
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for n := 1; lines.Scan(); n++ {
		var l dialogLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			log.Warn("dialog not read", "file", path, "line", n, "err", err)
			continue
		}
		d.keep(l)
	}
	for _, state := range d.alive {
		left = append(left, *state)
	}
	if err := d.rewrite(); err != nil {
		return nil, nil, fmt.Errorf("open dialogs: %w", err)
	}
	return d, left, nil
}

// keep takes note of a line that is, or will be, in the file.
func (d *dialogFile) keep(l dialogLine) {
	switch {
	case l.State != nil:
		key := dialogKey{l.State.CallID, l.State.LocalTag}
		if d.alive[key] != nil {
			d.spare++
		}
		d.alive[key] = l.State
	case l.Ended != nil:
		d.spare++
		if d.alive[*l.Ended] != nil {
			d.spare++
			delete(d.alive, *l.Ended)
		}
	}
}

// append writes lines. After an error the file is written anew by the next.
func (d *dialogFile) append(notes []dialogLine) error {
	var text []byte
	for _, l := range notes {
		line, err := json.Marshal(l)
		if err != nil {
			return err
		}
		d.keep(l)
		text = append(append(text, line...), '\n')
	}
	if d.file == nil || d.spare > len(d.alive)+spareLines {
		return d.rewrite()
	}
	if _, err := d.file.Write(text); err != nil {
		return errors.Join(err, d.close())
	}
	return nil
}

// rewrite writes the dialogs that live, and nothing else, into a new file that
// takes the place of the old one: whole or not at all.
func (d *dialogFile) rewrite() error {
	var text []byte
	for _, state := range d.alive {
		line, err := json.Marshal(dialogLine{State: state})
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	half := d.path + halfWritten
	file, err := os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := os.Rename(half, d.path); err != nil {
		return errors.Join(err, file.Close())
	}
	err = d.close()
	d.file, d.spare = file, 0
	return err
}

func (d *dialogFile) close() error {
	if d.file == nil {
		return nil
	}
	file := d.file
	d.file = nil
	return file.Close()
}
