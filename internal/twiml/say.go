package twiml

// Say reads text aloud (Twilio <Say>). Its text is what is to be spoken, with
// white space around it trimmed and the tags of SSML taken away; a <sub> is read
// as its alias.
type Say struct {
	Text     string
	Voice    string // as written; empty: the house voice
	Language string // as written; empty: the voice's own, or en-US
	Loop     int    // times; 0 is until hangup, at most MaxLoop
}

// Element returns "Say".
func (*Say) Element() string { return "Say" }
