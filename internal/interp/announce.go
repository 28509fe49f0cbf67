package interp

import (
	"context"
	"log/slog"
	"net/url"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/webhook"
)

// Announcer returns the prompter of what a whole conference is to hear
// (conference.Conference.AnnounceAll). It is bound to no call: requests carry
// what is known of the conference, and what is wrong with a document is a notice
// on it.
func (i *Interp) Announcer() conference.Prompter { return announcer{i} }

type announcer struct{ *Interp }

// Prompt runs one announcement.
func (a announcer) Prompt(ctx context.Context, into conference.Ear, d conference.Document) error {
	r := &reader{
		Interp: a.Interp, subject: slog.Any("conf", d.Conference), jar: webhook.NewJar(), account: d.Account,
		params: func() url.Values { return webhook.ConferenceParams(d.Account) },
		notice: func(w contract.Warning) {
			w.Message = "announcement in " + string(d.Conference) + ": " + w.Message
			if c, ok := a.cfg.Conferences.Find(d.Conference); ok {
				c.Warn(w)
			}
		},
	}
	return prompter{r}.Prompt(ctx, into, d)
}
