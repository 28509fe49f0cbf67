// Package call is the life of one call: a leg that came in and the number that it
// called, or a leg that was dialled (order.go), the script that runs on it, and its
// end. It numbers and journals the
// call's events and answers for its limits. What a script does is its Handler's
// business; it knows no document, no HTTP and no conference.
//
// A call owns one goroutine that watches over it and one that runs its Handler;
// one that is made, before its answer, one that dials.
// Calls waits for both.
package call
