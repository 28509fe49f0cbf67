package webhook

import (
	"net/url"

	"confab/internal/contract"
)

// CallParams returns the standard parameters of a call (Twilio voice webhooks,
// "Twilio's request to your application").
func CallParams(c contract.CallInfo) url.Values { panic("unwritten") }

// EventParams returns the form that tells of an event: a conference's (Twilio
// <Conference> statusCallback) or a call's (Twilio Call resource,
// StatusCallback).
func EventParams(e contract.Event) url.Values { panic("unwritten") }
