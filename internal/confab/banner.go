package confab

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"confab/internal/api"
	"confab/internal/certificate"
	"confab/internal/line"
)

// bannerRooms is how many rooms the banner shows; of more it tells how many.
const bannerRooms = 4

// banner writes what somebody needs to know who has just started the switch:
// what to dial, what to key, where the API is, and what is amiss.
func (s *Switch) banner(ctx context.Context, to io.Writer) error {
	rooms, err := s.rooms.List(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprint(&b, "\nConfab is on the line.\n\n")
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-12s%s\n", name, fmt.Sprintf(format, args...))
	}
	sip := reached(s.SIP())
	number, err := s.number(ctx)
	if err != nil {
		return err
	}
	if number == "" {
		row("Dial", "nothing yet: %s number add NUMBER", s.cfg.Program)
	} else {
		row("Dial", "sip:%s@%s from any SIP phone", number, sip)
	}
	row("Rooms", "%s", roomList(rooms, s.cfg.Program))
	if number != "" {
		row("Try", "%s call sip:%s@%s --digits %s", s.cfg.Program, number, sip, trialDigits(rooms))
	}
	row("Codecs", "%s", strings.Join(s.codecs, ", "))
	fmt.Fprintln(&b)
	if s.cfg.Console.Serve {
		link, note, err := s.consoleLink(ctx)
		if err != nil {
			return err
		}
		row("Console", "%s%s", link, note)
	}
	row("API", "%s%s", s.Origin(), api.Root)
	row("AccountSid", "%s", s.account.SID)
	row("AuthToken", "%s", s.tokenPlace())
	if self, ok := s.certificate.(*certificate.Self); ok {
		row("Certificate", "made here: your browser will ask; compare its SHA-256")
		row("", "%s", self.Fingerprint())
	}
	if a := s.Debug(); a != nil {
		row("Profiles", "http://%s/debug/pprof/", a)
	}
	row("Webhooks", "%s", s.policyWords())
	for _, w := range s.warnings {
		row("Note", "%s", w)
	}
	fmt.Fprintln(&b)
	_, err = io.WriteString(to, b.String())
	return err
}

// number is one to dial that reaches the built-in line, if any does.
func (s *Switch) number(ctx context.Context) (string, error) {
	numbers, err := s.store.Numbers(ctx)
	if err != nil || len(numbers) == 0 {
		return "", err
	}
	number := numbers[0].Number
	for _, n := range numbers {
		if n.VoiceURL == "" && n.Application == "" {
			number = n.Number
		}
	}
	if number == "*" {
		number = DefaultNumber // as good as any
	}
	return number, nil
}

// reached is where a server that listens on a can be reached from this machine.
func reached(a netip.AddrPort) netip.AddrPort {
	if a.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
	}
	return a
}

// roomList is "conference 1 (123#), conference 2 (456#), Monday; codes: confab
// room list". What starts the switch may keep what it prints: no codes but those
// of the sample rooms stand there.
func roomList(rooms []line.Room, program string) string {
	if len(rooms) == 0 {
		return "none yet: " + program + " room add NAME"
	}
	var parts []string
	hidden := false
	for _, r := range rooms {
		switch {
		case r.Closed || len(parts) == bannerRooms:
		case r.Sample():
			parts = append(parts, fmt.Sprintf("%s (%s#)", r.Name, r.Code))
		default:
			parts, hidden = append(parts, r.Name), true
		}
	}
	more := len(rooms) - len(parts)
	if more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	list := strings.Join(parts, ", ")
	if more > 0 || hidden {
		list += "; codes: " + program + " room list"
	}
	return list
}

// trialDigits keys a code: the line takes it while it still greets.
func trialDigits(rooms []line.Room) string {
	for _, r := range rooms {
		if !r.Closed && r.Sample() {
			return `"` + r.Code + `#"`
		}
	}
	return `"CODE#"`
}

func (s *Switch) tokenPlace() string {
	if s.cfg.Account.AuthToken != "" {
		return "as configured"
	}
	return "in " + s.store.AccountFile()
}

func (s *Switch) policyWords() string {
	w, words := s.cfg.Webhook, "may go to public hosts"
	if w.AllowPrivate {
		words += ", private networks"
	}
	if len(w.Allow) > 0 {
		words += ", " + w.Allow.String()
	}
	if !w.AllowLoopback {
		return words + "; not to this machine"
	}
	return words + " and this machine"
}
