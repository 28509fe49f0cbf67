package transcript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/memnet"
)

// operator is who acts on a conference over REST.
const operator = "operator"

// desk is how the operator reaches the API of the switch.
type desk struct {
	client *http.Client
	base   string // of the account's resources
}

// newDesk returns the desk of a switch whose API is at addr; through net, or
// the network of the machine if that is nil.
func newDesk(addr netip.AddrPort, net *memnet.Net) *desk {
	t := &http.Transport{DisableKeepAlives: true} // nothing is left open
	if net != nil {
		t.DialContext = net.Dial
	}
	return &desk{&http.Client{Transport: t, Timeout: 10 * time.Second},
		"http://" + addr.String() + "/2010-04-01/Accounts/" + accountSID + "/"}
}

// do makes a request and returns the error code of the answer, 0 for none, and
// the resource in it, if there is one.
func (d *desk) do(ctx context.Context, method, path string, form url.Values) (code int, resource map[string]any, err error) {
	req, err := http.NewRequestWithContext(ctx, method, d.base+path+".json", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.SetBasicAuth(accountSID, authToken)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := d.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return 0, nil, err
	case answer.StatusCode == http.StatusNoContent:
		return 0, nil, nil
	case answer.StatusCode/100 == 2:
		err := json.Unmarshal(body, &resource)
		return 0, resource, err
	}
	var fault struct{ Code int }
	if err := json.Unmarshal(body, &fault); err != nil || fault.Code == 0 {
		return 0, nil, fmt.Errorf("status %d with %.200q", answer.StatusCode, body)
	}
	return fault.Code, nil, nil
}

// demand is one request of the operator's.
type demand struct {
	method     string
	conference string   // by its name in the file
	person     string   // empty: the conference itself
	params     []string // Name=value: to send, or of a GET to find
	refused    int      // the error code that is the answer; 0: none
	calls      bool     // person is called, into conference unless that is empty
}

// parseOperator: "operator posts @tea/@ann Muted=True", "operator deletes
// @tea/@ann", each maybe with "gets 16027"; "operator reads @tea/@ann muted=true".
func parseOperator(w []string) (step, error) {
	d := &demand{}
	if n := len(w); n > 2 && w[n-2] == "gets" {
		code, err := strconv.Atoi(w[n-1])
		if err != nil || code <= 0 {
			return nil, fmt.Errorf("operator gets %s: not an error code", w[n-1])
		}
		d.refused, w = code, w[:n-2]
	}
	if len(w) < 2 {
		return nil, errors.New("operator does what to whom?")
	}
	switch w[0] {
	case "calls":
		return d.parseCalls(w[1:])
	case "posts":
		d.method = http.MethodPost
	case "deletes":
		d.method = http.MethodDelete
	case "reads":
		d.method = http.MethodGet
	default:
		return nil, fmt.Errorf("operator %s: want calls, posts, deletes or reads", w[0])
	}
	conference, person, one := strings.Cut(w[1], "/")
	d.conference, d.person = strings.TrimPrefix(conference, "@"), strings.TrimPrefix(person, "@")
	switch {
	case isName(w[1]):
		d.conference, d.person = "", w[1]
	case !strings.HasPrefix(conference, "@") || !isName(d.conference) || one && (!strings.HasPrefix(person, "@") || !isName(d.person)):
		return nil, fmt.Errorf("operator %s %s: want @conference, @conference/@person or person", w[0], w[1])
	}
	d.params = w[2:]
	wanted := d.method == http.MethodPost || d.method == http.MethodGet && d.refused == 0
	if slices.ContainsFunc(d.params, func(p string) bool { return !strings.Contains(p, "=") }) || (len(d.params) > 0) != wanted {
		return nil, fmt.Errorf("operator %s %s: who posts or reads has parameters, Name=value; who deletes, or reads what is refused, has none", w[0], w[1])
	}
	return deed(d.make), nil
}

