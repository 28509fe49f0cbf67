package story

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"confab/internal/mask"
)

// Traced is a message of signalling as it passed.
type Traced struct {
	At        time.Time
	Sent      bool   // by us
	Transport string // udp, tcp or ws
	Local     netip.AddrPort
	Remote    netip.AddrPort
	Raw       []byte // it must not be changed afterwards
}

// heardMessage is one that waits to be masked and written.
type heardMessage struct {
	Traced
	again bool
}

// Trace takes a message of a dialog, by its Call-ID, or of a browser's call, by
// its SID. It is told to whichever call is of that Call-ID, then or later; one that begins no call, and belongs to
// none, is let go. Nothing waits for it: it is masked when it is written.
func (b *Book) Trace(callID string, m Traced) {
	if b == nil || callID == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.dialogs[callID]
	if t == nil {
		if m.Transport != "ws" && !bytes.HasPrefix(m.Raw, []byte("INVITE ")) {
			return
		}
		if b.unbound >= maxUnbound || len(b.calls) >= maxStories {
			b.leftOut["message"]++
			return
		}
		t = &telling{callID: callID}
		b.dialogs[callID] = t
		b.unbound++
	}
	t.heard = m.At
	if code := statusOf(m.Raw); code >= 200 && t.final < 200 && inviteSeq(m.Raw) {
		t.final = code
	}
	if !b.room(len(m.Raw)) {
		b.leftOut["message"]++
		t.leftOut.SIP++
		return
	}
	heard := heardMessage{m, t.again(sumOf(b.seed, m))}
	t.count.messages++
	t.count.sip += len(m.Raw)
	if t.count.messages > maxMessages || t.count.sip > maxSIP {
		t.last.messages = append(t.last.messages, heard)
		b.later(t, heard.size())
		if len(t.last.messages) > maxLast {
			b.later(t, -t.last.messages[0].size())
			t.last.messages = slices.Delete(t.last.messages, 0, 1)
			b.leftOut["message"]++
			t.leftOut.SIP++
		}
		return
	}
	t.raw.messages = append(t.raw.messages, heard)
	b.grown(t, heard.size())
}

func (m heardMessage) size() int { return len(m.Raw) + 200 }

// statusOf returns the status of a response of SIP; 0 of anything else.
func statusOf(raw []byte) int {
	if len(raw) < 12 || !bytes.HasPrefix(raw, []byte("SIP/2.0 ")) {
		return 0
	}
	code, err := strconv.Atoi(string(raw[8:11]))
	if err != nil {
		return 0
	}
	return code
}

// inviteSeq reports whether a response answers an INVITE: by CSeq, in whatever
// spelling.
func inviteSeq(raw []byte) bool {
	head := raw[:min(len(raw), 8<<10)]
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte{'\n'})
		head = rest
		if len(line) > 5 && bytes.EqualFold(line[:4], []byte("cseq")) {
			return bytes.HasSuffix(bytes.TrimSpace(line), []byte("INVITE"))
		}
	}
	return false
}

// sumOf returns the sum by which a message that comes again is known.
func sumOf(seed maphash.Seed, m Traced) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	if m.Sent {
		h.WriteByte(1)
	}
	h.Write(m.Raw)
	return h.Sum64()
}

// maxPassed is how many messages are looked back at: retransmissions follow
// closely.
const maxPassed = 32

// again reports whether a message of that sum has passed before.
func (t *telling) again(sum uint64) bool {
	if slices.Contains(t.passed, sum) {
		return true
	}
	if len(t.passed) == maxPassed {
		t.passed = slices.Delete(t.passed, 0, 1)
	}
	t.passed = append(t.passed, sum)
	return false
}

// shown returns m masked, as it is kept.
func (m heardMessage) shown() Message {
	text := ""
	if m.Transport == "ws" {
		text = mask.Text(string(m.Raw))
	} else {
		text = mask.SIP(m.Raw)
	}
	out := Message{At: Time{m.At}, Direction: Received, Transport: m.Transport, Again: m.again, From: where(m.Remote), To: where(m.Local)}
	if m.Sent {
		out.Direction, out.From, out.To = Sent, out.To, out.From
	}
	out.Text = valid(text)
	if len(out.Text) > maxMessage {
		out.Cut = len(out.Text) - maxMessage
		out.Text = valid(out.Text[:maxMessage])
	}
	return out
}

func where(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
