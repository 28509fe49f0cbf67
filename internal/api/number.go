package api

import (
	"context"
	"strings"

	"confab/internal/contract"
)

// numbers looks up the numbers of calls, each once for a request.
type numbers struct {
	ctx   context.Context
	api   *API
	known map[string]contract.NumberSID
}

func (a *API) numbers(ctx context.Context) numbers {
	return numbers{ctx, a, make(map[string]contract.NumberSID)}
}

// of returns the SID of the number that was called; empty when it is not ours,
// or no longer.
func (n numbers) of(c contract.CallInfo) contract.NumberSID {
	if c.Number == "" {
		return ""
	}
	sid, ok := n.known[c.Number]
	if !ok {
		info, _, err := n.api.cfg.Store.Number(n.ctx, c.Number)
		if err != nil {
			n.api.log.Debug("number not looked up", "number", c.Number, "err", err)
		}
		if info.Number == c.Number {
			sid = info.SID
		}
		n.known[c.Number] = sid
	}
	return sid
}

// formatted is a number as people of its country write it, where that is known:
// the North American plan's (Twilio Call resource, to_formatted).
func formatted(number string) any {
	digits, ok := strings.CutPrefix(number, "+1")
	if !ok || len(digits) != 10 || strings.Trim(digits, "0123456789") != "" {
		return text(number)
	}
	return "(" + digits[:3] + ") " + digits[3:6] + "-" + digits[6:]
}
