package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The bounds of what Parse reads.
const (
	MaxSize    = 16 << 10 // bytes of a description
	MaxStreams = 16       // media lines
	maxFormats = 64       // formats of one media line
)

// ErrSyntax is wrapped by every error of Parse.
var ErrSyntax = errors.New("not a session description")

// Description is a session description as it was received: what of it matters
// for one voice stream. It is immutable.
type Description struct {
	timing  string // value of the first t= line
	bundles bool   // it has a group of BUNDLE (RFC 9143)
	streams []stream
}

// stream is one media line and the lines under it.
type stream struct {
	media, proto string
	port         int
	formats      []string // as in the media line, in its order of preference

	connection        // its own, or the session's
	direction         direction
	ptime, maxptime   int // milliseconds; 0: not given
	rtpmaps           map[string]rtpmap
	fmtps             map[string]string // parameters by format
	rtcpPort          int               // RFC 3605; 0: not given
	rtcpAddr          netip.Addr
	rtcpMux           bool
	directionExplicit bool
	said
}

// connection is a c= line.
type connection struct {
	given bool
	addr  netip.Addr // zero when the line has a name
}

type rtpmap struct {
	name     string
	clock    int
	channels int
}

// Parse reads a description (RFC 8866 §5). It is lenient where nothing is lost
// by it: lines may end in LF alone, unknown lines and attributes are passed
// over, and o=, s= and t= may be missing. Errors wrap ErrSyntax.
func Parse(b []byte) (Description, error) {
	var d Description
	if len(b) > MaxSize {
		return d, fmt.Errorf("%w: %d bytes > %d", ErrSyntax, len(b), MaxSize)
	}
	var (
		session stream // of which only what media lines inherit is read
		current = &session
		first   = true
	)
	for line := range strings.SplitSeq(string(b), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return Description{}, fmt.Errorf("%w: line %.40q", ErrSyntax, line)
		}
		kind, value := line[0], line[2:]
		if first {
			// RFC 8866 §5.1: the first line is v=0.
			if line != "v=0" {
				return Description{}, fmt.Errorf("%w: begins with %.40q", ErrSyntax, line)
			}
			first = false
			continue
		}
		var err error
		switch kind {
		case 't':
			if d.timing == "" {
				d.timing = timing(value)
			}
		case 'c':
			current.connection, err = parseConnection(value)
		case 'm':
			if len(d.streams) == MaxStreams {
				return Description{}, fmt.Errorf("%w: more than %d media lines", ErrSyntax, MaxStreams)
			}
			var s stream
			s, err = parseMedia(value)
			d.streams = append(d.streams, s)
			current = &d.streams[len(d.streams)-1]
		case 'a':
			current.attribute(value)
			d.bundles = d.bundles || current == &session && strings.HasPrefix(value, "group:BUNDLE")
		}
		if err != nil {
			return Description{}, err
		}
	}
	if first {
		return d, fmt.Errorf("%w: empty", ErrSyntax)
	}
	for i := range d.streams {
		d.streams[i].inherit(&session)
	}
	return d, nil
}

// Streams returns how many media lines there are.
func (d Description) Streams() int { return len(d.streams) }

// parseMedia reads the value of an m= line (RFC 8866 §5.14):
// <media> <port>["/"<number of ports>] <proto> <fmt> …
func parseMedia(value string) (stream, error) {
	f := strings.Fields(value)
	if len(f) < 4 || len(f) > 3+maxFormats {
		return stream{}, fmt.Errorf("%w: media line %.40q", ErrSyntax, value)
	}
	number, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return stream{}, fmt.Errorf("%w: port in media line %.40q", ErrSyntax, value)
	}
	return stream{media: f[0], port: int(port), proto: f[2], formats: f[3:], rtpmaps: make(map[string]rtpmap), fmtps: make(map[string]string)}, nil
}

