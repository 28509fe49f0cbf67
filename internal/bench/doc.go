// Package bench loads a switch as a crowd of callers would and reports what it
// cost: a switch in a process of its own, real SIP and RTP from another, and in
// the same run the floor, the same packets merely echoed, so that a figure
// means something on any machine.
package bench
