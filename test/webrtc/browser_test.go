package webrtc_test

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	ours "confab/internal/webrtc"
)

// dtmfPayload is the payload type that browsers of the tests have for keys.
const dtmfPayload = 126

// browser is a far end: a peer connection of pion's with a voice.
type browser struct {
	t     testing.TB
	pc    *webrtc.PeerConnection
	voice *voice

	mu    sync.Mutex
	heard []int16
	many  bool     // one of many: what comes is kept as it is, and decoded when it is asked for
	came  int      // packets, since then
	coded [][]byte // the last second of them
	codec codec.Codec
	wg    sync.WaitGroup
	stop  chan struct{}
}

// newBrowser makes a browser that knows the codec called name, on loopback alone.
func newBrowser(t testing.TB, name string) *browser {
	t.Helper()
	c, err := codec.Named(name)
	if err != nil {
		t.Skipf("no %s: %v", name, err)
	}
	capability := webrtc.RTPCodecCapability{MimeType: "audio/" + c.Name(), ClockRate: uint32(c.ClockRate()), Channels: uint16(c.Channels())}
	if c.Channels() == 1 {
		capability.Channels = 0
	}
	payload := webrtc.PayloadType(111)
	if pt := c.PayloadType(); pt >= 0 {
		payload = webrtc.PayloadType(pt)
	}
	m := new(webrtc.MediaEngine)
	for _, p := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: capability, PayloadType: payload},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: 8000}, PayloadType: dtmfPayload},
	} {
		if err := m.RegisterCodec(p, webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(new(interceptor.Registry)))
	b := &browser{t: t, codec: c, stop: make(chan struct{}), voice: &voice{codec: capability, payload: uint8(payload)}}
	if b.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	b.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.wg.Go(func() { b.listen(track) }) })
	if _, err := b.pc.AddTrack(b.voice); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

func (b *browser) close() {
	select {
	case <-b.stop:
		return
	default:
	}
	close(b.stop)
	b.pc.Close()
	b.wg.Wait()
}

// call calls tr, as the Voice SDK does: the offer has no candidates.
func (b *browser) call(tr *ours.Transport) *ours.Peer {
	b.t.Helper()
	p, answer, err := tr.Answer(b.t.Context(), b.offer(nil))
	if err != nil {
		b.t.Fatal(err)
	}
	b.accept(answer)
	p.Start()
	await(b.t, p.Connected(), p)
	return p
}

func (b *browser) offer(options *webrtc.OfferOptions) []byte {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(options)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.t.Fatal(err)
	}
	return []byte(offer.SDP)
}

func (b *browser) accept(answer []byte) {
	b.t.Helper()
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		b.t.Fatalf("%v\n%s", err, answer)
	}
}

// answer answers an offer of ours.
func (b *browser) answer(offer []byte) []byte {
	b.t.Helper()
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)}); err != nil {
		b.t.Fatalf("%v\n%s", err, offer)
	}
	answer, err := b.pc.CreateAnswer(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.pc.SetLocalDescription(answer); err != nil {
		b.t.Fatal(err)
	}
	return []byte(answer.SDP)
}

// say says a tone until the browser closes.
func (b *browser) say(hz float64) {
	b.wg.Go(func() {
		tone, encoder := audio.NewTone(b.codec.SampleRate(), hz, -20, 0), b.codec.NewEncoder()
		frame, coded := make([]int16, audio.FrameSize(b.codec.SampleRate())), make([]byte, 4000)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-b.stop:
				return
			case <-ticker.C:
			}
			tone.Read(frame)
			b.voice.speak(coded[:encoder.Encode(coded, frame)], uint32(b.codec.ClockRate()/50))
		}
	})
}

// listen keeps what comes.
func (b *browser) listen(track *webrtc.TrackRemote) {
	decoder := b.codec.NewDecoder()
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b.mu.Lock()
		if b.came++; b.many {
			if len(b.coded) == 50 {
				b.coded = b.coded[:copy(b.coded, b.coded[1:])]
			}
			b.coded = append(b.coded, p.Payload)
			b.mu.Unlock()
			continue
		}
		b.mu.Unlock()
		frame := make([]int16, b.codec.Samples(p.Payload))
		n := decoder.Decode(frame, p.Payload)
		b.mu.Lock()
		b.heard = append(b.heard, frame[:n]...)
		b.mu.Unlock()
	}
}

// hears returns which of the pitches come, in half a second from now on.
func (b *browser) hears(pitches ...float64) []float64 {
	b.t.Helper()
	b.mu.Lock()
	b.heard = nil
	b.mu.Unlock()
	rate := b.codec.SampleRate()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		heard := b.heard
		b.mu.Unlock()
		if len(heard) >= rate {
			return pitchesOf(heard[rate/2:], rate, pitches...)
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%d samples have come in 10 s", len(heard))
		}
	}
}

