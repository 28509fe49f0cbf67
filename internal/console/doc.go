// Package console is the switch's page for people: the files that a browser
// loads, and the sign-in that opens the API to it.
//
// It has no door of its own. What the page shows and does goes through the
// public API; a session is accepted there instead of credentials, and what it
// may do there is for the API to say (see api.Sessions).
package console
