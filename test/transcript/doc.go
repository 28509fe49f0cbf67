// Package transcript reads and plays transcripts: calls as text files. A file
// holds the documents that an application serves, and a timeline of what people
// do on the telephone and what must be seen and heard of it; docs/transcripts.md
// describes the language.
//
// People call over real SIP and RTP, the application is a real HTTP server, and
// the switch between them is the whole program: nothing of it is replaced, only
// its network. A file is played on two stages. On the first everything runs
// under a fake clock on a network in memory, where minutes take milliseconds
// and times are exact; on the second, on loopback, at the pace of the wall
// clock, beside other files, against one switch for all.
package transcript
