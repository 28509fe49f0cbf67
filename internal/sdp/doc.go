// Package sdp makes and reads session descriptions (RFC 8866) and answers
// offers by the rules of RFC 3264: one voice stream, G.711 and
// telephone-event, everything else refused in its place.
//
// It owns the text and the negotiation. It knows no socket and no dialog: what
// was agreed leaves as the value Agreed, and what is to be said of ourselves
// comes as the value Local.
package sdp
