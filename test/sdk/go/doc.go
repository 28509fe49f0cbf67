// Package sdk tries the switch with Twilio's own library for Go, as an
// application does that has moved: the real program, asked over HTTP by
// twilio-go alone, with calls that the program's own phone makes.
//
// It is a module of its own because that library is large, and it sees nothing
// of the switch but what everybody sees.
package sdk
