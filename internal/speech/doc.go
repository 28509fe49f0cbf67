// Package speech turns text into frames: engines behind one interface, and a
// speaker that knows Twilio's voices and keeps on disk what was said once.
package speech
