package api

import (
	"strconv"
	"time"
)

// The life of credentials for TURN servers, in seconds (Twilio Token resource,
// Ttl: a day unless another is asked for).
const (
	iceTTL    = 86400
	maxICETTL = 86400
)

// createToken names the ICE servers, with credentials of their own for who asks
// (Twilio Token resource, create).
func (a *API) createToken(q *request) (answer, error) {
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	ttl := p.number("Ttl", iceTTL, 1, maxICETTL)
	if p.err != nil {
		return nil, p.err
	}
	now := time.Now()
	var user, password any
	servers := []object{}
	for _, s := range a.cfg.ICE.Servers(string(a.cfg.Account), now.Add(time.Duration(ttl)*time.Second)) {
		for _, u := range s.URLs {
			o := object{{"url", u}, {"urls", u}}
			if s.Username != "" {
				user, password = s.Username, s.Credential
				o = append(o, property{"username", s.Username}, property{"credential", s.Credential})
			}
			servers = append(servers, o)
		}
	}
	return created{resource{"Token", object{
		{"account_sid", string(a.cfg.Account)},
		{"username", user},
		{"password", password},
		{"ttl", strconv.Itoa(ttl)},
		{"ice_servers", servers},
		{"date_created", date(now)},
		{"date_updated", date(now)},
	}}}, nil
}
