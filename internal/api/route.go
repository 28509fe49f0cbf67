package api

import (
	"net/http"
	"slices"
	"strings"
)

// handler answers a request for a resource. A nil answer is one without a body.
type handler func(*API, *request) (answer, error)

// route is a resource below the account, and what can be done with it. A step
// {} of its path stands for any, and … at its end for any number of them.
type route struct {
	path              string
	get, post, delete handler
	later             bool // documented, and not served yet
}

// routes are the resources below an account that the contract has (Twilio REST
// API 2010-04-01); the first that fits counts.
var routes = []route{
	{path: "Calls", get: (*API).listCalls, post: (*API).createCall},
	{path: "Calls/{}", get: (*API).fetchCall, post: (*API).updateCall, delete: (*API).deleteCall},
	{path: "Calls/{}/Notifications", get: (*API).listNotifications},
	{path: "Calls/{}/Notifications/{}", get: (*API).fetchNotification},
	{path: "Calls/{}/Events…", later: true},
	{path: "Calls/{}/Payments…", later: true},
	{path: "Calls/{}/Recordings…", later: true},
	{path: "Calls/{}/Siprec…", later: true},
	{path: "Calls/{}/Streams…", later: true},
	{path: "Calls/{}/Transcriptions…", later: true},
	{path: "Calls/{}/TwimlSessions…", later: true},
	{path: "Calls/{}/UserDefinedMessages…", later: true},
	{path: "Calls/{}/UserDefinedMessageSubscriptions…", later: true},

	{path: "Conferences", get: (*API).listConferences},
	{path: "Conferences/{}", get: (*API).fetchConference, post: (*API).updateConference},
	{path: "Conferences/{}/Participants", get: (*API).listParticipants, post: (*API).createParticipant},
	{path: "Conferences/{}/Participants/{}", get: (*API).fetchParticipant, post: (*API).updateParticipant, delete: (*API).kickParticipant},
	{path: "Conferences/{}/Recordings…", later: true},

	{path: "Notifications", get: (*API).listNotifications},
	{path: "Notifications/{}", get: (*API).fetchNotification},

	{path: "AvailablePhoneNumbers", get: (*API).listCountries},
	{path: "AvailablePhoneNumbers/{}", get: (*API).fetchCountry},
	{path: "AvailablePhoneNumbers/{}/Local", get: (*API).listAvailable},
	{path: "AvailablePhoneNumbers/{}/Mobile", get: (*API).listAvailable},
	{path: "AvailablePhoneNumbers/{}/TollFree", get: (*API).listAvailable},
	{path: "AvailablePhoneNumbers/{}/MachineToMachine", later: true},
	{path: "AvailablePhoneNumbers/{}/National", later: true},
	{path: "AvailablePhoneNumbers/{}/SharedCost", later: true},
	{path: "AvailablePhoneNumbers/{}/Voip", later: true},

	{path: "IncomingPhoneNumbers", get: (*API).listNumbers, post: (*API).buyNumber},
	{path: "IncomingPhoneNumbers/Local", get: (*API).listNumbers, post: (*API).buyNumber},
	{path: "IncomingPhoneNumbers/Mobile", get: (*API).listNumbers, post: (*API).buyNumber},
	{path: "IncomingPhoneNumbers/TollFree", get: (*API).listNumbers, post: (*API).buyNumber},
	{path: "IncomingPhoneNumbers/{}", get: (*API).fetchNumber, post: (*API).updateNumber, delete: (*API).releaseNumber},
	{path: "IncomingPhoneNumbers/{}/AssignedAddOns…", later: true},

	{path: "Applications", get: (*API).listApplications, post: (*API).createApplication},
	{path: "Applications/{}", get: (*API).fetchApplication, post: (*API).updateApplication, delete: (*API).deleteApplication},

	{path: "Keys", get: (*API).listKeys, post: (*API).createKey},
	{path: "Keys/{}", get: (*API).fetchKey, post: (*API).updateKey, delete: (*API).deleteKey},
	{path: "SigningKeys", get: (*API).listKeys, post: (*API).createKey},
	{path: "SigningKeys/{}", get: (*API).fetchKey, post: (*API).updateKey, delete: (*API).deleteKey},

	{path: "OutgoingCallerIds", get: (*API).listCallerIDs, post: (*API).validateCallerID},
	{path: "OutgoingCallerIds/{}", get: (*API).fetchCallerID, post: (*API).updateCallerID, delete: (*API).deleteCallerID},

	{path: "Addresses…", later: true},
	{path: "AuthorizedConnectApps…", later: true},
	{path: "Balance", later: true},
	{path: "ConnectApps…", later: true},
	{path: "Messages…", later: true},
	{path: "Queues…", later: true},
	{path: "Recordings…", later: true},
	{path: "SIP…", later: true},
	{path: "SMS…", later: true},
	{path: "Tokens", post: (*API).createToken},
	{path: "Transcriptions…", later: true},
	{path: "Usage…", later: true},
}

// route answers a request by what its path names.
func (a *API) route(q *request) (answer, error) {
	steps := q.place.steps
	switch {
	case steps[0] != "Accounts":
		return nil, errNotFound
	case len(steps) == 1:
		return route{get: (*API).listAccounts, post: later}.serve(a, q)
	case steps[1] != string(a.cfg.Account):
		return nil, errNotFound
	case len(steps) == 2:
		return route{get: (*API).fetchAccount, post: (*API).updateAccount}.serve(a, q)
	}
	for _, r := range routes {
		if names, ok := match(r.path, steps[2:]); ok {
			q.names = names
			return r.serve(a, q)
		}
	}
	return nil, errNotFound
}

// match reports whether a path fits, and what stands for its {}.
func match(path string, steps []string) (names []string, ok bool) {
	path, open := strings.CutSuffix(path, "…")
	want := strings.Split(path, "/")
	if len(steps) < len(want) || !open && len(steps) > len(want) {
		return nil, false
	}
	for i, step := range want {
		switch {
		case steps[i] == "":
			return nil, false
		case step == "{}":
			names = append(names, steps[i])
		case step != steps[i]:
			return nil, false
		}
	}
	return names, true
}

// serves reports whether there is something to be done by a method.
func (r route) serves(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead:
		return r.get != nil
	case http.MethodPost:
		return r.post != nil
	case http.MethodDelete:
		return r.delete != nil
	}
	return false
}

// serve has the request answered by the handler of its method.
func (r route) serve(a *API, q *request) (answer, error) {
	if r.later {
		return later(a, q)
	}
	var allowed []string
	for _, m := range []struct {
		names []string
		serve handler
	}{
		{[]string{http.MethodGet, http.MethodHead}, r.get},
		{[]string{http.MethodPost}, r.post},
		{[]string{http.MethodDelete}, r.delete},
	} {
		if m.serve == nil {
			continue
		}
		if slices.Contains(m.names, q.Method) {
			return m.serve(a, q)
		}
		allowed = append(allowed, m.names...)
	}
	return nil, methodNotAllowed(allowed)
}

// later answers for what the contract has and we do not yet.
func later(_ *API, q *request) (answer, error) {
	return nil, notServed("%s %s is not served by this version of Confab", q.Method, q.URL.Path)
}
