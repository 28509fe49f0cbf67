// Package story keeps what happened to each call, for who asks afterwards: the
// messages of its signalling, the documents that were fetched, the verbs that
// ran, what was keyed, what its voice was like. What must not be kept (codes,
// credentials, keys) is masked before it gets here or on the way in; how much
// is kept is bounded; and nobody who tells of something ever waits.
package story
