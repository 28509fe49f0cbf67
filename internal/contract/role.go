package contract

import "slices"

// Role is how much somebody may do over the API: each one includes those before
// it.
type Role string

// The roles.
const (
	RoleLook       Role = "look"       // read what is no secret
	RoleModerate   Role = "moderate"   // and act on live calls and conferences
	RoleAdminister Role = "administer" // and change what stands: numbers, keys, the account
)

// roles are the roles, each including those before it.
var roles = [...]Role{RoleLook, RoleModerate, RoleAdminister}

// Roles returns the roles, each including those before it.
func Roles() []Role { return slices.Clone(roles[:]) }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(roles[:], r) }

// Includes reports whether who has r may do what takes need. A role that is none
// includes nothing, and nothing includes it.
func (r Role) Includes(need Role) bool {
	has, needs := slices.Index(roles[:], r), slices.Index(roles[:], need)
	return has >= 0 && needs >= 0 && has >= needs
}
