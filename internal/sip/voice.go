package sip

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"mime"
	"mime/multipart"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/sdp"
)

// dtmfPayload is the payload type of telephone-event that we offer; further clocks have
// those after it (RFC 3551 §6: dynamic ones are 96 to 127).
const dtmfPayload = 101

// voice is a dialog's side of offer and answer (RFC 3264): what was said last
// by each, and the session that it is about.
type voice struct {
	session *media.Session
	local   sdp.Local
	heard   []byte // the far end's last description
	said    []byte // ours
	offered bool   // ours is an offer, its answer has not come
}

// openVoice makes the session of a dialog that may have these codecs, and those accepted if its far
// end offers them, with what its far end has said of
// itself (nil: nothing yet).
func (s *Server) openVoice(codecs, accepted []codec.Codec, offer *sdp.Description, signal netip.Addr, alone bool) (voice, error) {
	config := media.SessionConfig{Signal: signal, Alone: alone}
	local := sdp.Local{
		Formats: media.Formats(codecs, accepted),
		DTMF:    dtmfPayload,
		PTime:   20 * time.Millisecond,
		ID:      sessionID(),
		Version: 1,
	}
	if offer != nil {
		agreed, err := sdp.Agree(*offer, local)
		if err != nil {
			return voice{}, err
		}
		config.Remote = agreed.Remote
	}
	session, err := s.open(config)
	if err != nil {
		return voice{}, err
	}
	at := session.Local()
	local.Address = netip.AddrPortFrom(s.contacts.host(at.Addr(), signal), at.Port())
	return voice{session: session, local: local}, nil
}

// codecs are those called names, and nothing accepted besides; no names are the server's own.
func (s *Server) codecs(names []string) (offered, accepted []codec.Codec, err error) {
	if names == nil {
		return s.cfg.Codecs, s.cfg.Accepted, nil
	}
	offered = make([]codec.Codec, len(names))
	for i, name := range names {
		if offered[i], err = codec.Named(name); err != nil {
			return nil, nil, err
		}
	}
	return offered, nil, nil
}

// sessionID returns a number for the o= line (RFC 8866 §5.2), which some far
// ends keep in 63 bits.
func sessionID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) >> 2
}

// answer answers an offer, and returns what to say. The session follows it,
// unless the far end has only said again what it had said before.
func (v *voice) answer(text []byte) ([]byte, error) {
	offer, err := sdp.Parse(text)
	if err != nil {
		return nil, err
	}
	said, agreed, err := sdp.Answer(offer, v.local)
	if err != nil {
		return nil, err
	}
	if err := v.adopt(text, agreed); err != nil {
		return nil, err
	}
	return v.say(said, func() []byte {
		said, _, _ := sdp.Answer(offer, v.local) // it fitted before
		return said
	}), nil
}

// offer returns an offer of ours; accept takes its answer.
func (v *voice) offer() []byte {
	v.offered = true
	return v.say(sdp.Offer(v.local), func() []byte { return sdp.Offer(v.local) })
}

// accept takes the answer to our offer.
func (v *voice) accept(text []byte) error {
	v.offered = false
	answer, err := sdp.Parse(text)
	if err != nil {
		return err
	}
	agreed, err := sdp.Accept(v.local, answer)
	if err != nil {
		return err
	}
	return v.adopt(text, agreed)
}

// adopt lets the session do what was agreed.
func (v *voice) adopt(text []byte, a sdp.Agreed) error {
	if bytes.Equal(text, v.heard) {
		return nil // RFC 3264 §8: nothing has changed
	}
	params, err := media.ParamsOf(a)
	if err != nil {
		return err
	}
	if err := v.session.Set(params); err != nil {
		return err
	}
	v.heard = text
	// What is spoken is offered from now on: an offer without it would end it.
	for i, f := range v.local.Formats {
		if f.Unoffered && f.Fits(a) {
			v.local.Formats[i].Unoffered = false
		}
	}
	return nil
}

// say notes what we say. Whenever it differs from what we said before, its
// version is raised by one (RFC 3264 §8), by writing it again.
func (v *voice) say(text []byte, again func() []byte) []byte {
	if v.said != nil && !bytes.Equal(text, v.said) {
		v.local.Version++
		text = again()
	}
	v.said = text
	return text
}

// sessionBody returns the description in a message: its whole body, or a part
// of it (RFC 5621 §3.1). It is nil when there is none. status refuses a body
// that must be understood and is not.
func (h *head) sessionBody() (text []byte, status int) {
	if len(h.body) == 0 {
		return nil, 0
	}
	if e := h.get("content-encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, 415
	}
	kind, params, err := mime.ParseMediaType(h.get("content-type"))
	switch {
	case err != nil:
		return nil, 415
	case kind == typeSDP:
		return h.body, 0
	case kind == "multipart/mixed" || kind == "multipart/alternative":
		return sessionPart(h.body, params["boundary"])
	case optional(h.get("content-disposition")):
		return nil, 0 // RFC 3261 §20.11: handling=optional
	}
	return nil, 415
}

// maxParts is how many parts of a body are looked at.
const maxParts = 8

// sessionPart finds the session description among the parts of a body.
func sessionPart(body []byte, boundary string) (text []byte, status int) {
	if boundary == "" {
		return nil, 415
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxParts {
		p, err := parts.NextRawPart()
		if err != nil {
			break
		}
		kind, _, err := mime.ParseMediaType(textproto.MIMEHeader(p.Header).Get("Content-Type"))
		if err != nil || kind != typeSDP {
			if !optional(p.Header.Get("Content-Disposition")) {
				status = 415
			}
			continue
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(p); err != nil {
			return nil, 400
		}
		// RFC 5621 §3.1: other parts of a mixture may be passed over once the
		// one that matters is there.
		return b.Bytes(), 0
	}
	return nil, max(status, 415)
}

// optional reports whether a Content-Disposition lets the body be passed over.
func optional(disposition string) bool {
	_, params, err := mime.ParseMediaType(disposition)
	return err == nil && strings.EqualFold(params["handling"], "optional")
}
