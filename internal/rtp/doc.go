// Package rtp knows the packets of one voice stream: it parses and writes RTP
// (RFC 3550 §5.1), puts packets in order and in time (Jitter), reads and makes
// keys pressed (RFC 4733: EventReceiver, EventSender), counts what arrived
// (Receiver) and reads and writes RTCP reports (RFC 3550 §6).
//
// It has no socket, no clock and no goroutine: times are handed in as a
// time.Duration since an epoch of the caller's choosing, the same for all
// calls on one value. No packet costs an allocation; memory is fixed and lives in
// the values, whose zero value needs Init where there is one. No value may be used
// by two goroutines at once.
package rtp
