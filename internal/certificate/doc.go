// Package certificate gives the HTTP server its certificate: one from files,
// read again when they change; one from an ACME authority for a domain; or one
// made here, for trying.
//
// It knows nothing of what is served. Private keys stay in the data directory,
// readable by its owner only, and are never logged.
package certificate
