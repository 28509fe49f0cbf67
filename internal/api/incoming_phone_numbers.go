package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"confab/internal/contract"
	"confab/internal/store"
)

// origin is what numbers say of where they come from (Twilio
// IncomingPhoneNumber resource, origin): not from Twilio.
const origin = "hosted"

// numberTypes are the types by which lists of numbers are parted, by the last
// step of their paths.
var numberTypes = map[string]contract.NumberType{
	"Local": contract.NumberLocal, "Mobile": contract.NumberMobile, "TollFree": contract.NumberTollFree,
}

// numberType is the type that a path of numbers is about; empty: any.
func (q *request) numberType() contract.NumberType {
	return numberTypes[q.place.steps[len(q.place.steps)-1]]
}

// capabilities are what can be done with a number (Twilio IncomingPhoneNumber
// resource, capabilities).
func capabilities() object {
	return object{{"voice", true}, {"sms", false}, {"mms", false}, {"fax", false}}
}

// describeNumber describes the IncomingPhoneNumber resource (Twilio
// IncomingPhoneNumber resource, properties).
func (a *API) describeNumber(q *request, item store.NumberItem) object {
	n := item.Info
	o := object{
		{"account_sid", string(a.cfg.Account)},
		{"address_sid", nil},
		{"address_requirements", "none"},
		{"api_version", apiVersion},
		{"beta", false},
		{"capabilities", capabilities()},
		{"date_created", date(n.Created)},
		{"date_updated", date(item.Updated)},
		{"friendly_name", friendly(n.FriendlyName, n.Number)},
		{"identity_sid", nil},
		{"phone_number", n.Number},
		{"origin", origin},
		{"sid", string(n.SID)},
		{"sms_application_sid", nil},
		{"sms_fallback_method", http.MethodPost},
		{"sms_fallback_url", nil},
		{"sms_method", http.MethodPost},
		{"sms_url", nil},
		{"status_callback", text(n.StatusCallback)},
		{"status_callback_method", cmp.Or(n.StatusMethod, http.MethodPost)},
		{"trunk_sid", nil},
		{"uri", q.uri("IncomingPhoneNumbers", string(n.SID))},
		{"voice_receive_mode", "voice"},
		{"voice_application_sid", text(n.Application)},
		{"voice_caller_id_lookup", false},
		{"voice_fallback_method", cmp.Or(n.FallbackMethod, http.MethodPost)},
		{"voice_fallback_url", text(n.FallbackURL)},
		{"voice_method", cmp.Or(n.VoiceMethod, http.MethodPost)},
		{"voice_url", text(n.VoiceURL)},
		{"emergency_status", "Inactive"},
		{"emergency_address_sid", nil},
		{"emergency_address_status", "unregistered"},
		{"bundle_sid", nil},
		{"status", "in-use"},
	}
	if q.numberType() == "" { // the contract leaves it out of the lists by type
		o = append(o, property{"type", text(n.Type)})
	}
	return o
}

// friendly is a name, or the number as people write it.
func friendly(name, number string) any {
	if name == "" {
		return formatted(number)
	}
	return name
}

// findNumber finds the number that a path names.
func (a *API) findNumber(q *request) (store.NumberItem, error) {
	sid := contract.NumberSID(q.names[0])
	if !sid.Valid() {
		return store.NumberItem{}, errNotFound
	}
	item, ok, err := a.cfg.Store.NumberBySID(q.Context(), sid)
	if err == nil && !ok {
		err = errNotFound
	}
	return item, err
}

func (a *API) fetchNumber(q *request) (answer, error) {
	item, err := a.findNumber(q)
	if err != nil {
		return nil, err
	}
	return resource{"IncomingPhoneNumber", a.describeNumber(q, item)}, nil
}

// listNumbers lists numbers, newest first, those of the configuration last
// (Twilio IncomingPhoneNumber resource, read multiple). None is new to the
// platform, so that Beta changes nothing.
func (a *API) listNumbers(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	name, from := p.text("FriendlyName"), p.text("Origin")
	like, err := pattern(p.text("PhoneNumber"))
	if err != nil {
		p.fail(badRequest("PhoneNumber: %v", err))
	}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	all, err := a.cfg.Store.NumberItems(q.Context())
	if err != nil {
		return nil, err
	}
	var items []store.NumberItem
	for _, item := range all {
		n, kind := item.Info, q.numberType()
		if (name == "" || friendly(n.FriendlyName, n.Number) == name) && (from == "" || from == origin) &&
			(kind == "" || kind == n.Type) && matches(like, n.Number) {
			items = append(items, item)
		}
	}
	return paged(g, q.uri(q.place.steps[2:]...), "incoming_phone_numbers", "IncomingPhoneNumber", part(items, g.Page),
		func(item store.NumberItem) (object, bool) { return a.describeNumber(q, item), true }), nil
}

// numberChange reads the parameters that numbers are made and changed with.
func (p *params) numberChange() (c store.NumberChange, err error) {
	p.refuseUnserved()
	c.VoiceChange = p.voice()
	if p.given("VoiceApplicationSid") {
		sid := contract.ApplicationSID(p.text("VoiceApplicationSid"))
		if sid != "" && !sid.Valid() {
			p.fail(noApplication(sid))
		}
		c.Application = &sid
	}
	return c, p.err
}

