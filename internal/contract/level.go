package contract

import "slices"

// Level says how grave a notice is (Twilio Notification resource, Log).
type Level int

// The levels.
const (
	LevelError   Level = 0 // a document or a call could not go on as it was told to
	LevelWarning Level = 1 // it went on
)

// errorCodes are the codes after which something was not done (Twilio error and
// warning dictionary, log level ERROR); all others are warnings.
var errorCodes = [...]Code{
	CodeURL, CodeRetrieval, CodeConnect, CodeProtocol, CodeHostName, CodeTooManyRedirects, CodeTLS,
	CodeCertificateName, CodeCertificateTime, CodeCertificateChain, CodeBodyTooLarge, CodeEmptyBody,
	CodeParse, CodeXMLVersion, CodeRoot, CodeContentType, CodeInternalDocument,
	CodeConferenceMixed, CodeEndOnExit, CodeWaitVerb, CodeCoach, CodeSayVoice, CodeSayLanguage,
	CodeNotBridged, CodeConferenceAttr, CodeEventDelivery, CodeConferenceFull, CodeLabelInvalid, CodeLabelDuplicate,
	CodeNoConference, CodeCoachHeld, CodeCoachAbsent, CodeConferenceStatus,
}

// Level returns the level at which notices of the code are logged.
func (c Code) Level() Level {
	if slices.Contains(errorCodes[:], c) {
		return LevelError
	}
	return LevelWarning
}

// ErrorCodes returns the codes of LevelError.
func ErrorCodes() []Code { return slices.Clone(errorCodes[:]) }
