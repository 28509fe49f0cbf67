package sip

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"mime"
	"mime/multipart"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/sdp"
	"confab/internal/webrtc"
)

// dtmfPayload is the payload type of telephone-event that we offer; further clocks have
// those after it (RFC 3551 §6: dynamic ones are 96 to 127).
const dtmfPayload = 101

// voice is a dialog's side of offer and answer (RFC 3264): what was said last
// by each, and the session that it is about.
type voice struct {
	session *media.Session
	peer    *webrtc.Peer // of a voice that is protected (DTLS-SRTP), which it negotiates; nil: RTP
	local   sdp.Local    // its Formats are the server's, until one of them is another
	heard   sum          // of the far end's last description; zero: there was none
	said    sum          // of ours
	offered bool         // ours is an offer, its answer has not come
}

// sum is what is kept of a description, to know it when it is said again: the text is
// a part of a message, which would be kept with it for as long as the call lasts.
type sum [sha256.Size]byte

// errUnprotected: a far end wants a protected voice, or one is wanted of it.
var errUnprotected = errors.New("no voice that is protected (DTLS-SRTP): it is not configured")

// openSecureVoice makes the session of a dialog whose voice is protected. text is the
// far end's offer; nil: we offer.
func (s *Server) openSecureVoice(ctx context.Context, codecs []codec.Codec, text []byte) (v voice, err error) {
	switch {
	case s.cfg.Secure == nil:
		return voice{}, errUnprotected
	case text != nil:
		v.peer, _, err = s.cfg.Secure.Answer(ctx, text)
	default:
		v.peer, _, err = s.cfg.Secure.Offer(ctx, codecs...)
	}
	if err != nil {
		return voice{}, err
	}
	v.session = v.peer.Session()
	return v, nil
}

// start starts the voice: offer and answer have been exchanged, or are about to be.
func (v *voice) start() {
	if v.peer != nil {
		v.peer.Start()
		return
	}
	v.session.Start()
}

// confirm tells that the far end has our answer. Who protects its voice has told so
// itself, when it is connected.
func (v *voice) confirm() {
	if v.peer == nil {
		v.session.Confirm()
	}
}

// lost returns the channel that tells that there is no voice any more.
func (v *voice) lost() <-chan struct{} {
	if v.peer != nil {
		return v.peer.Done()
	}
	return v.session.Lost()
}

// why is the cause of that.
func (v *voice) why() contract.Cause {
	if v.peer != nil && errors.Is(v.peer.Err(), webrtc.ErrHungUp) {
		return contract.CauseFarEnd
	}
	return contract.CauseMediaTimeout
}

// close ends the voice.
func (v *voice) close() {
	if v.peer != nil {
		v.peer.Close()
		return
	}
	v.session.Close()
}

// openVoice makes the session of a dialog that may have these formats, with what its
// far end has said of itself (nil: nothing yet).
func (s *Server) openVoice(formats []sdp.Format, offer *sdp.Description, signal netip.Addr, alone bool) (voice, error) {
	config := media.SessionConfig{Signal: signal, Alone: alone}
	local := sdp.Local{
		Formats: formats,
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

// codecs are those called names, and what is said of them: nothing is accepted besides. No
// names are the server's own.
func (s *Server) codecs(names []string) (offered []codec.Codec, formats []sdp.Format, err error) {
	if names == nil {
		return s.cfg.Codecs, s.formats, nil
	}
	offered = make([]codec.Codec, len(names))
	for i, name := range names {
		if offered[i], err = codec.Named(name); err != nil {
			return nil, nil, err
		}
	}
	return offered, media.Formats(offered, nil), nil
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
	if v.peer != nil {
		return v.peer.Reoffer(text)
	}
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
	if v.peer != nil {
		return v.peer.Offer()
	}
	return v.say(sdp.Offer(v.local), func() []byte { return sdp.Offer(v.local) })
}

// accept takes the answer to our offer.
func (v *voice) accept(text []byte) error {
	v.offered = false
	if v.peer != nil {
		return v.peer.Accept(text)
	}
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
	heard := sum(sha256.Sum256(text))
	if heard == v.heard {
		return nil // RFC 3264 §8: nothing has changed
	}
	params, err := media.ParamsOf(a)
	if err != nil {
		return err
	}
	if err := v.session.Set(params); err != nil {
		return err
	}
	v.heard = heard
	// What is spoken is offered from now on: an offer without it would end it.
	for i, f := range v.local.Formats {
		if f.Unoffered && f.Fits(a) {
			v.local.Formats = slices.Clone(v.local.Formats)
			v.local.Formats[i].Unoffered = false
		}
	}
	return nil
}

// say notes what we say. Whenever it differs from what we said before, its
// version is raised by one (RFC 3264 §8), by writing it again.
func (v *voice) say(text []byte, again func() []byte) []byte {
	if v.said != (sum{}) && v.said != sha256.Sum256(text) {
		v.local.Version++
		text = again()
	}
	v.said = sha256.Sum256(text)
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
