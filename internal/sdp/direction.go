package sdp

// direction is who may send, as the one who wrote the description sees it
// (RFC 8866 §6.7). Its zero value is sendrecv, which is what no attribute means.
type direction int

const (
	sendrecv direction = iota
	sendonly
	recvonly
	inactive
)

func (d direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d]
}

func (d direction) sends() bool    { return d == sendrecv || d == sendonly }
func (d direction) receives() bool { return d == sendrecv || d == recvonly }

// directionOf returns the direction of that name; sendrecv when there is none.
func directionOf(name string) direction {
	for _, d := range []direction{sendonly, recvonly, inactive} {
		if d.String() == name {
			return d
		}
	}
	return sendrecv
}

// directionFor returns the direction of one who sends and receives as said.
func directionFor(send, receive bool) direction {
	switch {
	case send && receive:
		return sendrecv
	case send:
		return sendonly
	case receive:
		return recvonly
	}
	return inactive
}
