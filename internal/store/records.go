package store

import (
	"context"
	"log/slog"

	"confab/internal/contract"
)

// Records is the half of the store that any process may open: what calls,
// conferences and participants were last known to be, and the numbers.
type Records struct{}

// OpenShared opens the records of dir beside the process that owns it, or
// without one: for tools of the command line. It makes the directory and the
// schema if they do not exist yet. A nil log discards.
func OpenShared(ctx context.Context, dir string, log *slog.Logger) (*Records, error) {
	panic("unwritten")
}

// Close closes the database.
func (r *Records) Close() error { panic("unwritten") }

// Call returns what the journal last said of a call; ok is false for one that
// it never named.
func (r *Records) Call(ctx context.Context, sid contract.CallSID) (c contract.CallInfo, ok bool, err error) {
	panic("unwritten")
}

// Conference returns what the journal last said of a conference.
func (r *Records) Conference(ctx context.Context, sid contract.ConferenceSID) (c contract.ConferenceInfo, ok bool, err error) {
	panic("unwritten")
}

// Participants returns who is in a conference, by the order of joining.
func (r *Records) Participants(ctx context.Context, sid contract.ConferenceSID) ([]contract.ParticipantInfo, error) {
	panic("unwritten")
}

// Warnings returns the notices on a call, oldest first.
func (r *Records) Warnings(ctx context.Context, sid contract.CallSID) ([]contract.Warning, error) {
	panic("unwritten")
}

// LiveCalls returns the calls that the journal does not know to have ended:
// right after Open, those that a crash cut off.
func (r *Records) LiveCalls(ctx context.Context) ([]contract.CallInfo, error) { panic("unwritten") }

// LiveConferences returns the conferences that the journal does not know to
// have ended: right after Open, those that a crash cut off.
func (r *Records) LiveConferences(ctx context.Context) ([]contract.ConferenceInfo, error) {
	panic("unwritten")
}
