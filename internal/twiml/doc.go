// Package twiml turns documents into typed verbs and nouns, and writes them
// too. It runs nothing: it fetches no address, resolves no relative one, and
// knows no call.
//
// Parse is forgiving in the way of the contract. What is not well-formed XML, or
// has no <Response> at its root, is a *ParseError. Anything else that is wrong
// (an unknown element, a bad value) is a Warning with the documented code: the
// default is used and the document runs. Verbs of the contract that the
// package has no type for come back as Unsupported, in their place.
//
// A verb and its execution share a file name: gather.go here says what a
// <Gather> is, gather.go of the interpreter what it does.
package twiml
