package api

import (
	"cmp"
	"net/http"

	"confab/internal/contract"
	"confab/internal/store"
)

// describeApplication describes the Application resource (Twilio Application
// resource, properties).
func (a *API) describeApplication(q *request, item store.ApplicationItem) object {
	app := item.Info
	return object{
		{"account_sid", string(a.cfg.Account)},
		{"api_version", apiVersion},
		{"date_created", date(app.Created)},
		{"date_updated", date(item.Updated)},
		{"friendly_name", text(app.FriendlyName)},
		{"message_status_callback", nil},
		{"sid", string(app.SID)},
		{"sms_fallback_method", http.MethodPost},
		{"sms_fallback_url", nil},
		{"sms_method", http.MethodPost},
		{"sms_status_callback", nil},
		{"sms_url", nil},
		{"status_callback", text(app.StatusCallback)},
		{"status_callback_method", cmp.Or(app.StatusMethod, http.MethodPost)},
		{"uri", q.uri("Applications", string(app.SID))},
		{"voice_caller_id_lookup", false},
		{"voice_fallback_method", cmp.Or(app.FallbackMethod, http.MethodPost)},
		{"voice_fallback_url", text(app.FallbackURL)},
		{"voice_method", cmp.Or(app.VoiceMethod, http.MethodPost)},
		{"voice_url", text(app.VoiceURL)},
		{"public_application_connect_enabled", false},
	}
}

// listApplications lists applications, newest first (Twilio Application
// resource, read multiple).
func (a *API) listApplications(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	f := store.ApplicationFilter{FriendlyName: p.text("FriendlyName")}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	l, err := a.cfg.Store.Applications(q.Context(), f, g.Page)
	if err != nil {
		return nil, err
	}
	return paged(g, q.uri("Applications"), "applications", "Application", l,
		func(item store.ApplicationItem) (object, bool) { return a.describeApplication(q, item), true }), nil
}

func (a *API) fetchApplication(q *request) (answer, error) {
	item, ok, err := a.cfg.Store.Application(q.Context(), contract.ApplicationSID(q.names[0]))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNotFound
	}
	return resource{"Application", a.describeApplication(q, item)}, nil
}

// application reads the parameters that applications are made and changed with.
func (q *request) application() (store.VoiceChange, error) {
	p, err := q.form()
	if err != nil {
		return store.VoiceChange{}, err
	}
	p.refuseUnserved()
	return p.voice(), p.err
}

// createApplication makes an application (Twilio Application resource, create).
func (a *API) createApplication(q *request) (answer, error) {
	c, err := q.application()
	if err != nil {
		return nil, err
	}
	app, err := a.cfg.Store.AddApplication(q.Context(), contract.ApplicationInfo{
		FriendlyName: value(c.FriendlyName), VoiceURL: value(c.VoiceURL), VoiceMethod: value(c.VoiceMethod),
		FallbackURL: value(c.FallbackURL), FallbackMethod: value(c.FallbackMethod),
		StatusCallback: value(c.StatusCallback), StatusMethod: value(c.StatusMethod),
	})
	if err != nil {
		return nil, err
	}
	return created{resource{"Application", a.describeApplication(q, store.ApplicationItem{Info: app, Updated: app.Created})}}, nil
}

// updateApplication changes an application, for the next call to each of its
// numbers.
func (a *API) updateApplication(q *request) (answer, error) {
	if _, err := a.fetchApplication(q); err != nil {
		return nil, err
	}
	c, err := q.application()
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Store.ChangeApplication(q.Context(), contract.ApplicationSID(q.names[0]), c); err != nil {
		return nil, err
	}
	return a.fetchApplication(q)
}

// deleteApplication removes an application. Numbers that had it have their own
// addresses again (Twilio Application resource, delete).
func (a *API) deleteApplication(q *request) (answer, error) {
	ok, err := a.cfg.Store.RemoveApplication(q.Context(), contract.ApplicationSID(q.names[0]))
	if err == nil && !ok {
		err = errNotFound
	}
	return nil, err
}
