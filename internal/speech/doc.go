// Package speech turns text into frames: engines behind one interface, cached.
//
// A Speaker knows the voices and languages of Twilio <Say> and what each comes
// to, has a text spoken once however many ask for it, and keeps the sound on
// disk. An Engine speaks: espeak-ng, as a process for each text, where Find finds
// it installed; or the tones that tests use. Where there is neither, Say gives
// ErrNoEngine, and callers may play Beep.
package speech
