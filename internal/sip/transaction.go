package sip

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// The timer values of RFC 3261 §17, table 4.
const (
	timerT1   = 500 * time.Millisecond // estimate of the round trip
	timerT2   = 4 * time.Second        // longest interval between retransmissions
	timerT4   = 5 * time.Second        // how long a message stays in the network
	timer64T1 = 64 * timerT1           // timers B, F, H, J, L, M
	timerD    = 32 * time.Second       // wait for retransmitted answers, over UDP
)

// errTimeout is what a client transaction ends with that was never answered.
var errTimeout = errors.New("no answer")

// sender is what a transaction sends on.
type sender interface {
	send(b []byte) error
	reliable() bool // it does not lose messages: nothing is repeated on it
}

// The states of the transactions (RFC 3261 §17, RFC 6026 §7).
type txState int

const (
	txCalling txState = iota // client INVITE; Trying in the others
	txProceeding
	txAccepted // INVITE, a 2xx has been sent or received (RFC 6026)
	txCompleted
	txConfirmed // server INVITE
	txTerminated
)

// serverKey identifies a server transaction (RFC 3261 §17.2.3).
type serverKey struct{ branch, sentBy, method string }

// key returns the server transaction that r belongs to: an ACK to that of its
// INVITE.
func (r *request) key() serverKey {
	method := r.method
	if method == "ACK" {
		method = "INVITE"
	}
	branch := r.branch()
	if len(branch) <= len(magicCookie) || !strings.HasPrefix(branch, magicCookie) {
		// RFC 3261 §17.2.3: a sender of RFC 2543 is known by all of this. To is
		// left out: an ACK has our tag there, the INVITE has not.
		branch = strings.Join([]string{r.uri.String(), r.from.tag, r.callID, strconv.Itoa(int(r.cseq)), r.get("via")}, "\n")
	}
	return serverKey{branch, strings.ToLower(r.via.Host) + ":" + strconv.Itoa(int(portOr(r.via.Port))), method}
}

// clientKey identifies a client transaction (RFC 3261 §17.1.3).
type clientKey struct{ branch, method string }

// key returns the client transaction that r answers.
func (r *response) key() clientKey { return clientKey{r.branch(), r.cseqMethod} }
