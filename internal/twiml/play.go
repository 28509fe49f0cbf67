package twiml

// Play plays a sound file, or digits (Twilio <Play>).
type Play struct {
	URL    string // relative to the document; empty when Digits or Audio is set
	Digits string // keys 0-9 A-D # *, w waits 0.5 s and W 1 s; empty: play URL
	Loop   int    // times; 0 is until hangup, at most MaxLoop

	// Audio is set, with its MIME type, when the answer to a fetch was not a
	// document but a sound file: this is it, and URL is empty.
	Audio     []byte
	AudioType string
}

// Element returns "Play".
func (*Play) Element() string { return "Play" }
