// Package e2e calls the real program with real phones: sipp for what signalling
// must withstand, baresip and our own phone for voice; with the built-in line
// behind it, and one written as its author would, in Node. What callers hear is
// listened to: the words of the line, and each other's tones.
//
// A phone that writes its own address into its SDP gets a network namespace of
// the test's own, for which it needs the rights of root. Where a right or a tool
// is missing a test is skipped with a clear word, unless CONFAB_REQUIRE_TOOLS is
// set: then it fails.
package e2e
