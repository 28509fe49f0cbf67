package contract

import "fmt"

// Code is a documented numeric error or warning code (Twilio error and warning
// dictionary).
type Code int

// The codes that the switch raises.
const (
	CodeConcurrency      Code = 10004 // as many calls live as may
	CodeURL              Code = 11100 // not an http or https URL
	CodeRetrieval        Code = 11200 // HTTP retrieval failure
	CodeConnect          Code = 11205 // could not connect
	CodeProtocol         Code = 11206 // the answer is not HTTP
	CodeHostName         Code = 11210 // host name unknown or malformed
	CodeTooManyRedirects Code = 11215
	CodeTLS              Code = 11220 // TLS handshake
	CodeCertificateName  Code = 11235 // certificate of another host
	CodeCertificateTime  Code = 11236 // certificate expired or not valid yet
	CodeCertificateChain Code = 11237 // certificate of no trusted authority
	CodeBodyTooLarge     Code = 11750
	CodeEmptyBody        Code = 11770
	CodeParse            Code = 12100 // not well-formed XML
	CodeXMLVersion       Code = 12101
	CodeRoot             Code = 12102 // root is not <Response>
	CodeSchema           Code = 12200 // unknown element or attribute
	CodeContentType      Code = 12300
	CodeConferenceMixed  Code = 13000 // Conference beside another noun
	CodeDialInWhisper    Code = 13201 // Dial in a document that a called one hears before being connected
	CodeDialMethod       Code = 13210
	CodeDialTimeout      Code = 13212
	CodeHangupOnStar     Code = 13213
	CodeDialNested       Code = 13215
	CodeTimeLimit        Code = 13216
	CodeDialRecord       Code = 13217
	CodeMuted            Code = 13230
	CodeEndOnExit        Code = 13231
	CodeStartOnEnter     Code = 13232
	CodeWaitURL          Code = 13233
	CodeWaitMethod       Code = 13234
	CodeBeep             Code = 13235
	CodeConferenceName   Code = 13237
	CodeWaitVerb         Code = 13238 // verb not allowed in wait, hold or announce documents
	CodeCoach            Code = 13240
	CodeFinishOnKey      Code = 13310
	CodeGatherMethod     Code = 13312
	CodeGatherTimeout    Code = 13313
	CodeNumDigits        Code = 13314
	CodeGatherNested     Code = 13320
	CodeGatherInput      Code = 13326
	CodeActionOnEmpty    Code = 13338
	CodePlayLoop         Code = 13410
	CodePlayType         Code = 13420
	CodePlayDigits       Code = 13430
	CodeSayLoop          Code = 13510
	CodeSayVoice         Code = 13511
	CodeSayLanguage      Code = 13512
	CodeSayEmpty         Code = 13520
	CodeSayTooLong       Code = 13521
	CodeRedirectMethod   Code = 13710
	CodeUnsupportedVerb  Code = 13750
	CodeRejectReason     Code = 13810
	CodePauseLength      Code = 13910
	CodeCallbackWarning  Code = 15003
	CodeActionRelative   Code = 15004 // a URL in a document that has none itself must be absolute
	CodeNotBridged       Code = 16001 // a call did not get into its conference
	CodeConferenceAttr   Code = 16002 // bad conference attributes
	CodeEventDelivery    Code = 16011 // a conference event could not be delivered
	CodeConferenceFull   Code = 16020
	CodeLabelInvalid     Code = 16023
	CodeNoConference     Code = 16022 // no such conference, or it has ended
	CodeLabelDuplicate   Code = 16025
	CodeCoachHeld        Code = 16027 // who is to be coached is on hold
	CodeCoachAbsent      Code = 16028 // who is to be coached is not in the conference
	CodeConferenceStatus Code = 16099 // not possible in the conference's status
	CodeInternalDocument Code = 12400
	CodeNotFoundREST     Code = 20404
	CodeAuthenticateREST Code = 20003
	CodeMethodREST       Code = 20004
	CodeNotServedREST    Code = 20001
	CodeParameterREST    Code = 20001 // a parameter cannot be read
	CodePageSizeREST     Code = 20007 // page size too large
	CodeNotCompleteREST  Code = 20009 // cannot be deleted before it is complete
	CodeFriendlyNameREST Code = 20002
	CodeTooManyREST      Code = 20429
	CodeInternalREST     Code = 20500
	CodeToMissing        Code = 21201
	CodeURLREST          Code = 21205 // a parameter is not a URL, or there is none
	CodeHTTPMethodREST   Code = 21209 // a parameter is not GET or POST
	CodeToInvalid        Code = 21211
	CodeFromInvalid      Code = 21212
	CodeFromMissing      Code = 21213
	CodeNotInProgress    Code = 21220 // the call is not live
)

// Error is what may leave the building: a documented code and a sentence for
// the customer. Err is for our own logs and is never shown.
type Error struct {
	Code    Code
	Message string
	Err     error

	// Exchange is the request that failed, or whose answer is wrong; nil when it
	// is about none.
	Exchange *Exchange
}

// Error returns the code, the message and the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%d: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
