package browser

import "testing"

// Signing in and out, by credentials and by link; what a stranger's page cannot do.
func TestSignIn(t *testing.T) {
	story(t, "sign-in")
}

// What each role sees, and what it is refused.
func TestRoles(t *testing.T) {
	story(t, "roles")
}

// Every button of a conference's card: its event, and who is heard by whom after it.
func TestNow(t *testing.T) {
	story(t, "now")
}

// A browser is rung by the button of a conference's card, and answers, or does not.
func TestRing(t *testing.T) {
	story(t, "ring")
}

// The story of the four, as the timeline draws it.
func TestTimeline(t *testing.T) {
	story(t, "timeline")
}

// Every page, light and dark, wide and narrow: what axe finds, what the policy
// refuses, and a picture of each in output/.
func TestPages(t *testing.T) {
	story(t, "pages")
}

// The same on a phone, where nothing scrolls sideways but the panes that are meant to.
func TestHand(t *testing.T) {
	story(t, "hand")
}

// Every page without a mouse.
func TestKeyboard(t *testing.T) {
	story(t, "keyboard")
}

// story plays the story of that name at a switch of its own.
func story(t *testing.T, name string) {
	t.Helper()
	need(t)
	s := newStage(t)
	s.play(name, s.sw.Origin())
}