// parseConnection reads the value of a c= line (RFC 8866 §5.7).
func parseConnection(value string) (connection, error) {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" {
		return connection{}, fmt.Errorf("%w: connection line %.40q", ErrSyntax, value)
	}
	host, _, _ := strings.Cut(f[2], "/") // a TTL, of multicast addresses only
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return connection{given: true}, nil // a name: the far end's address is learnt from what it sends
	}
	return connection{given: true, addr: addr.WithZone("").Unmap()}, nil
}

// timing returns the value of a t= line as an answer may repeat it: two
// numbers (RFC 8866 §5.9), or nothing.
func timing(value string) string {
	f := strings.Fields(value)
	if len(f) != 2 {
		return ""
	}
	for _, n := range f {
		if _, err := strconv.ParseUint(n, 10, 64); err != nil {
			return ""
		}
	}
	return f[0] + " " + f[1]
}

// attribute reads the value of an a= line. One that makes no sense is as good
// as absent (RFC 8866 §5.13: unknown ones are ignored).
func (s *stream) attribute(value string) {
	key, value, _ := strings.Cut(value, ":")
	switch key {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		s.direction, s.directionExplicit = directionOf(key), true
	case "ptime":
		s.ptime = milliseconds(value)
	case "maxptime":
		s.maxptime = milliseconds(value)
	case "rtcp-mux":
		s.rtcpMux = true
	case "rtcp":
		s.rtcp(value)
	case "rtpmap":
		s.rtpmap(value)
	case "fmtp":
		s.fmtp(value)
	default:
		s.said.attribute(key, value)
	}
}

// rtcp reads a=rtcp (RFC 3605 §2.1): <port> [IN <IP4|IP6> <address>].
func (s *stream) rtcp(value string) {
	f := strings.Fields(value)
	if len(f) == 0 {
		return
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil {
		return
	}
	s.rtcpPort = int(port)
	if len(f) == 4 {
		if addr, err := netip.ParseAddr(f[3]); err == nil {
			s.rtcpAddr = addr.WithZone("").Unmap()
		}
	}
}

// rtpmap reads a=rtpmap (RFC 8866 §6.6): <payload type> <name>/<clock>[/<channels>].
func (s *stream) rtpmap(value string) {
	if s.rtpmaps == nil || len(s.rtpmaps) == maxFormats {
		return // above the first media line, or too many
	}
	pt, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		return
	}
	f := strings.Split(strings.TrimSpace(rest), "/")
	if len(f) < 2 {
		return
	}
	clock, err := strconv.ParseUint(f[1], 10, 31)
	if err != nil {
		return
	}
	m := rtpmap{name: f[0], clock: int(clock), channels: 1}
	if len(f) > 2 {
		n, err := strconv.ParseUint(f[2], 10, 8)
		if err != nil {
			return
		}
		m.channels = int(n)
	}
	s.rtpmaps[pt] = m
}

// fmtp reads a=fmtp (RFC 8866 §6.15): <format> <parameters>.
func (s *stream) fmtp(value string) {
	if s.fmtps == nil || len(s.fmtps) == maxFormats {
		return // above the first media line, or too many
	}
	if format, parameters, ok := strings.Cut(strings.TrimSpace(value), " "); ok {
		s.fmtps[format] = strings.TrimSpace(parameters)
	}
}

// inherit takes from the session what the media line does not say itself.
func (s *stream) inherit(session *stream) {
	if !s.given {
		s.connection = session.connection
	}
	if !s.directionExplicit {
		s.direction = session.direction
	}
	if s.ptime == 0 {
		s.ptime = session.ptime
	}
	if s.maxptime == 0 {
		s.maxptime = session.maxptime
	}
	s.rtcpMux = s.rtcpMux || session.rtcpMux
	s.said.inherit(&session.said)
}

// milliseconds reads a packet duration. What is no whole number of them
// between 1 and 1000 is as good as absent.
func milliseconds(value string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil || n < 1 || n > 1000 {
		return 0
	}
	return int(n)
}
