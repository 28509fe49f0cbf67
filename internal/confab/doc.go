// Package confab is the wiring: it puts the switch together from its parts
// (New), runs it until it is told to stop (Run), and takes it down again in
// the opposite order. The configuration is one struct, Config, from which the
// file, the flags and the environment are all read. What the parts do is their
// own matter; what is decided here is who knows whom.
package confab
