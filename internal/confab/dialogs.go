package confab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"confab/internal/sip"
)

const (
	// lostBye is how long a far end of a switch that crashed has to answer a BYE.
	lostBye = 5 * time.Second
	// lostByes is how many of them are asked at a time.
	lostByes = 16
	// halfWritten ends the name of a file that is being written.
	halfWritten = ".half"
)

// dialogs keeps the state of each dialog that lives in a file of its own, so
// that after a crash the next start can send the far ends a BYE: nobody sits in
// dead air. Nothing waits for its disk.
type dialogs struct {
	dir  string
	log  *slog.Logger
	left []sip.DialogState // those that the last run did not end

	mu     sync.Mutex
	notes  map[string][]byte // what to write, by file; nil: the dialog has ended
	closed bool
	wake   chan struct{}
	wg     sync.WaitGroup
}

// openDialogs reads what the last run left in dir, and keeps dialogs there from
// now on.
func openDialogs(dir string, log *slog.Logger) (*dialogs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open dialogs: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open dialogs: %w", err)
	}
	d := &dialogs{dir: dir, log: log, notes: map[string][]byte{}, wake: make(chan struct{}, 1)}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), halfWritten) {
			d.notes[e.Name()] = nil
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		var state sip.DialogState
		if err == nil {
			err = json.Unmarshal(text, &state)
		}
		if err != nil || e.Name() != nameOf(state) {
			log.Warn("dialog not read", "file", e.Name(), "err", err)
			d.notes[e.Name()] = nil
			continue
		}
		d.left = append(d.left, state)
	}
	d.signal()
	d.wg.Go(d.run)
	return d, nil
}

func nameOf(state sip.DialogState) string {
	sum := sha256.Sum256([]byte(state.CallID + "\x00" + state.LocalTag))
	return hex.EncodeToString(sum[:16]) + ".json"
}

// note takes the state of a dialog (sip.Config.OnDialog).
func (d *dialogs) note(state sip.DialogState, alive bool) {
	var text []byte
	if alive {
		var err error
		if text, err = json.Marshal(state); err != nil {
			d.log.Error("dialog not kept", "err", err)
			return
		}
	}
	d.mu.Lock()
	d.notes[nameOf(state)] = text
	d.mu.Unlock()
	d.signal()
}

func (d *dialogs) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run writes what is noted, until close.
func (d *dialogs) run() {
	for range d.wake {
		d.mu.Lock()
		notes, closed := d.notes, d.closed
		d.notes = map[string][]byte{}
		d.mu.Unlock()
		for name, text := range notes {
			if err := d.write(name, text); err != nil {
				d.log.Error("dialog not kept", "err", err)
			}
		}
		if closed {
			return
		}
	}
}

func (d *dialogs) write(name string, text []byte) error {
	path := filepath.Join(d.dir, name)
	if text == nil {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	// Whole or not at all: a crash is what it is written for.
	half := path + halfWritten
	if err := os.WriteFile(half, text, 0o600); err != nil {
		return err
	}
	return os.Rename(half, path)
}

// hangUp sends a BYE to everybody whom the last run left, and returns when all
// have answered or had their time.
func (d *dialogs) hangUp(ctx context.Context, bye func(context.Context, sip.DialogState) error) {
	if len(d.left) == 0 {
		return
	}
	d.log.Info("hanging up whom the last run left", "dialogs", len(d.left))
	var wg sync.WaitGroup
	defer wg.Wait()
	places := make(chan struct{}, lostByes)
	for _, state := range d.left {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return // the next run has them still
		}
		wg.Go(func() {
			defer func() { <-places }()
			patient, cancel := context.WithTimeout(ctx, lostBye)
			defer cancel()
			if err := bye(patient, state); err != nil {
				d.log.Debug("no answer to a BYE after a crash", "err", err)
			}
			if ctx.Err() == nil {
				d.note(state, false)
			}
		})
	}
}

// close writes what is still to be written.
func (d *dialogs) close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.signal()
	d.wg.Wait()
	return nil
}