// parseCalls: "operator calls bob Url=$APP/hello", "operator calls bob into tea
// Muted=true". The client bob is called, by +15550100, unless To and From say
// otherwise.
func (d *demand) parseCalls(w []string) (step, error) {
	d.method, d.calls, d.person = http.MethodPost, true, w[0]
	if !isName(d.person) {
		return nil, fmt.Errorf("operator calls %s: not a person", d.person)
	}
	w = w[1:]
	if len(w) >= 2 && w[0] == "into" {
		d.conference, w = strings.TrimPrefix(w[1], "@"), w[2:]
	}
	if slices.ContainsFunc(w, func(p string) bool { return !strings.Contains(p, "=") }) {
		return nil, fmt.Errorf("operator calls %s: parameters are Name=value", d.person)
	}
	d.params = append([]string{"To=client:" + d.person, "From=+15550100"}, w...)
	return deed(d.make), nil
}

// path returns the resource's path, and the SID of the conference.
func (d *demand) path(r *run) (path, sid string, err error) {
	if d.calls && d.conference == "" {
		return "Calls", "", nil
	}
	if d.calls {
		r.mu.Lock()
		defer r.mu.Unlock()
		if sid := r.conferences[d.conference]; sid != "" {
			return "Conferences/" + sid + "/Participants", sid, nil
		}
		return "Conferences/" + url.PathEscape(d.conference) + "/Participants", "", nil
	}
	var call contract.CallSID
	if d.person != "" {
		var ok bool
		if call, ok = r.callSID(d.person); !ok {
			return "", "", fmt.Errorf("the call of %s is not known yet", d.person)
		}
	}
	if d.conference == "" {
		return "Calls/" + string(call), "", nil
	}
	r.mu.Lock()
	sid, ok := r.conferences[d.conference]
	r.mu.Unlock()
	switch {
	case !ok:
		return "", "", fmt.Errorf("which conference is @%s? an expect must have named it", d.conference)
	case call == "":
		return "Conferences/" + sid, sid, nil
	}
	return "Conferences/" + sid + "/Participants/" + string(call), sid, nil
}

// make makes the request.
func (d *demand) make(r *run) error {
	path, sid, err := d.path(r)
	if err != nil {
		return err
	}
	form := url.Values{}
	for _, p := range d.params {
		name, value, _ := strings.Cut(p, "=")
		value = r.app.expand(value)
		if who, is := strings.CutPrefix(value, "@"); is && who == d.conference && sid != "" {
			value = sid
		} else if is {
			call, ok := r.callSID(who)
			if !ok {
				return fmt.Errorf("the call of %s is not known yet", who)
			}
			value = string(call)
		}
		if d.calls && (name == "To" || name == "From") {
			form.Del(name) // the first was ours
		}
		form.Add(name, value)
	}
	sent := form
	if d.method != http.MethodPost {
		sent = nil
	}
	code, resource, err := r.stage.desk.do(context.Background(), d.method, path, sent)
	if err == nil && code != d.refused {
		err = fmt.Errorf("answered with error %d, want %d", code, d.refused)
	}
	if d.calls && resource != nil {
		d.learn(r, resource)
	}
	if err == nil && d.method == http.MethodGet && code == 0 {
		err = shows(resource, form)
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", d.method, path, err)
	}
	return nil
}

// learn notes the call that was made, and the conference that it is made into.
func (d *demand) learn(r *run, resource map[string]any) {
	text := func(name string) string { s, _ := resource[name].(string); return s }
	r.person(d.person)
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.conference == "" {
		r.hasCallLocked(d.person, text("sid"))
		return
	}
	r.hasCallLocked(d.person, text("call_sid"))
	r.conferences[d.conference] = text("conference_sid")
}

// shows looks for properties in a resource, by their values as text; null is
// that.
func shows(resource map[string]any, want url.Values) error {
	var errs []error
	for name, value := range want {
		got, ok := resource[name]
		text := fmt.Sprint(got)
		if got == nil {
			text = "null"
		}
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("it has no %s", name))
		case text != value[0]:
			errs = append(errs, fmt.Errorf("%s is %s, want %s", name, text, value[0]))
		}
	}
	return errors.Join(errs...)
}
