// Package archtest holds the house to its plan: which package may import which,
// where each outside library may be used, how a package presents itself, and
// what no file may hold. The rules are tests that parse the sources themselves,
// so they cannot be answered from the test cache of an older tree.
package archtest
