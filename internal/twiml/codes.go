package twiml

// The documented codes that this package raises (Twilio error and warning
// dictionary).
const (
	codeEmptyBody        = 11770
	codeParse            = 12100
	codeXMLVersion       = 12101
	codeRoot             = 12102
	codeSchema           = 12200
	codeContentType      = 12300
	codeConferenceMixed  = 13000
	codeDialMethod       = 13210
	codeDialTimeout      = 13212
	codeHangupOnStar     = 13213
	codeCallerID         = 13214
	codeDialNested       = 13215
	codeTimeLimit        = 13216
	codeDialRecord       = 13217
	codeSequential       = 13218
	codeAnswerOnBridge   = 13219
	codeRingTone         = 13220
	codeDialNumber       = 13223
	codeMuted            = 13230
	codeEndOnExit        = 13231 // error level
	codeStartOnEnter     = 13232
	codeWaitURL          = 13233
	codeWaitMethod       = 13234
	codeBeep             = 13235
	codeConferenceName   = 13237
	codeWaitVerb         = 13238
	codeTrim             = 13239 // error level
	codeCoach            = 13240 // error level
	codeTooManyNouns     = 13250
	codeRecordingURL     = 13256
	codeFinishOnKey      = 13310 // not a key
	codeFinishOnKeys     = 13311 // more than one
	codeGatherMethod     = 13312
	codeGatherTimeout    = 13313
	codeNumDigits        = 13314
	codeGatherNested     = 13320
	codeGatherInput      = 13326
	codeSpeechTimeout    = 13327
	codeMaxSpeechTime    = 13328
	codePartialMethod    = 13329
	codeHints            = 13330
	codeBargeIn          = 13332
	codeProfanityFilter  = 13333
	codeActionOnEmpty    = 13338
	codeGatherSayLoop    = 13322
	codePlayLoop         = 13410
	codePlayDigits       = 13430
	codeSayLoop          = 13510
	codeSayEmpty         = 13520
	codeSayTooLong       = 13521
	codeRedirectMethod   = 13710
	codeRejectReason     = 13810
	codePauseLength      = 13910
	codeConferenceAttr   = 16002 // error level
	codeParticipantLabel = 16023 // error level
)

// errorLevel are the codes of a conference's attributes that stop it from being
// joined: those that the dictionary calls errors, and a name that is none, for
// which there is no default.
var errorLevel = map[int]bool{
	codeEndOnExit:        true,
	codeConferenceName:   true,
	codeTrim:             true,
	codeCoach:            true,
	codeConferenceAttr:   true,
	codeParticipantLabel: true,
}
