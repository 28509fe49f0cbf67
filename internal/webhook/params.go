package webhook

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
)

// apiVersion is the one of the contract (Twilio voice webhooks, ApiVersion).
const apiVersion = "2010-04-01"

// CallParams returns the standard parameters of a call (Twilio voice webhooks,
// "Twilio's request to your application").
func CallParams(c contract.CallInfo) url.Values {
	v := url.Values{}
	v.Set("CallSid", string(c.SID))
	v.Set("AccountSid", string(c.Account))
	v.Set("From", c.From)
	v.Set("To", c.To)
	v.Set("Caller", c.From)
	v.Set("Called", c.To)
	v.Set("CallStatus", string(c.Status))
	v.Set("ApiVersion", apiVersion)
	v.Set("Direction", string(c.Direction))
	setIf(v, "CallerName", c.Caller)
	setIf(v, "ForwardedFrom", c.Forwarded)
	setIf(v, "ParentCallSid", string(c.Parent))
	setIf(v, "ApplicationSid", string(c.Application))
	setIf(v, "SipDomain", c.SIPDomain)
	setIf(v, "SipCallId", c.SIPCallID)
	if c.SIPCallID != "" { // a browser's call is none of SIP's
		setIf(v, "SipSourceIp", c.SourceIP)
	}
	for name, value := range c.Headers {
		v.Set("SipHeader_"+name, value)
	}
	return v
}

// Standard reports whether a parameter of that name is one of CallParams, whether
// or not a given call has it: nobody else may say it.
func Standard(name string) bool {
	switch name {
	case "CallSid", "AccountSid", "From", "To", "Caller", "Called", "CallStatus", "ApiVersion", "Direction",
		"CallerName", "ForwardedFrom", "ParentCallSid", "ApplicationSid", "SipDomain", "SipCallId", "SipSourceIp":
		return true
	}
	return strings.HasPrefix(name, "SipHeader_")
}

// ConferenceParams returns the standard parameters of a request for a conference
// that no call makes; what is known of the conference is added by who makes it.
func ConferenceParams(account contract.AccountSID) url.Values {
	return url.Values{"AccountSid": {string(account)}, "ApiVersion": {apiVersion}}
}

// EventParams returns the form that tells of an event: a conference's (Twilio
// <Conference> statusCallback) or a call's (Twilio Call resource,
// StatusCallback).
func EventParams(e contract.Event) url.Values {
	if e.Conference != nil {
		return conferenceParams(e)
	}
	return progressParams(e)
}

// conferenceParams is a row of the table in Twilio <Conference> statusCallback.
func conferenceParams(e contract.Event) url.Values {
	c := e.Conference
	v := url.Values{}
	v.Set("ConferenceSid", string(c.SID))
	v.Set("FriendlyName", c.FriendlyName)
	v.Set("AccountSid", string(c.Account))
	v.Set("SequenceNumber", strconv.Itoa(e.Sequence))
	v.Set("Timestamp", date(e.Time))
	v.Set("StatusCallbackEvent", string(e.Type))
	if e.Type == contract.EventConferenceEnd {
		setIf(v, "CallSidEndingConference", string(c.CallEnding))
		if e.Participant != nil { // here: whose leaving ended it
			setIf(v, "ParticipantLabelEndingConference", e.Participant.Label)
		}
		v.Set("ReasonConferenceEnded", string(c.ReasonEnded))
		v.Set("Reason", reasons[c.ReasonEnded])
		return v
	}
	if p := e.Participant; p != nil {
		v.Set("CallSid", string(p.Call))
		v.Set("Muted", strconv.FormatBool(p.Muted))
		v.Set("Hold", strconv.FormatBool(p.Hold))
		v.Set("Coaching", strconv.FormatBool(p.Coaching))
		v.Set("EndConferenceOnExit", strconv.FormatBool(p.EndOnExit))
		v.Set("StartConferenceOnEnter", strconv.FormatBool(p.StartOnEnter))
		setIf(v, "ParticipantLabel", p.Label)
		setIf(v, "CallSidToCoach", string(p.CallToCoach))
	}
	if e.Type == contract.EventParticipantLeave {
		v.Set("ParticipantCallStatus", string(e.CallStatus))
		v.Set("ReasonParticipantLeft", string(e.LeaveReason))
	}
	setIf(v, "AnnounceUrl", e.AnnounceURL)
	setIf(v, "ReasonAnnouncementFailed", e.AnnounceFailure)
	return v
}

// reasons are sentences for people; programs read ReasonConferenceEnded.
var reasons = map[contract.EndReason]string{
	contract.EndedByAPI:             "Conference ended via API",
	contract.EndedByLastKicked:      "Last participant was kicked",
	contract.EndedByLastLeft:        "Last participant left the conference",
	contract.EndedByModeratorKicked: "Participant with end-conference-on-exit was kicked",
	contract.EndedByModeratorLeft:   "Participant with end-conference-on-exit left the conference",
	contract.EndedByRestart:         "The server was restarted",
}

// progressParams is a call progress event (Twilio Call resource,
// StatusCallback).
func progressParams(e contract.Event) url.Values {
	c := e.Call
	if c == nil {
		return url.Values{}
	}
	v := CallParams(*c)
	switch e.Type { // the status of the event, whatever the call has become since
	case contract.EventCallInitiated:
		v.Set("CallStatus", string(contract.CallInitiated))
	case contract.EventCallRinging:
		v.Set("CallStatus", string(contract.CallRinging))
	case contract.EventCallAnswered:
		v.Set("CallStatus", string(contract.CallInProgress))
	case contract.EventCallCompleted:
		d := c.Duration(e.Time)
		v.Set("CallDuration", strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10))
		v.Set("Duration", strconv.FormatInt(int64((d+time.Minute-1)/time.Minute), 10)) // minutes, rounded up
		if c.SIPCode != 0 {
			v.Set("SipResponseCode", strconv.Itoa(c.SIPCode))
		}
	}
	v.Set("Timestamp", date(e.Time))
	v.Set("CallbackSource", "call-progress-events")
	v.Set("SequenceNumber", strconv.Itoa(e.Sequence))
	return v
}

// date is a time as the contract writes it: RFC 2822, in UTC as +0000.
func date(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

// setIf sets a parameter that is left out when it is not known.
func setIf(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}
