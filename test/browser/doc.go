// Package browser drives Debian's Chromium through the console of a real switch,
// with phones that really call. A test starts the switch, the phones and an
// application; the story itself is a module in stories/, run by Node.
package browser
