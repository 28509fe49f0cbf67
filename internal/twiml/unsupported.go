package twiml

// Unsupported is a verb of the contract, or a noun inside <Dial>, that is known
// and cannot be run yet. Whoever comes upon it warns with 13750 and goes on.
type Unsupported struct {
	Name string // of the element
}

// Element returns the name.
func (u *Unsupported) Element() string { return u.Name }
