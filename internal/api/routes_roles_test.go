package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"confab/internal/contract"
)

// served returns all requests that are served, by the very tables that say so:
// the method and path of each, and a path that it would come by.
func served() map[string]string {
	all := map[string]string{
		"GET Accounts": Root + "Accounts", "POST Accounts": Root + "Accounts",
		"GET Account": Root + "Accounts/" + closedAccount, "POST Account": Root + "Accounts/" + closedAccount,
	}
	for _, r := range routes {
		for method, serve := range map[string]handler{"GET": r.get, "POST": r.post, "DELETE": r.delete} {
			if serve != nil {
				path := strings.ReplaceAll(r.path, "{}", "CA0123456789abcdef0123456789abcdef")
				all[method+" "+r.path] = Root + "Accounts/" + closedAccount + "/" + path
			}
		}
	}
	for pattern := range eventRoutes {
		_, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{sid}", "CA0123456789abcdef0123456789abcdef").Replace(path)
		all[pattern] = path
	}
	return all
}

// The table says of each request that is served, and of no other, which role it
// takes.
func TestPermissions_areOfAllThatIsServed(t *testing.T) {
	all := served()
	for request := range all {
		if !permissions[request].Valid() {
			t.Errorf("%s: the table of permissions does not say who may do it", request)
		}
	}
	for request := range permissions {
		if all[request] == "" {
			t.Errorf("%s: the table of permissions has it, and it is not served", request)
		}
	}
}

// signedIn is a session with a role.
type signedIn contract.Role

func (s signedIn) Session(*http.Request) (Grant, bool, error) {
	return Grant{Role: contract.Role(s)}, true, nil
}

// Whoever is signed in with less than a request takes is refused, before
// anything behind the door (there is nothing here) is asked.
func TestRoutes_areClosedToLesserRoles(t *testing.T) {
	for _, role := range contract.Roles() {
		a := &API{cfg: Config{Account: closedAccount, Token: closedToken, Sessions: signedIn(role)}, log: slog.New(slog.DiscardHandler)}
		events := &Events{cfg: EventsConfig{API: a}, mux: http.NewServeMux()}
		for pattern := range eventRoutes {
			events.mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}
		for request, path := range served() {
			if role.Includes(permissions[request]) {
				continue // it would be done, and there is nothing to do it with
			}
			method, _, _ := strings.Cut(request, " ")
			door := http.Handler(a)
			if strings.HasPrefix(path, EventsRoot) {
				door = events
			}
			w := httptest.NewRecorder()
			door.ServeHTTP(w, httptest.NewRequest(method, path+".json", nil))
			if strings.HasPrefix(path, EventsRoot) {
				w = httptest.NewRecorder()
				door.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			}
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), string(role)) {
				t.Errorf("%s: %s: %d %s", role, request, w.Code, w.Body)
			}
		}
	}
}
