package confab

import (
	"fmt"
	"net/url"
	"strings"

	"confab/internal/contract"
)

// DefaultNumber is the number that every switch has until it is told others.
const DefaultNumber = "+15550100"

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Number is an incoming number and the application that owns it.
type Number struct {
	Number               string `yaml:"number" arg:"" help:"What is dialled: E.164 (+15550100), any user part of a SIP URI (reception), or * for every number that is not listed."`
	FriendlyName         string `yaml:"friendly_name" placeholder:"TEXT" help:"A name for people."`
	VoiceURL             string `yaml:"voice_url" placeholder:"URL" help:"The application that is asked what to do with a call. Empty: the built-in conference line."`
	VoiceMethod          string `yaml:"voice_method" placeholder:"METHOD" help:"POST (the default) or GET."`
	VoiceFallbackURL     string `yaml:"voice_fallback_url" placeholder:"URL" help:"Asked when voice_url fails."`
	VoiceFallbackMethod  string `yaml:"voice_fallback_method" placeholder:"METHOD" help:"POST (the default) or GET."`
	StatusCallback       string `yaml:"status_callback" placeholder:"URL" help:"Told when a call to this number has ended."`
	StatusCallbackMethod string `yaml:"status_callback_method" placeholder:"METHOD" help:"POST (the default) or GET."`
}

// Info returns the number as the switch knows it, without a SID.
func (n Number) Info() contract.NumberInfo {
	return contract.NumberInfo{
		Number: n.Number, FriendlyName: n.FriendlyName,
		VoiceURL: n.VoiceURL, VoiceMethod: n.VoiceMethod,
		FallbackURL: n.VoiceFallbackURL, FallbackMethod: n.VoiceFallbackMethod,
		StatusCallback: n.StatusCallback, StatusMethod: n.StatusCallbackMethod,
	}
}

// Validate says what is wrong with the number or its application, in one line.
func (n Number) Validate() error {
	if err := validNumber(n.Number); err != nil {
		return err
	}
	for _, u := range []struct{ key, url, method string }{
		{"voice_url", n.VoiceURL, n.VoiceMethod},
		{"voice_fallback_url", n.VoiceFallbackURL, n.VoiceFallbackMethod},
		{"status_callback", n.StatusCallback, n.StatusCallbackMethod},
	} {
		if err := ValidURL(u.url); err != nil {
			return fmt.Errorf("%s: %w", u.key, err)
		}
		if u.method != "" && u.method != "GET" && u.method != "POST" {
			return fmt.Errorf("%s: method %q is neither GET nor POST", u.key, u.method)
		}
	}
	return nil
}

// NumberInfos returns the configured numbers as the switch knows them.
func (c *Config) NumberInfos() []contract.NumberInfo {
	infos := make([]contract.NumberInfo, len(c.Numbers))
	for i, n := range c.Numbers {
		infos[i] = n.Info()
		infos[i].FromConfig = true
	}
	return infos
}

func (c *Config) validNumbers() error {
	seen := map[string]bool{}
	for i, n := range c.Numbers {
		if err := n.Validate(); err != nil {
			return fmt.Errorf("numbers[%d]: %w", i, err)
		}
		if seen[n.Number] {
			return fmt.Errorf("numbers[%d]: %q is listed twice", i, n.Number)
		}
		seen[n.Number] = true
	}
	return nil
}

// validNumber says what is wrong with a number that a caller would dial: it is
// E.164, any user part of a SIP URI, or "*" for every number not listed.
func validNumber(number string) error {
	switch {
	case number == "*", validE164(number):
		return nil
	case number != "" && number[0] == '+':
		return fmt.Errorf("number %q is not E.164: a + and up to 15 digits, such as +15550100", number)
	case !validUser(number):
		return fmt.Errorf("number %q is neither E.164 (+15550100), nor the user part of a SIP URI (reception), nor *", number)
	}
	return nil
}

// ValidURL says what is wrong with the URL of an application. An empty one is
// right: there is none.
func ValidURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is not an http or https URL such as https://example.com/voice", text)
	}
	return nil
}

// validE164: ITU-T E.164 §6.1: fifteen digits at most, none of them a leading zero.
func validE164(s string) bool {
	return len(s) >= 3 && len(s) <= 16 && s[0] == '+' && s[1] != '0' && strings.Trim(s[1:], digits) == ""
}

// validUser: RFC 3261 §25.1: user, with a bound of our own on its length.
func validUser(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, digits+letters+"-_.!~*'()&=+$,;?/%") == ""
}
