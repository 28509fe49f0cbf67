package rtp

import "time"

// Receiver keeps the statistics of one stream as received (RFC 3550 A.1, A.3, A.8).
type Receiver struct{}

// Init makes r ready for a stream of clockRate Hz.
func (r *Receiver) Init(clockRate int) {}

// Push counts packet p, which came at arrival. Another SSRC starts anew.
func (r *Receiver) Push(arrival time.Duration, p Packet) {}

// SenderReport remembers a report of the stream's sender, which came at arrival.
func (r *Receiver) SenderReport(arrival time.Duration, sr SenderReport) {}

// Report makes the report block for the stream as of now; the fraction lost is
// since the last Report. ok is false when nothing has been received yet.

func (r *Receiver) Report(now time.Duration) (block ReceptionReport, ok bool) {
	return ReceptionReport{}, false
}

// ReceiverStats is what a Receiver has counted.
type ReceiverStats struct {
	SSRC     uint32
	Received uint64        // packets
	Lost     int64         // RFC 3550 A.3; may be negative when packets were duplicated
	Jitter   time.Duration // RFC 3550 A.8
}

// Stats returns the counts, of all SSRCs heard so far.
func (r *Receiver) Stats() ReceiverStats { return ReceiverStats{} }
