// Package logtest looks through what is logged in tests for secrets. Whatever a
// test logs goes to a Log, or is given to Secrets.In afterwards; what is found is
// a failure, and is shown with the secret masked.
package logtest
