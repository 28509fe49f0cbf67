package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"confab/internal/contract"
	"confab/internal/store"
)

// maxName is the longest name of a number, an application, a caller ID or a key,
// in characters (Twilio Application resource, FriendlyName).
const maxName = 64

// name reads FriendlyName; nil when it is not given.
func (p *params) name() *string {
	name := p.optional("FriendlyName", p.text)
	if name != nil && utf8.RuneCountInString(*name) > maxName {
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeFriendlyNameREST, message: "FriendlyName is longer than 64 characters"})
	}
	return name
}

// optional reads a parameter that may be missing, which says to leave something
// as it is, or empty, which says to clear it.
func (p *params) optional(name string, read func(name string) string) *string {
	if !p.given(name) {
		return nil
	}
	value := read(name)
	return &value
}

// voice reads what numbers and applications both have.
func (p *params) voice() store.VoiceChange {
	return store.VoiceChange{
		FriendlyName: p.name(),
		VoiceURL:     p.optional("VoiceUrl", p.url), VoiceMethod: p.optional("VoiceMethod", p.method),
		FallbackURL: p.optional("VoiceFallbackUrl", p.url), FallbackMethod: p.optional("VoiceFallbackMethod", p.method),
		StatusCallback: p.optional("StatusCallback", p.url), StatusMethod: p.optional("StatusCallbackMethod", p.method),
	}
}

// unserved are the parameters of numbers and applications that a switch of
// voice, which owns its numbers, has nothing for; is is the value that asks for
// nothing.
var unserved = [...]struct{ name, is string }{
	{"ApiVersion", apiVersion},
	{"SmsApplicationSid", ""}, {"SmsUrl", ""}, {"SmsMethod", "POST"}, {"SmsFallbackUrl", ""}, {"SmsFallbackMethod", "POST"},
	{"SmsStatusCallback", ""}, {"MessageStatusCallback", ""},
	{"VoiceCallerIdLookup", "false"}, {"VoiceReceiveMode", "voice"}, {"PublicApplicationConnectEnabled", "false"},
	{"TrunkSid", ""}, {"EmergencyStatus", "Inactive"}, {"EmergencyAddressSid", ""},
	{"AddressSid", ""}, {"BundleSid", ""}, {"IdentitySid", ""},
}

// refuseUnserved refuses what would be an empty success.
func (p *params) refuseUnserved() {
	for _, u := range unserved {
		if v := p.text(u.name); v != "" && !strings.EqualFold(v, u.is) {
			p.fail(notServed("%s is not served by this version of Confab", u.name))
		}
	}
}

// value is what an optional parameter says; empty when it is missing.
func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}
