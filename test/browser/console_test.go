package browser

import "testing"

// Signing in and out, by credentials and by link; what a stranger's page cannot do.
func TestSignIn(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("sign-in", s.sw.Origin())
}

// What each role sees, and what it is refused.
func TestRoles(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("roles", s.sw.Origin())
}

// Every button of a conference's card: its event, and who is heard by whom after it.
func TestNow(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("now", s.sw.Origin())
}

// A browser is rung by the button of a conference's card, and answers, or does not.
func TestRing(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("ring", s.sw.Origin())
}

// The story of the four, as the timeline draws it.
func TestTimeline(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("timeline", s.sw.Origin())
}

// Every page, light and dark, wide and narrow: what axe finds, what the policy
// refuses, and a picture of each in output/.
func TestPages(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("pages", s.sw.Origin())
}

// The same on a phone, where nothing scrolls sideways but the panes that are meant to.
func TestHand(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("hand", s.sw.Origin())
}

// Every page without a mouse.
func TestKeyboard(t *testing.T) {
	need(t)
	s := newStage(t)
	s.play("keyboard", s.sw.Origin())
}
