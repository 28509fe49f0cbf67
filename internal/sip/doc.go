// Package sip turns SIP dialogs into legs, both ways: it is the switch's door
// for phones and trunks, and the phone that `confab call`, the demo and the
// load tests call with.
//
// It owns the transports (UDP and TCP on one address), the limiter that stands
// before the parser, the transactions of RFC 3261 §17 (as RFC 6026 corrects
// them), the dialogs of §12 and the legs upon them. The text of messages is
// read by sipgo's parser; no type of it leaves the package. What is said about
// voice is package sdp's, the voice itself is package media's, and what a call
// does is decided by the Handler.
//
// Every dialog is one goroutine with a queue: messages, timers and what the
// owner of the leg asks for happen there one after the other, in the order in
// which they came, so nothing in a dialog is locked and a BYE never overtakes
// an ACK that came before it.
package sip
