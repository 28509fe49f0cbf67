// Package line is the conference line: a caller is greeted, keys an access code
// and stands in the conference of that code. It is an ordinary TwiML application
// over HTTP with its own store of rooms, and knows nothing of calls, voice or the
// switch: it runs inside the same binary, as a process of its own, or for Twilio.
//
//	/voice  ─ welcome ─▶ /gather ◀─ no key for 10 s, counted ─┐
//	                       │  │ └──────────────────────────────┘
//	                 digits│  └─ 3 silent rounds ─▶ goodbye
//	                       ▼
//	                     /join ─ right ─▶ the conference
//	                       │ └── 3 wrong codes ─▶ goodbye
//	                       └──── wrong, counted ─▶ /gather
//
// The two counts travel in the query of the addresses that its documents name.
// Whoever calls cannot change them: they are part of the address, the switch
// signs the address, and a request without that signature is refused. So the
// line keeps nothing between requests, forgets nothing when it restarts, and
// several of it may run side by side.
package line
