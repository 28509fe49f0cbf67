// Package signal is where browsers sign in, call and are called: a WebSocket that
// speaks the protocol of Twilio's Voice SDK ("PStream" 1.6, JSON in text frames). A
// browser shows an access token, whose identity it then is; it may register, to be
// called as client:IDENTITY; and its calls are legs (leg.Leg), whose voice is a
// peer's.
//
// A leg outlives its socket: while its voice goes on, the page may come back with
// another socket and take it up again. What is said to a socket never waits: who reads
// too slowly is cut off.
package signal
