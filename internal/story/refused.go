package story

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"confab/internal/contract"
)

// maxRefusals is how many refused calls are kept in a minute: what scans for
// numbers must not fill the disk.
const maxRefusals = 30

// bucket gives out so many in a minute.
type bucket struct {
	left int
	full time.Time // when it was last filled
}

func (k *bucket) take(now time.Time) bool {
	if now.Sub(k.full) >= time.Minute {
		k.left, k.full = maxRefusals, now
	}
	if k.left == 0 {
		return false
	}
	k.left--
	return true
}

// refused tells of a call that came in and was refused before it became one;
// ok is false of anything else.
func (t *telling) refused() (c contract.CallInfo, ok bool) {
	if t.final < 300 || len(t.raw.messages) == 0 {
		return c, false
	}
	first := t.raw.messages[0]
	head := string(first.Raw[:min(len(first.Raw), 16<<10)])
	line, head, found := strings.Cut(head, "\n")
	if first.Sent || !found || !strings.HasPrefix(line, "INVITE ") {
		return c, false
	}
	c = contract.CallInfo{SID: contract.NewCallSID(), Direction: contract.Inbound, Status: contract.CallFailed, Created: first.At, Ended: t.heard,
		SIPCode: t.final, SIPCallID: t.callID, SourceIP: first.Remote.Addr().String(), Cause: contract.CauseFailed}
	if to := strings.Fields(line); len(to) == 3 {
		c.To, c.SIPDomain = parts(to[1])
	}
	caller, address := nameAddr(field(head, "from", "f"))
	c.Caller = valid(caller)
	c.From, _ = parts(address)
	switch t.final {
	case 404, 480, 604:
		c.Cause = contract.CauseNotFound
	case 486, 600:
		c.Cause, c.Status = contract.CauseBusy, contract.CallBusy
	case 487:
		c.Cause, c.Status = contract.CauseCanceled, contract.CallCanceled
	case 488, 606:
		c.Cause = contract.CauseNoCodec
	case 503:
		c.Cause = contract.CauseOverload
	}
	return c, true
}

// field returns the value of a header field of SIP, by either of its names; empty
// when it is not there.
func field(head, long, short string) string {
	for len(head) > 0 {
		line, rest, _ := strings.Cut(head, "\n")
		head = rest
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		switch {
		case strings.TrimSpace(line) == "":
			return ""
		case ok && (strings.EqualFold(name, long) || strings.EqualFold(name, short)):
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// nameAddr returns the display name, without its quotes, and the address of a From
// (RFC 3261 §25.1, name-addr or addr-spec). What is quoted may be anything, "<" too; a
// quotation that does not end is taken as it is.
func nameAddr(value string) (name, address string) {
	if !strings.HasPrefix(value, `"`) {
		name, _, ok := strings.Cut(value, "<")
		if !ok {
			return "", value
		}
		return strings.TrimSpace(name), value[len(name):]
	}
	var said strings.Builder
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '"':
			return said.String(), strings.TrimSpace(value[i+1:])
		case '\\': // RFC 3261 §25.1, quoted-pair
			if i++; i == len(value) {
				return said.String(), ""
			}
		}
		said.WriteByte(value[i])
	}
	return said.String(), ""
}

// parts returns the user and the host of the first URI in a text, the password
// and the parameters left out.
func parts(text string) (user, host string) {
	if i := strings.IndexByte(text, '<'); i >= 0 {
		text = text[i+1:]
	}
	_, text, ok := strings.Cut(text, ":")
	if !ok {
		return "", ""
	}
	if i := strings.IndexAny(text, ">; \t"); i >= 0 && !bytes.ContainsRune([]byte(text[:i]), '@') && text[i] != ';' {
		text = text[:i]
	}
	user, host, ok = strings.Cut(text, "@")
	if !ok {
		user, host = text, ""
		if i := strings.IndexAny(user, ">;? \t"); i >= 0 {
			user = user[:i]
		}
		return valid(user), ""
	}
	user, _, _ = strings.Cut(user, ":")
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	if i := strings.IndexAny(host, ">;? \t"); i >= 0 {
		host = host[:i]
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return valid(user), valid(strings.Trim(host, "[]"))
}
