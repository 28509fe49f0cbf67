package rtp

import (
	"errors"
	"time"
)

// ErrRTCP is the error of a malformed RTCP packet.
var ErrRTCP = errors.New("rtp: malformed RTCP packet")

// SenderReport is the sender's part of an SR (RFC 3550 §6.4.1).
type SenderReport struct {
	NTP       uint64 // 64-bit NTP time; see NTP
	Timestamp uint32 // the same moment in RTP timestamp
	Packets   uint32
	Octets    uint32 // of payload
}

// ReceptionReport is a report block of an SR or RR (RFC 3550 §6.4.1).
type ReceptionReport struct {
	SSRC         uint32 // the stream reported on
	FractionLost uint8  // 256ths since the last report
	Lost         int32  // 24 bits, signed
	Highest      uint32 // extended highest sequence number received
	Jitter       uint32 // timestamp units
	LSR          uint32 // middle 32 bits of the last SR's NTP time; 0: none yet
	DLSR         uint32 // since then, in 65536ths of a second
}

// NTP returns t as 64-bit NTP time (RFC 3550 §4).
func NTP(t time.Time) uint64 { return 0 }

// ReportSize is the largest that PutReport writes.
const ReportSize = 8 + 20 + 24 + 4 + 4 + 2 + 255 + 4

// PutReport writes a compound packet to b (ReportSize bytes) and returns its length: an SR when
// sent is not nil, else an RR; with a block when received is not nil; then an SDES with CNAME
// (at most 255 bytes of it).
func PutReport(b []byte, ssrc uint32, sent *SenderReport, received *ReceptionReport, cname string) int {
	return 0
}

// PutBye writes a BYE of ssrc to b (8 bytes), to be appended to a report, and returns its length.
func PutBye(b []byte, ssrc uint32) int { return 0 }

// Report is what a compound RTCP packet says to us.
type Report struct {
	SSRC     uint32          // of who sent it
	Sent     SenderReport    // valid when HasSent
	HasSent  bool            // it holds an SR
	About    ReceptionReport // the block about us; valid when HasAbout
	HasAbout bool
	CNAME    []byte // aliases the bytes parsed; nil when absent
	Bye      bool   // the sender leaves
}

// ParseReport reads a compound RTCP packet (RFC 3550 §6.1, A.2), looking for the report block on
// stream about (our SSRC). Unknown packet types are passed over.
func ParseReport(b []byte, about uint32) (Report, error) { return Report{}, ErrRTCP }

// RoundTrip returns the time to the far end and back, from its report block on our stream that came at now.
// RFC 3550 §6.4.1: A − LSR − DLSR. ok is false when the block names no SR of ours or makes no sense.
func RoundTrip(now time.Time, r ReceptionReport) (d time.Duration, ok bool) { return 0, false }
