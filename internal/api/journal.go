package api

import (
	"context"
	"net/http"
	"time"

	"confab/internal/contract"
)

const (
	// readPatience is how long a reader waits for facts that are on their way
	// to the records.
	readPatience = time.Second

	// writePatience is how long a change waits to be in the journal.
	writePatience = 10 * time.Second
)

// settle waits for the records to have what has happened so far, a moment at
// most: a journal that cannot be written must not keep the past from readers.
func (a *API) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if err := a.cfg.Store.Sync(ctx); err != nil {
		a.log.Debug("records are behind", "err", err)
	}
}

// written waits until a change that was made is in the journal: then it may be
// answered.
func (a *API) written(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	if err := a.cfg.Store.Sync(ctx); err != nil {
		a.log.Error("change is not in the journal", "err", err)
		return &problem{status: http.StatusServiceUnavailable, code: contract.CodeInternalREST,
			message: "The change was made, and could not be recorded yet"}
	}
	return nil
}
