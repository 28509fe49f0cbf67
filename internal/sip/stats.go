package sip

// Stats is a snapshot of what a Server holds and has counted.
type Stats struct {
	Dialogs     int // live
	Lingering   int // ended, absorbing retransmissions
	Connections int // TCP

	Received  uint64 // messages read, before the limiter
	Sent      uint64 // messages written
	Limited   uint64 // dropped by the limiter
	Malformed uint64 // could not be read as SIP
	Refused   uint64 // calls refused at a bound, or while draining
	Overrun   uint64 // messages dropped because a dialog's queue was full
	Stray     uint64 // responses and ACKs that belong to nothing
	SlowPeers uint64 // TCP connections closed because they did not read
	Panics    uint64 // recovered; each ended its dialog
}
