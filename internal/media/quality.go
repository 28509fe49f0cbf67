package media

import (
	"time"

	"confab/internal/rtp"
)

// heard sums up what a far end sounded like, for those who ask afterwards. It
// costs a few additions per packet that is listened to.
type heard struct {
	speech, quiet    uint64 // sums of mean magnitudes
	speechFrames     uint64
	quietFrames      uint64
	samples, clipped uint64 // of every fourth frame of speech
	delay, maxDelay  time.Duration
	delays           uint64 // looks at the delay, a few a second
	deaf             bool   // the far end's reports say that nothing of ours comes
	named            uint32 // packets sent when a report last had a block on them
}

// unheardLooks is for how many looks nothing must have come before it is said
// that nothing comes: five seconds.
const unheardLooks = 20

// deafAfter is how many packets must have been sent since our stream was last named by a
// report, when one does not name it, that it means that none comes: ten seconds.
const deafAfter = 500

// reported takes a report of the far end, when so many packets of ours are sent.
// RFC 3550 §6.4: it has a block on each stream of which something was received
// since its last report. Chromium sends some without any in between.
func (h *heard) reported(r rtp.Report, sent uint32) {
	if r.HasAbout {
		h.named = sent
		h.deaf = sent >= deafAfter && r.About.FractionLost == 255
		return
	}
	h.deaf = sent-h.named >= deafAfter
}

// listened takes note of a packet of that mean magnitude.
func (h *heard) listened(level int, loud bool) {
	if loud {
		h.speech += uint64(level)
		h.speechFrames++
		return
	}
	h.quiet += uint64(level)
	h.quietFrames++
}

// full is the magnitude from which on a sample counts as cut off: the last step
// but one of G.711, whose top is 32,124 (µ-law) and 32,256 (A-law).
const full = 31100

// decoded looks at a frame of speech, one of four.
func (h *heard) decoded(frame []int16) {
	if h.speechFrames%4 != 0 {
		return
	}
	h.samples += uint64(len(frame))
	for _, v := range frame {
		if v >= full || v <= -full {
			h.clipped++
		}
	}
}

// waited takes note of how long packets wait now.
func (h *heard) waited(d time.Duration) {
	h.delay += d
	h.delays++
	h.maxDelay = max(h.maxDelay, d)
}

// levelOf is the level (dBov) of so many frames with that sum of mean
// magnitudes; 0 where there were none.
func levelOf(sum, frames uint64) float64 {
	if frames == 0 {
		return 0
	}
	return dbov(int(sum / frames))
}

func share(of, all uint64) float64 {
	if all == 0 {
		return 0
	}
	return float64(of) / float64(all)
}

func mean(sum time.Duration, n uint64) time.Duration {
	if n == 0 {
		return 0
	}
	return sum / time.Duration(n)
}
