package api

import (
	"net/http"

	"confab/internal/contract"
)

// account is the Account resource (Twilio Account resource, properties).
type account struct {
	SID             contract.AccountSID `json:"sid" xml:"Sid"`
	FriendlyName    string              `json:"friendly_name" xml:"FriendlyName"`
	OwnerAccountSID contract.AccountSID `json:"owner_account_sid" xml:"OwnerAccountSid"`
	Status          string              `json:"status" xml:"Status"`
	Type            string              `json:"type" xml:"Type"`
	AuthToken       string              `json:"auth_token" xml:"AuthToken"`
	Created         date                `json:"date_created" xml:"DateCreated"`
	Updated         date                `json:"date_updated" xml:"DateUpdated"`
	URI             string              `json:"uri" xml:"Uri"`
	Subresources    struct{}            `json:"subresource_uris" xml:"SubresourceUris"` // none is served yet
}

// account serves the account itself. Its token is in the answer as the contract
// has it: who asks has just shown that they know it.
func (a *API) account(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost: // an update, which the contract has
		notServed(w, r)
		return
	default:
		methodNotAllowed(w, r, http.MethodGet, http.MethodPost)
		return
	}
	_, asJSON := format(r.URL.Path)
	uri := Root + "Accounts/" + string(a.cfg.Account)
	if asJSON {
		uri += ".json"
	}
	reply(w, r, http.StatusOK, "Account", account{
		SID: a.cfg.Account, OwnerAccountSID: a.cfg.Account, // Twilio Account resource: a main account owns itself
		FriendlyName: "Confab", Status: "active", Type: "Full",
		AuthToken: a.cfg.Token, Created: date(a.cfg.Created), Updated: date(a.cfg.Created),
		URI: uri,
	})
}
