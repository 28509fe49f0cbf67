package sdk

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
)

// docs/moving-from-twilio.md shows what stands between the two lines.

// snippet: go

// toSwitch sends every request to the switch at base.
type toSwitch struct{ base *url.URL }

func (s toSwitch) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = s.base.Scheme, s.base.Host, s.base.Host
	return http.DefaultTransport.RoundTrip(r)
}

func newClient(base *url.URL, accountSid, user, password string) *twilio.RestClient {
	c := &client.Client{
		Credentials: client.NewCredentials(user, password),
		HTTPClient:  &http.Client{Transport: toSwitch{base}},
	}
	c.SetAccountSid(accountSid)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: c})
}

// end of snippet

// client returns the library as the account's owner uses it.
func (s *server) client(t *testing.T) *twilio.RestClient {
	t.Helper()
	return newClient(s.http, s.account.SID, s.account.SID, s.account.AuthToken)
}
