// Package phone is a caller: a SIP user agent with a voice plane of its own,
// that calls, plays sounds and keys into a call, and has ears. It is what
// `confab call` and the demo speak with, and the far end in tests.
//
// It knows nothing of the switch: it says and hears what any SIP phone would.
package phone
