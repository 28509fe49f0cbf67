// Package conference is the life of one conference and of its participants:
// who may come in, when it starts, what is heard until then, who leaves and why,
// when it ends; and the numbered events that tell of it. It mixes nothing: that
// is the bridge's work (package media). It knows calls only by their SID and
// their session.
//
// Join blocks until the participant leaves, on the goroutine of the caller's
// call; so a conference has no goroutine of its own but while it beeps or
// announces, and whoever stands in it is found in the stack of their call.
//
// The operator's hand (control.go, announce.go, coach.go) may be used from any
// goroutine at any time: what it does is in the snapshots and in the journal when
// it returns, and is heard as soon as the participant's goroutine, which it
// wakes, has told the bridge.
//
// Locks are taken in the order registry, conference, journal. Nothing is waited
// for under one: what takes time (music, joining and leaving the bridge) is done
// by each participant's own goroutine, woken when something changed for it.
package conference
