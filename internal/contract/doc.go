// Package contract holds the nouns that all packages share: SIDs, statuses,
// snapshots, events, causes and error codes. They are values; the package has
// no logic beyond making SIDs and asking a value what it is, and imports
// nothing of the project.
package contract
