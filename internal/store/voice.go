package store

// VoiceChange is what is to be changed of what numbers and applications both
// have; what is nil stays.
type VoiceChange struct {
	FriendlyName                 *string
	VoiceURL, VoiceMethod        *string
	FallbackURL, FallbackMethod  *string
	StatusCallback, StatusMethod *string
}

// voiceChanges sets the columns to what args returns: NULL leaves one as it is.
const voiceChanges = `friendly_name = COALESCE(?, friendly_name), voice_url = COALESCE(?, voice_url),
	voice_method = COALESCE(?, voice_method), fallback_url = COALESCE(?, fallback_url),
	fallback_method = COALESCE(?, fallback_method), status_callback = COALESCE(?, status_callback),
	status_method = COALESCE(?, status_method)`

func (c VoiceChange) args() []any {
	return []any{c.FriendlyName, c.VoiceURL, c.VoiceMethod, c.FallbackURL, c.FallbackMethod, c.StatusCallback, c.StatusMethod}
}
