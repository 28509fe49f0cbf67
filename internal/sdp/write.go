package sdp

import (
	"bytes"
	"strconv"
)

// writer writes a description, line by line.
type writer struct{ buf bytes.Buffer }

// newWriter writes the session's lines (RFC 8866 §5). timing is the value of
// the offer's t= line, which an answer repeats (RFC 3264 §6); empty means none.
func newWriter(l Local, timing string) *writer {
	if timing == "" {
		timing = "0 0"
	}
	family := " IN IP4 "
	if l.Address.Addr().Is6() {
		family = " IN IP6 "
	}
	host := l.Address.Addr().String()
	w := &writer{}
	w.line("v=0")
	w.line("o=- ", strconv.FormatUint(l.ID, 10), " ", strconv.FormatUint(l.Version, 10), family, host)
	w.line("s=-")
	w.line("c=", family[1:], host)
	w.line("t=", timing)
	return w
}

func (w *writer) bytes() []byte { return w.buf.Bytes() }

func (w *writer) line(parts ...string) {
	for _, p := range parts {
		w.buf.WriteString(p)
	}
	w.buf.WriteString("\r\n")
}

// formats returns the format list of the media line that answers with a.
func (w *writer) formats(a Agreed) string {
	list := strconv.Itoa(int(a.PayloadType))
	if a.DTMF != 0 {
		list += " " + strconv.Itoa(int(a.DTMF))
	}
	return list
}

// agreed writes the attributes of the stream that answers with a.
func (w *writer) agreed(a Agreed, l Local) {
	for _, f := range l.Formats {
		if f.Fits(a) {
			f.Parameters, _ = f.answer(a.Parameters)
			w.format(a.PayloadType, f)
			break
		}
	}
	if a.DTMF != 0 {
		w.telephoneEvent(a.DTMF, a.DTMFClock)
	}
	w.ptime(l)
	if a.RTCPMux {
		w.line("a=rtcp-mux")
	}
	// RFC 3264 §6.1: the answer mirrors the offer's direction.
	w.line("a=", directionFor(a.Send, a.Receive).String())
}

// format writes the attributes of f at payload type pt.
func (w *writer) format(pt uint8, f Format) {
	w.rtpmap(pt, f.Name, f.Clock, f.Channels)
	if f.Parameters != "" {
		w.line("a=fmtp:", strconv.Itoa(int(pt)), " ", f.Parameters)
	}
}

func (w *writer) rtpmap(pt uint8, name string, clock, channels int) {
	line := "a=rtpmap:" + strconv.Itoa(int(pt)) + " " + name + "/" + strconv.Itoa(clock)
	if channels > 1 { // RFC 8866 §6.6: one may be left out
		line += "/" + strconv.Itoa(channels)
	}
	w.line(line)
}

func (w *writer) telephoneEvent(pt uint8, clock int) {
	w.rtpmap(pt, telephoneEvent, clock, 1)
	w.line("a=fmtp:", strconv.Itoa(int(pt)), " ", dtmfEvents)
}

func (w *writer) ptime(l Local) {
	if l.PTime > 0 {
		w.line("a=ptime:", strconv.FormatInt(l.PTime.Milliseconds(), 10))
	}
}

func port(l Local) string { return strconv.Itoa(int(l.Address.Port())) }
