// Package store keeps what must not be forgotten: the journal of events and the
// records of calls, conferences, participants, warnings and numbers, in one
// SQLite file with one write path; and, beside it, the account's credentials.
//
// The journal and the records are one thing: an event and the rows that follow
// from it are committed in the same transaction, by one goroutine, in the order
// of [Store.Append]. Append never blocks; whoever must not speak before a fact
// is durable asks [Store.Wait]; whoever must hear of everything pulls by
// position ([Store.Tail], [Store.More]).
//
// One process at a time owns a data directory ([Open]); others may read and
// change numbers in it meanwhile ([OpenShared]).
package store
