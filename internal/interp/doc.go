// Package interp runs documents on a live call: it is the customer's hand on it.
//
// The loop in run.go fetches a document, parses it and runs its verbs, one file
// per verb, named as its parse half in package twiml. A verb never fetches: it
// says what is next (see next), and the loop fetches. What is wrong with a
// document is a warning on the call, and the document goes on.
//
// A call has one interpreter at a time, on the goroutine of its handler; while
// its caller waits in a conference, the wait document runs there too (prompt.go).
package interp
