package sip

import (
	"fmt"
	"reflect"
	"time"
)

// Limits bounds what far ends can make the server hold and do. Zero fields
// take their default. What happens at each bound:
//
//	bound         default  at the bound
//	SourceRate    200/s    dropped without an answer, counted (Stats.Limited);
//	SourceBurst   400      a TCP connection is read more slowly instead
//	GlobalRate    4000/s   as above
//	GlobalBurst   4000     as above
//	DialogRate    50/s     what is above it passes the rates before, like a stranger's
//	DialogBurst   200      as above
//	(overload)    50 ms    a growing part of the INVITEs gets 503 with Retry-After, while all messages wait for longer than this
//	Dialogs       10000    an INVITE gets 503 with Retry-After; Dial fails with contract.CauseOverload
//	Lingering     20000    the dialog that ended first stops absorbing retransmissions
//	Backlog       64       a message for that dialog is dropped, counted (Stats.Overrun): its sender repeats it
//	Transactions  128      a request within the dialog gets 503, unless it is a BYE
//	Connections   1000     the connection idle for longest is closed; when all carry dialogs, the new one
//	PerSource     64       the new connection is closed
//	MessageSize   64 KiB   the connection is closed: the end of its message is not known
//	MessageTime   10 s     the connection is closed
//	Idle          2 min    the connection is closed
//	WriteBacklog  128      the connection is closed, counted (Stats.SlowPeers)
//	WriteTime     5 s      the connection is closed, counted (Stats.SlowPeers)
//	Ring          3 min    the call is refused with 480
//
// Known dialogs, heard from where their INVITE came from, pass DialogRate
// instead of the two rates; SourceRate does not bound Config.Trusted. What is refused at a rate or at Dialogs is refused
// without state: it costs no memory, and an answer is about as long as the
// request.
type Limits struct {
	SourceRate   int           // messages per second and source (an IPv4 address, an IPv6 /64)
	SourceBurst  int           // of them at once
	GlobalRate   int           // messages per second in all
	GlobalBurst  int           // of them at once
	DialogRate   int           // messages per second of one Call-ID that has a dialog
	DialogBurst  int           // of them at once
	Dialogs      int           // live at a time, both directions
	Lingering    int           // ended, kept to absorb retransmissions
	Backlog      int           // messages waiting for one dialog
	Transactions int           // requests of the far end that one dialog may still have to absorb
	Connections  int           // TCP
	PerSource    int           // TCP connections of one source
	MessageSize  int           // bytes of one message over TCP
	MessageTime  time.Duration // for one message to arrive whole over TCP
	Idle         time.Duration // a TCP connection that no dialog uses
	WriteBacklog int           // messages waiting for a TCP connection
	WriteTime    time.Duration // for one write to a TCP connection
	Ring         time.Duration // an inbound call neither answered nor refused
}

// defaultLimits is the table above.
func defaultLimits() Limits {
	return Limits{
		SourceRate:   200,
		SourceBurst:  400,
		GlobalRate:   4000,
		GlobalBurst:  4000,
		DialogRate:   50,
		DialogBurst:  200,
		Dialogs:      10000,
		Lingering:    20000,
		Backlog:      64,
		Transactions: 128,
		Connections:  1000,
		PerSource:    64,
		MessageSize:  64 << 10,
		MessageTime:  10 * time.Second,
		Idle:         2 * time.Minute,
		WriteBacklog: 128,
		WriteTime:    5 * time.Second,
		Ring:         3 * time.Minute,
	}
}

// retryAfter is what a 503 asks a caller to wait, in seconds (RFC 3261 §21.5.4).
const retryAfter = "5"

// withDefaults returns l with its zero fields filled.
func (l Limits) withDefaults() Limits {
	v, d := reflect.ValueOf(&l).Elem(), reflect.ValueOf(defaultLimits())
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			v.Field(i).Set(d.Field(i))
		}
	}
	return l
}

// validate refuses what cannot be meant.
func (l Limits) validate() error {
	v := reflect.ValueOf(l)
	for i := range v.NumField() {
		if n := v.Field(i).Int(); n < 0 {
			return fmt.Errorf("limit %s: %d is negative", v.Type().Field(i).Name, n)
		}
	}
	return nil
}
