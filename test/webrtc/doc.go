// Package webrtc holds tests in which far ends of another make (pion/webrtc) call:
// a module of its own, so that what they are made of is no dependency of the program.
package webrtc
