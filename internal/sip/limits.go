package sip

import "time"

// Limits bounds what far ends can make the server hold. Zero fields take the
// default of the table below, which also says what happens at the bound.
type Limits struct {
	SourceRate   int           // messages per second and source IP, outside of known dialogs
	SourceBurst  int           // of them at once
	GlobalRate   int           // messages per second in all, outside of known dialogs
	GlobalBurst  int           // of them at once
	Dialogs      int           // live at a time
	Lingering    int           // ended, kept to absorb retransmissions
	Backlog      int           // messages waiting for one dialog
	Connections  int           // TCP
	PerSource    int           // TCP connections of one source IP
	MessageSize  int           // bytes of one message over TCP
	MessageTime  time.Duration // for one message to arrive whole over TCP
	Idle         time.Duration // a TCP connection that no dialog uses
	WriteBacklog int           // messages waiting for a TCP connection
	WriteTime    time.Duration // for one write to a TCP connection
	Ring         time.Duration // an inbound call that is neither answered nor refused
}
