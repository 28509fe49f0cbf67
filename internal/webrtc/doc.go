// Package webrtc is the transport of browsers, and of whoever else speaks
// DTLS-SRTP: it finds the way to a far end by ICE, agrees with it on keys by
// DTLS, and writes and reads the offers and answers that say so. What it finds out
// it tells the media session; the voice itself never passes through here, it stays
// on the media loops.
//
// We are the lite side of ICE (RFC 8445 §2.5): we answer checks and send none, so
// there is no gathering, no pacing and no timer. STUN and DTLS reach us
// by the side door of the loop's secure port (RFC 7983), one goroutine for each
// loop.
package webrtc
