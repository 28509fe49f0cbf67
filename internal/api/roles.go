package api

import (
	"net/http"
	"strings"

	"confab/internal/contract"
)

// permissions says which role each request takes: by method and path, as routes
// and eventRoutes have them. "" is the account itself, and what is not served
// yet takes nothing. A request that is not in it takes RoleAdminister; a test
// sees to it that each is.
//
// Who looks reads what is no secret. Who moderates acts on what lives: calls and
// conferences. The account and its keys, which open it, are for who administers.
var permissions = map[string]contract.Role{
	"GET Accounts":  contract.RoleAdminister, // the AuthToken is in it
	"GET Account":   contract.RoleAdminister,
	"POST Account":  contract.RoleAdminister,
	"POST Accounts": contract.RoleAdminister,

	"GET Calls":                             contract.RoleLook,
	"POST Calls":                            contract.RoleModerate,
	"GET Calls/{}":                          contract.RoleLook,
	"POST Calls/{}":                         contract.RoleModerate,
	"DELETE Calls/{}":                       contract.RoleAdminister, // its record
	"GET Calls/{}/Notifications":            contract.RoleLook,
	"GET Calls/{}/Notifications/{}":         contract.RoleLook,
	"GET Notifications":                     contract.RoleLook,
	"GET Notifications/{}":                  contract.RoleLook,
	"GET Conferences":                       contract.RoleLook,
	"GET Conferences/{}":                    contract.RoleLook,
	"POST Conferences/{}":                   contract.RoleModerate,
	"GET Conferences/{}/Participants":       contract.RoleLook,
	"POST Conferences/{}/Participants":      contract.RoleModerate,
	"GET Conferences/{}/Participants/{}":    contract.RoleLook,
	"POST Conferences/{}/Participants/{}":   contract.RoleModerate,
	"DELETE Conferences/{}/Participants/{}": contract.RoleModerate,

	"GET AvailablePhoneNumbers":             contract.RoleLook,
	"GET AvailablePhoneNumbers/{}":          contract.RoleLook,
	"GET AvailablePhoneNumbers/{}/Local":    contract.RoleLook,
	"GET AvailablePhoneNumbers/{}/Mobile":   contract.RoleLook,
	"GET AvailablePhoneNumbers/{}/TollFree": contract.RoleLook,
	"GET IncomingPhoneNumbers":              contract.RoleLook,
	"POST IncomingPhoneNumbers":             contract.RoleAdminister,
	"GET IncomingPhoneNumbers/Local":        contract.RoleLook,
	"POST IncomingPhoneNumbers/Local":       contract.RoleAdminister,
	"GET IncomingPhoneNumbers/Mobile":       contract.RoleLook,
	"POST IncomingPhoneNumbers/Mobile":      contract.RoleAdminister,
	"GET IncomingPhoneNumbers/TollFree":     contract.RoleLook,
	"POST IncomingPhoneNumbers/TollFree":    contract.RoleAdminister,
	"GET IncomingPhoneNumbers/{}":           contract.RoleLook,
	"POST IncomingPhoneNumbers/{}":          contract.RoleAdminister,
	"DELETE IncomingPhoneNumbers/{}":        contract.RoleAdminister,

	"GET Applications":            contract.RoleLook,
	"POST Applications":           contract.RoleAdminister,
	"GET Applications/{}":         contract.RoleLook,
	"POST Applications/{}":        contract.RoleAdminister,
	"DELETE Applications/{}":      contract.RoleAdminister,
	"GET OutgoingCallerIds":       contract.RoleLook,
	"POST OutgoingCallerIds":      contract.RoleAdminister,
	"GET OutgoingCallerIds/{}":    contract.RoleLook,
	"POST OutgoingCallerIds/{}":   contract.RoleAdminister,
	"DELETE OutgoingCallerIds/{}": contract.RoleAdminister,

	"POST Tokens": contract.RoleModerate, // of TURN servers, for a browser that calls

	"GET Keys":              contract.RoleAdminister,
	"POST Keys":             contract.RoleAdminister,
	"GET Keys/{}":           contract.RoleAdminister,
	"POST Keys/{}":          contract.RoleAdminister,
	"DELETE Keys/{}":        contract.RoleAdminister,
	"GET SigningKeys":       contract.RoleAdminister,
	"POST SigningKeys":      contract.RoleAdminister,
	"GET SigningKeys/{}":    contract.RoleAdminister,
	"POST SigningKeys/{}":   contract.RoleAdminister,
	"DELETE SigningKeys/{}": contract.RoleAdminister,

	"GET /v1/events":        contract.RoleLook,
	"GET /v1/events/stream": contract.RoleLook,
	"GET /v1/host":          contract.RoleLook,
	"GET /v1/live":          contract.RoleLook,
	"GET /v1/quality":       contract.RoleLook,
	"GET /v1/parked":        contract.RoleLook,
	"POST /v1/parked":       contract.RoleModerate,

	"GET /v1/calls":                      contract.RoleLook,
	"GET /v1/calls/{sid}/story":          contract.RoleLook,
	"GET /v1/calls/{sid}/sip.pcap":       contract.RoleLook,     // masked
	"POST /v1/tokens":                    contract.RoleModerate, // whoever has one calls, and is called
	"GET /v1/conferences/{sid}/timeline": contract.RoleLook,
}

// roleOf returns the role that a method takes on a path of the tables.
func roleOf(method, path string) contract.Role {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if role, ok := permissions[method+" "+path]; ok {
		return role
	}
	return contract.RoleAdminister
}

// roleFor returns the role that a request takes. One that names nothing takes
// the least: that there is nothing is no secret.
func (a *API) roleFor(q *request) contract.Role {
	steps := q.place.steps
	switch {
	case q.place.err != nil || steps[0] != "Accounts":
		return contract.RoleLook
	case len(steps) == 1:
		return roleOf(q.Method, "Accounts")
	case len(steps) == 2:
		return roleOf(q.Method, "Account")
	}
	for _, r := range routes {
		if _, ok := match(r.path, steps[2:]); !ok {
			continue
		}
		if r.later || !r.serves(q.Method) {
			return contract.RoleLook
		}
		return roleOf(q.Method, r.path)
	}
	return contract.RoleLook
}

// roleFor returns the role that a request takes.
func (e *Events) roleFor(r *http.Request) contract.Role {
	_, pattern := e.mux.Handler(r)
	if pattern == "" {
		return contract.RoleLook
	}
	_, path, _ := strings.Cut(pattern, " ")
	return roleOf(r.Method, path)
}
