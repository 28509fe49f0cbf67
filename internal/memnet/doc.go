// Package memnet is a network in memory, for tests: UDP sockets, TCP listeners
// and connections that keep the manners of a kernel's (ports allotted, address
// in use, deadlines, connection refused, full buffers) and never touch one, so
// that a whole program runs on it inside a testing/synctest bubble: whatever
// blocks on it blocks durably, and the bubble's clock goes on.
//
// Paths between addresses may lose, delay, reorder and repeat packets (Shape);
// what they do is decided by a seed and by the order of packets on each path,
// not by the order in which goroutines happen to run.
package memnet
