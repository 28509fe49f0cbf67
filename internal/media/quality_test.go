package media_test

import (
	"math"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// sounding is a far end that a bridge listens to.
func sounding(t *testing.T, network *memnet.Net, p *media.Plane) (*media.Session, *phone) {
	t.Helper()
	far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
	s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
	start(t, s, far.addr())
	far.to = net.UDPAddrFromAddrPort(s.Local())
	b := p.NewBridge()
	t.Cleanup(b.Close)
	if err := b.Join(s, false); err != nil {
		t.Fatal(err)
	}
	return s, far
}

func TestStats_saysHowLoudAFarEndIs(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, far := sounding(t, network, p)
		speech, noise := make([]int16, 160), make([]int16, 160)
		tone := audio.NewTone(8000, 500, -20, 0)
		tone.Read(speech) // it rises
		tone.Read(speech)
		for i := range noise {
			noise[i] = int16(i%3 - 1) // about −90 dBov
		}
		for range 10 {
			far.r.Payload = coded(speech)
			far.speak(50)
			far.r.Payload = coded(noise)
			far.speak(50)
		}
		got := s.Stats()
		if math.Abs(got.Speech+20) > 0.5 {
			t.Errorf("speech at %.1f dBov, want −20", got.Speech)
		}
		if got.Noise > -70 || got.Noise == 0 {
			t.Errorf("noise at %.1f dBov", got.Noise)
		}
		if got.Clipped != 0 || got.Unheard || got.Deaf {
			t.Errorf("%+v", got)
		}
		if got.Delay <= 0 || got.Delay > 40*time.Millisecond || got.MaxDelay < got.Delay {
			t.Errorf("delay %v, at most %v", got.Delay, got.MaxDelay)
		}
	})
}

func TestStats_saysThatAFarEndClips(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, far := sounding(t, network, p)
		square := slices.Repeat([]int16{32767, 32767, 32767, 32767, -32768, -32768, -32768, -32768}, 20)
		far.r.Payload = coded(square)
		far.speak(100)
		if got := s.Stats(); got.Clipped < 0.99 {
			t.Errorf("%.2f of a square wave is at full scale", got.Clipped)
		}
	})
}

func TestStats_saysThatNothingComes(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, far := sounding(t, network, p)
		time.Sleep(2 * time.Second)
		if s.Stats().Unheard {
			t.Error("said after two seconds")
		}
		time.Sleep(5 * time.Second)
		if !s.Stats().Unheard {
			t.Error("not said after seven seconds without a packet")
		}
		far.speak(5)
		if s.Stats().Unheard {
			t.Error("still said when packets come")
		}
	})
}

// RFC 3550 §6.4: a report has a block on each source that was heard. One without
// a block on us, when we have sent for long, says that nothing arrives.
func TestStats_saysThatNothingArrives(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, far := sounding(t, network, p)
		rtcp := net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.Local().Addr(), s.Local().Port()+1))
		reports, err := network.Host(phoneAddr).ListenPacket("udp", netip.AddrPortFrom(phoneAddr, far.addr().Port()+1).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { reports.Close() })
		report := func(about *rtp.ReceptionReport) {
			b := make([]byte, 500)
			n := rtp.PutReport(b, far.r.SSRC, nil, about, "far")
			if _, err := reports.WriteTo(b[:n], rtcp); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		far.speak(50)
		report(nil)
		if s.Stats().Deaf {
			t.Error("said after a second")
		}
		far.speak(500)
		report(nil)
		if !s.Stats().Deaf {
			t.Error("a report without a block on us, after ten seconds, says nothing")
		}
		report(&rtp.ReceptionReport{SSRC: ssrcOf(t, far), FractionLost: 3})
		if s.Stats().Deaf {
			t.Error("a report with a block on us says that nothing arrives")
		}
		report(nil)
		if s.Stats().Deaf {
			t.Error("a report without a block, a moment after one with it, says that nothing arrives")
		}
		report(&rtp.ReceptionReport{SSRC: ssrcOf(t, far), FractionLost: 255})
		if !s.Stats().Deaf {
			t.Error("all of the last packets were lost, and it is not said")
		}
	})
}

// ssrcOf returns the SSRC of what a phone is sent.
func ssrcOf(t *testing.T, p *phone) uint32 {
	t.Helper()
	b := make([]byte, 1500)
	for {
		n, _, err := p.conn.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := rtp.Parse(b[:n]); err == nil {
			return r.SSRC
		}
	}
}

// coded returns a frame as PCMU has it.
func coded(frame []int16) []byte {
	b := make([]byte, len(frame))
	codec.PCMU.NewEncoder().Encode(b, frame)
	return b
}
