// Package acme holds tests in which the program gets its certificate of an authority of
// another make: Pebble, which the makers of Let's Encrypt test clients with. It is a
// module of its own, so that Pebble is no dependency of the program.
package acme
