// Package call is the life of one call: a leg that came in, the number that it
// called, the script that runs on it, and its end. It numbers and journals the
// call's events and answers for its limits. What a script does is its Handler's
// business; it knows no document, no HTTP and no conference.
//
// A call owns one goroutine that watches over it and one that runs its Handler.
// Calls waits for both.
package call