// buyNumber gives the account a number of the configured blocks: the one that
// PhoneNumber names, or any of an area code (Twilio IncomingPhoneNumber
// resource, create).
func (a *API) buyNumber(q *request) (answer, error) {
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	c, err := p.numberChange()
	if err != nil {
		return nil, err
	}
	w, err := p.wish()
	if err != nil {
		return nil, err
	}
	w.kind = q.numberType()
	if w.kind != "" && w.number == "" {
		return nil, badRequest("PhoneNumber is required")
	}
	n := contract.NumberInfo{
		FriendlyName: value(c.FriendlyName), Application: value(c.Application),
		VoiceURL: value(c.VoiceURL), VoiceMethod: value(c.VoiceMethod),
		FallbackURL: value(c.FallbackURL), FallbackMethod: value(c.FallbackMethod),
		StatusCallback: value(c.StatusCallback), StatusMethod: value(c.StatusMethod),
	}
	bought, err := a.buy(q.Context(), w, n)
	switch {
	case errors.Is(err, store.ErrNoApplication):
		return nil, noApplication(n.Application)
	case err != nil:
		return nil, err
	case bought.SID != "":
		a.log.Info("number was bought", "number", bought.Number, "sid", bought.SID)
		return created{resource{"IncomingPhoneNumber", a.describeNumber(q, store.NumberItem{Info: bought, Updated: bought.Created})}}, nil
	}
	if w.number == "" {
		return nil, &problem{status: http.StatusBadRequest, code: contract.CodeAreaCodeEmpty,
			message: fmt.Sprintf("No phone number is left in area code %s", w.area)}
	}
	return nil, &problem{status: http.StatusBadRequest, code: contract.CodeNumberNotAvailable,
		message: w.number + " is not available"}
}

// buy stores the first number that is wished for and that nobody has; none is
// left if it has no SID.
func (a *API) buy(ctx context.Context, w wish, n contract.NumberInfo) (bought contract.NumberInfo, err error) {
	walk := a.offers(ctx, w, 0, false, func(number int64, b block) bool {
		n.Number, n.Type = e164(number), b.Type
		bought, err = a.cfg.Store.AddNumber(ctx, n)
		return errors.Is(err, store.ErrNumberExists) // another was faster
	})
	if errors.Is(err, store.ErrNumberExists) {
		err = nil
	}
	return bought, cmp.Or(walk, err)
}

// wish reads which number is to be bought.
func (p *params) wish() (w wish, err error) {
	number, area := p.text("PhoneNumber"), p.text("AreaCode")
	switch {
	case p.err != nil:
		return w, p.err
	case number != "":
		if w.number, err = pattern(number); err == nil && !strings.HasPrefix(w.number, "+") {
			w.number = "+" + w.number
		}
		if err != nil || !isE164(w.number) {
			return w, &problem{status: http.StatusBadRequest, code: contract.CodeNumberInvalid,
				message: fmt.Sprintf("PhoneNumber %q is not a number in E.164 form, such as +15550200", number)}
		}
		return w, nil
	case area == "":
		return w, badRequest("PhoneNumber or AreaCode is required")
	case !isAreaCode(area):
		return w, errAreaCode(area)
	}
	return wish{area: area}, nil
}

func isAreaCode(text string) bool {
	return len(text) == 3 && strings.Trim(text, "0123456789") == ""
}

func errAreaCode(area string) *problem {
	return &problem{status: http.StatusBadRequest, code: contract.CodeAreaCodeInvalid,
		message: fmt.Sprintf("AreaCode %q is not three digits", area)}
}

// updateNumber changes a number (Twilio IncomingPhoneNumber resource, update).
func (a *API) updateNumber(q *request) (answer, error) {
	item, err := a.findNumber(q)
	if err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	if to := p.text("AccountSid"); to != "" && to != string(a.cfg.Account) {
		p.fail(notServed("A number cannot be moved to another account: this server has one"))
	}
	c, err := p.numberChange()
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.ChangeNumber(q.Context(), item.Info.SID, c); err != nil {
		return nil, numberProblem(err, item.Info.Number, value(c.Application))
	}
	return a.fetchNumber(q)
}

// releaseNumber gives a number back: whoever calls it next does not reach the
// account, and it can be bought again if it is of a block.
func (a *API) releaseNumber(q *request) (answer, error) {
	item, err := a.findNumber(q)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.RemoveNumber(q.Context(), string(item.Info.SID)); err != nil {
		return nil, numberProblem(err, item.Info.Number, "")
	}
	a.log.Info("number was released", "number", item.Info.Number, "sid", item.Info.SID)
	return nil, nil
}

// numberProblem makes a refusal of what the store says.
func numberProblem(err error, number string, application contract.ApplicationSID) error {
	switch {
	case errors.Is(err, store.ErrNumberConfigured):
		return &problem{status: http.StatusForbidden, code: contract.CodeForbiddenREST,
			message: fmt.Sprintf("%s is given in the server's configuration file, and is changed there alone", number)}
	case errors.Is(err, store.ErrNoApplication):
		return noApplication(application)
	case errors.Is(err, store.ErrNumberNotFound):
		return errNotFound
	}
	return err
}

func noApplication(sid contract.ApplicationSID) *problem {
	return badRequest("VoiceApplicationSid %q is not an application of this account", string(sid))
}
