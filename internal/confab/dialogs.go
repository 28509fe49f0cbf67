package confab

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"confab/internal/sip"
)

const (
	// lostBye is how long a far end of a switch that crashed has to answer a BYE.
	lostBye = 5 * time.Second
	// lostByes is how many of them are asked at a time.
	lostByes = 16
)

// dialogs keeps the state of each dialog that lives in a file, so that after a
// crash the next start can send the far ends a BYE: nobody sits in dead air.
// Nothing waits for its disk.
type dialogs struct {
	file *dialogFile
	log  *slog.Logger
	left []sip.DialogState // those that the last run did not end

	mu     sync.Mutex
	notes  []dialogLine // to write
	closed bool
	wake   chan struct{}
	wg     sync.WaitGroup
}

// openDialogs reads what the last run left in the file at path, and keeps
// dialogs there from now on.
func openDialogs(path string, log *slog.Logger) (*dialogs, error) {
	file, left, err := openDialogFile(path, log)
	if err != nil {
		return nil, err
	}
	d := &dialogs{file: file, log: log, left: left, wake: make(chan struct{}, 1)}
	d.wg.Go(d.run)
	return d, nil
}

// note takes the state of a dialog (sip.Config.OnDialog).
func (d *dialogs) note(state sip.DialogState, alive bool) {
	line := dialogLine{State: &state}
	if !alive {
		line = dialogLine{Ended: &dialogKey{state.CallID, state.LocalTag}}
	}
	d.mu.Lock()
	d.notes = append(d.notes, line)
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
		d.notes = nil
		d.mu.Unlock()
		if len(notes) > 0 {
			if err := d.file.append(notes); err != nil {
				d.log.Error("dialogs not kept", "err", err)
			}
		}
		if closed {
			return
		}
	}
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
	return d.file.close()
}
