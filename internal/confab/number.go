package confab

import (
	"fmt"
	"net/url"
	"strings"
)

// DefaultNumber is the number that every switch has until it is told others.
const DefaultNumber = "+15550100"

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Number is an incoming number and the application that owns it.
type Number struct {
	Number               string `yaml:"number" help:"What is dialled: E.164 (\"+15550100\"), any SIP user part (\"reception\"), or \"*\" for every number that is not listed."`
	FriendlyName         string `yaml:"friendly_name" help:"A name for people."`
	VoiceURL             string `yaml:"voice_url" help:"The application that is asked what to do with a call. Empty: the built-in conference line."`
	VoiceMethod          string `yaml:"voice_method" help:"POST (the default) or GET."`
	VoiceFallbackURL     string `yaml:"voice_fallback_url" help:"Asked when voice_url fails."`
	VoiceFallbackMethod  string `yaml:"voice_fallback_method" help:"POST (the default) or GET."`
	StatusCallback       string `yaml:"status_callback" help:"Told when a call to this number has ended."`
	StatusCallbackMethod string `yaml:"status_callback_method" help:"POST (the default) or GET."`
}

func (c *Config) validNumbers() error {
	seen := map[string]bool{}
	for i, n := range c.Numbers {
		where := fmt.Sprintf("numbers[%d]", i)
		if err := ValidNumber(n.Number); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if seen[n.Number] {
			return fmt.Errorf("%s: %q is listed twice", where, n.Number)
		}
		seen[n.Number] = true
		for _, u := range []struct{ key, url, method string }{
			{"voice", n.VoiceURL, n.VoiceMethod},
			{"voice_fallback", n.VoiceFallbackURL, n.VoiceFallbackMethod},
			{"status_callback", n.StatusCallback, n.StatusCallbackMethod},
		} {
			if err := ValidURL(u.url); err != nil {
				return fmt.Errorf("%s: %s: %w", where, u.key, err)
			}
			if u.method != "" && u.method != "GET" && u.method != "POST" {
				return fmt.Errorf("%s: %s method: %q is neither GET nor POST", where, u.key, u.method)
			}
		}
	}
	return nil
}

// ValidNumber says what is wrong with a number that a caller would dial: it is
// E.164, any user part of a SIP URI, or "*" for every number not listed.
func ValidNumber(number string) error {
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
