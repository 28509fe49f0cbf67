package sdk

import (
	"testing"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

func TestOutgoingCallerIDs(t *testing.T) {
	s, _, c := moved(t)
	s.ring(t, c)
	_, err := c.Api.CreateValidationRequest((&openapi.CreateValidationRequestParams{}).SetPhoneNumber("+15550301"))
	refused(t, err, 501, 20001)
	if got := ok(c.Api.ListOutgoingCallerId(&openapi.ListOutgoingCallerIdParams{}))(t); len(got) != 0 {
		t.Errorf("%d caller IDs, want none", len(got))
	}
}
