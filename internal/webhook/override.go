package webhook

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// limits are how long a request may take and when it is made again (Twilio
// "Webhooks: connection overrides": the parameters of a URL's fragment).
type limits struct {
	connect time.Duration // ct: until the connection stands, TLS included
	read    time.Duration // rt: for each wait for the answer's bytes
	total   time.Duration // tt: for all of it, retries and redirects too
	retries int           // rc
	on      failures      // rp
	said    bool          // rc or rp was given: that is the policy, and no other
}

// failures is a set of the ways in which a request fails.
type failures uint8

const (
	failConnect failures = 1 << iota // rp=ct: no connection, or TLS failed
	failRead                         // rp=rt: the answer did not come in time
	fail4xx
	fail5xx
	failAny = failConnect | failRead | fail4xx | fail5xx
)

// defaults are what holds where a fragment says nothing.
func defaults() limits {
	return limits{connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second, retries: 1, on: failConnect}
}

// overrides returns the limits that a URL's fragment asks for. What it does not
// say, or says outside the documented range, or in other words, stays as it is;
// so a fragment of another purpose does no harm.
func overrides(fragment string) limits {
	l := defaults()
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return l
	}
	millis := func(name string, min, max int, to *time.Duration) {
		if n, err := strconv.Atoi(values.Get(name)); err == nil && n >= min && n <= max {
			*to = time.Duration(n) * time.Millisecond
		}
	}
	millis("ct", 100, 10_000, &l.connect)
	millis("rt", 100, 15_000, &l.read)
	millis("tt", 100, 15_000, &l.total)
	if n, err := strconv.Atoi(values.Get("rc")); err == nil && n >= 0 && n <= 5 {
		l.retries, l.said = n, true
	}
	if on, ok := retryOn(values.Get("rp")); ok {
		l.on, l.said = on, true
	}
	return l
}

// retryOn reads the words of rp; ok is false when one of them is unknown.
func retryOn(words string) (on failures, ok bool) {
	if words == "" {
		return 0, false
	}
	for word := range strings.SplitSeq(words, ",") {
		switch strings.TrimSpace(word) {
		case "ct":
			on |= failConnect
		case "rt":
			on |= failRead
		case "4xx":
			on |= fail4xx
		case "5xx":
			on |= fail5xx
		case "all":
			on |= failAny
		default:
			return 0, false
		}
	}
	return on, true
}
