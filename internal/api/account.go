package api

import (
	"net/http"
	"unicode/utf8"

	"confab/internal/contract"
	"confab/internal/store"
)

// firstName is what an account is called until it is named.
const firstName = "Confab"

// maxAccountName is the longest name of an account, in characters (Twilio
// Account resource, FriendlyName).
const maxAccountName = 64

// describeAccount describes the Account resource (Twilio Account resource,
// properties). Its token is in it as the contract has it: who asks has just
// shown that they know it.
func (a *API) describeAccount(q *request, p store.Profile) object {
	return object{
		{"sid", string(a.cfg.Account)},
		{"friendly_name", p.FriendlyName},
		{"owner_account_sid", string(a.cfg.Account)}, // a main account owns itself
		{"status", "active"},
		{"type", "Full"},
		{"auth_token", a.tokenFor(q)},
		{"date_created", date(p.Created)},
		{"date_updated", date(p.Updated)},
		{"uri", q.uri()},
		{"subresource_uris", object{
			{"applications", q.uri("Applications")},
			{"available_phone_numbers", q.uri("AvailablePhoneNumbers")},
			{"calls", q.uri("Calls")},
			{"conferences", q.uri("Conferences")},
			{"incoming_phone_numbers", q.uri("IncomingPhoneNumbers")},
			{"keys", q.uri("Keys")},
			{"notifications", q.uri("Notifications")},
			{"outgoing_caller_ids", q.uri("OutgoingCallerIds")},
			{"signing_keys", q.uri("SigningKeys")},
		}},
	}
}

// tokenFor returns the AuthToken, for those who have shown that they know it: who
// came by a session may have been let in by a link.
func (a *API) tokenFor(q *request) any {
	if _, _, given := q.BasicAuth(); !given {
		return nil
	}
	return a.cfg.Token
}

func (a *API) fetchAccount(q *request) (answer, error) {
	p, err := a.cfg.Store.Profile(q.Context(), a.cfg.Account, firstName)
	if err != nil {
		return nil, err
	}
	return resource{"Account", a.describeAccount(q, p)}, nil
}

// updateAccount names the account. What it cannot do, to suspend or to close
// it, it refuses.
func (a *API) updateAccount(q *request) (answer, error) {
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	name := p.text("FriendlyName")
	status := word(p, "Status", "active", "suspended", "closed")
	switch {
	case p.err != nil:
		return nil, p.err
	case status != "" && status != "active":
		return nil, notServed("An account cannot be %s in this version of Confab", status)
	case utf8.RuneCountInString(name) > maxAccountName:
		return nil, &problem{status: http.StatusBadRequest, code: contract.CodeFriendlyNameREST, message: "FriendlyName is longer than 64 characters"}
	case name != "":
		if _, err := a.cfg.Store.Profile(q.Context(), a.cfg.Account, firstName); err != nil {
			return nil, err
		}
		if err := a.cfg.Store.SetFriendlyName(q.Context(), a.cfg.Account, name); err != nil {
			return nil, err
		}
	}
	return a.fetchAccount(q)
}

// listAccounts lists the one account there is.
func (a *API) listAccounts(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	name, status := p.text("FriendlyName"), word(p, "Status", "active", "suspended", "closed")
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	profile, err := a.cfg.Store.Profile(q.Context(), a.cfg.Account, firstName)
	if err != nil {
		return nil, err
	}
	var items []store.Item[store.Profile]
	if (name == "" || name == profile.FriendlyName) && (status == "" || status == "active") {
		items = append(items, store.Item[store.Profile]{Info: profile, Updated: profile.Updated,
			Key: store.Key{At: profile.Created.UnixMicro(), Tie: string(a.cfg.Account)}})
	}
	uri := Root + "Accounts"
	if q.place.json {
		uri += ".json"
	}
	return paged(g, uri, "accounts", "Account", part(items, g.Page), func(item store.Item[store.Profile]) (object, bool) {
		return a.describeAccount(q, item.Info), true
	}), nil
}
