// Package interp runs documents on a live call: it is the customer's hand on it.
//
// The loop in run.go fetches a document, parses it and runs its verbs, one file
// per verb, named as its parse half in package twiml. A verb never fetches: it
// says what is next (see next), and the loop fetches. What is wrong with a
// document is a warning on the call, and the document goes on.
//
// A call has one interpreter at a time, on the goroutine of its handler; while
// its caller waits in a conference or is held, those documents run there too.
// Announcements run on goroutines of the conference's (prompt.go), those to a
// whole conference for no call at all (announce.go).
package interp
