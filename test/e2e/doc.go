// Package e2e calls the real program with real phones: sipp for what signalling
// must withstand, baresip for voice, and an application written as its author
// would, in Node. Where a tool is missing its tests are skipped with a clear word,
// unless CONFAB_REQUIRE_TOOLS is set: then a missing tool is a failure.
package e2e