// last returns which of the pitches one of many has heard lately.
func (b *browser) last(pitches ...float64) []float64 {
	b.mu.Lock()
	coded := slices.Clone(b.coded)
	b.mu.Unlock()
	rate, decoder := b.codec.SampleRate(), b.codec.NewDecoder()
	var heard []int16
	for _, payload := range coded {
		frame := make([]int16, b.codec.Samples(payload))
		heard = append(heard, frame[:decoder.Decode(frame, payload)]...)
	}
	return pitchesOf(heard[max(0, len(heard)-rate/2):], rate, pitches...)
}

// packets returns how many have come.
func (b *browser) packets() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.came
}

// mouth speaks for one of many browsers.
type mouth struct {
	b       *browser
	tone    audio.Source // nil: silence
	encoder codec.Encoder
	frame   []int16
	silence []byte
}

func newMouth(b *browser, i int) *mouth {
	m := &mouth{b: b, encoder: b.codec.NewEncoder(), frame: make([]int16, audio.FrameSize(b.codec.SampleRate()))}
	if i < *talkers {
		m.tone = audio.NewTone(b.codec.SampleRate(), pitchOf(i), -20, 0)
		return m
	}
	coded := make([]byte, 4000)
	for range 10 { // until an encoder has settled
		m.silence = coded[:m.encoder.Encode(coded, m.frame)]
	}
	return m
}

func (m *mouth) speak(coded []byte, step uint32) {
	if m.tone == nil {
		m.b.voice.speak(m.silence, step)
		return
	}
	m.tone.Read(m.frame)
	m.b.voice.speak(coded[:m.encoder.Encode(coded, m.frame)], step)
}

func pitchesOf(samples []int16, rate int, pitches ...float64) (heard []float64) {
	for _, hz := range pitches {
		if audiotest.Hears(samples, rate, hz) > -30 {
			heard = append(heard, hz)
		}
	}
	return heard
}

// voice is a track that sends what it is told, keys too. It implements webrtc.TrackLocal.
type voice struct {
	codec   webrtc.RTPCodecCapability
	payload uint8

	mu       sync.Mutex
	out      webrtc.TrackLocalWriter
	header   rtp.Header
	unspoken atomic.Int64
}

func (v *voice) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out, v.header = c.WriteStream(), rtp.Header{Version: 2, SSRC: uint32(c.SSRC()), SequenceNumber: 100}
	for _, p := range c.CodecParameters() {
		if p.MimeType == v.codec.MimeType {
			v.payload = uint8(p.PayloadType)
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

func (v *voice) Unbind(webrtc.TrackLocalContext) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out = nil
	return nil
}

func (v *voice) ID() string                { return "voice" }
func (v *voice) RID() string               { return "" }
func (v *voice) StreamID() string          { return "browser" }
func (v *voice) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

func (v *voice) speak(payload []byte, step uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.header.PayloadType, v.header.Marker = v.payload, false
	v.header.Timestamp += step
	v.sendLocked(payload)
}

func (v *voice) sendLocked(payload []byte) {
	v.header.SequenceNumber++
	if v.out == nil {
		v.unspoken.Add(1)
		return
	}
	h := v.header
	if _, err := v.out.WriteRTP(&h, payload); err != nil {
		v.unspoken.Add(1)
	}
}

// press presses a key (RFC 4733): five packets of it, and three of its end.
func (v *voice) press(key byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.header.PayloadType, v.header.Marker = dtmfPayload, true
	v.header.Timestamp += 8000
	for i := range 8 {
		duration := 160 * (min(i, 4) + 1)
		end := byte(0)
		if i >= 5 {
			end = 0x80
		}
		v.sendLocked([]byte{key, end | 10, byte(duration >> 8), byte(duration)})
		v.header.Marker = false
	}
}

// newTransport makes our side, with loops of its own.
func newTransport(t testing.TB, low int) (*ours.Transport, *media.Plane) {
	t.Helper()
	plane, err := media.New(media.Config{Loops: 1, PortLow: low, PortHigh: low + 99})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := ours.New(ours.Config{Plane: plane, Addresses: func() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.Close()
		for _, l := range plane.Loops() {
			if l.Panics != 0 {
				t.Errorf("%d panics", l.Panics)
			}
		}
		if n := plane.Sessions(); n != 0 {
			t.Errorf("%d sessions left open", n)
		}
		plane.Close()
	})
	return tr, plane
}

// await waits for what a peer is to do.
func await(t testing.TB, what <-chan struct{}, p *ours.Peer) {
	t.Helper()
	select {
	case <-what:
	case <-p.Done():
		t.Fatalf("the peer has ended: %v", p.Err())
	case <-time.After(20 * time.Second):
		t.Fatal("nothing happens for 20 s")
	}
}
