package media_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// line is a phone that sends what a room at background (dBov) sounds like.
type line struct {
	*phone
	noise      *audio.Noise
	background float64
}

// send sends so many frames of the room, with a tone at −20 dBov where talks.
func (p *line) send(frames int, talks bool) {
	tone, frame := audio.NewTone(8000, 450, -20, 0), make([]int16, 160)
	voice := make([]int16, 160)
	p.r.PayloadType = 0
	for range frames {
		p.noise.Read(frame, p.background)
		if talks {
			tone.Read(voice)
			for i, v := range voice {
				frame[i] += v
			}
		}
		p.r.Payload = make([]byte, 160)
		codec.PCMU.NewEncoder().Encode(p.r.Payload, frame)
		p.r.Sequence++
		p.r.Timestamp += 160
		b := make([]byte, 200)
		if _, err := p.conn.WriteTo(b[:p.r.Put(b)], p.to); err != nil {
			p.t.Error(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// comfort sends one packet of comfort noise (RFC 3389) with that level.
func (p *line) comfort(dbov byte) {
	p.r.Sequence++
	r := p.r
	r.PayloadType, r.Payload = 13, []byte{dbov, 1, 2}
	r.Timestamp += 160
	b := make([]byte, 100)
	if _, err := p.conn.WriteTo(b[:r.Put(b)], p.to); err != nil {
		p.t.Error(err)
	}
}

// meets lets f have a line and a listener, who stand at a bridge.
func meets(t *testing.T, loops int, background float64, f func(t *testing.T, p *line, b *media.Bridge, talker *media.Session, listener *phone)) {
	bubble(t, media.Config{Loops: loops, SessionsPerLoop: 1}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		bridge := near.NewBridge()
		defer bridge.Close()
		n := open(t, near, media.SessionConfig{Signal: otherAddr})
		p := &line{newPhone(t, network, otherAddr, n.Local()), audio.NewNoise(8000), background}
		start(t, n, p.addr())
		other := open(t, near, media.SessionConfig{Signal: phoneAddr})
		listener := newPhone(t, network, phoneAddr, other.Local())
		start(t, other, listener.addr())
		for _, s := range []*media.Session{n, other} {
			if err := bridge.Join(s, false); err != nil {
				t.Fatal(err)
			}
		}
		f(t, p, bridge, n, listener)
	})
}

// listen returns what p is sent in d from now on, nothing left out.
func (p *phone) listen(d time.Duration) (heard []int16) {
	p.received()
	p.conn.SetReadDeadline(time.Now().Add(d))
	b := make([]byte, 1500)
	for {
		n, _, err := p.conn.ReadFrom(b)
		if err != nil {
			return heard
		}
		if r, err := rtp.Parse(b[:n]); err == nil && r.PayloadType == 0 {
			frame := make([]int16, len(r.Payload))
			codec.PCMU.NewDecoder().Decode(frame, r.Payload)
			heard = append(heard, frame...)
		}
	}
}

// loudness returns how loud what p is sent in d from now on is, in dBov.
func (p *phone) loudness(d time.Duration) float64 { return audio.Level(p.listen(d)) }

// A line that goes quiet in a pause leaves its noise behind, as loud as it was
// heard, for all and on every loop; a silent line leaves silence.
func TestCalm_isAsLoudAsTheLineOfWhoWasHeardLast(t *testing.T) {
	for name, c := range map[string]struct {
		loops            int
		background, want float64
	}{
		"a noisy line":            {1, -56, -57},
		"over a trunk":            {2, -56, -57},
		"a quiet line":            {1, -67, -68},
		"a very loud one":         {1, -44, -50}, // not more than that is made
		"a voice without a pause": {1, -25, audio.Quietest},
		"a silent one":            {1, audio.Quietest, audio.Quietest},
	} {
		t.Run(name, func(t *testing.T) {
			meets(t, c.loops, c.background, func(t *testing.T, p *line, _ *media.Bridge, _ *media.Session, listener *phone) {
				for range 3 {
					p.send(30, true)
					p.send(20, false) // and then it says nothing, as with silence suppression
					time.Sleep(500 * time.Millisecond)
					if got := listener.loudness(500 * time.Millisecond); math.Abs(got-c.want) > 3 {
						t.Errorf("in the pause: %.1f dBov, want %.1f", got, c.want)
					}
				}
			})
		})
	}
}

// RFC 3389: the far end says how loud its line is, and no gap is concealed then.
func TestCalm_asComfortNoiseSays_RFC3389_3_1(t *testing.T) {
	meets(t, 1, -56, func(t *testing.T, p *line, _ *media.Bridge, talker *media.Session, listener *phone) {
		p.send(30, true)
		for _, level := range []byte{62, 55} {
			p.comfort(level)
			time.Sleep(300 * time.Millisecond)
			if got := listener.loudness(400 * time.Millisecond); math.Abs(got+float64(level)) > 2 {
				t.Errorf("in the pause: %.1f dBov, want −%d", got, level)
			}
		}
		if s := talker.Stats(); s.Unknown != 0 || s.Lost != 0 {
			t.Errorf("%d packets unknown, %d lost; want none", s.Unknown, s.Lost)
		}
		p.send(30, true)
		p.comfort(127)
		time.Sleep(500 * time.Millisecond)
		if got := listener.loudness(400 * time.Millisecond); got != audio.Quietest {
			t.Errorf("after a level of −127: %.1f dBov, want silence", got)
		}
	})
}

// Whose line is not heard any more leaves nothing behind.
func TestCalm_endsWithTheLine(t *testing.T) {
	for name, end := range map[string]func(*media.Bridge, *media.Session){
		"muted":   func(b *media.Bridge, s *media.Session) { b.SetMuted(s, true) },
		"left":    func(b *media.Bridge, s *media.Session) { b.Leave(s) },
		"hung up": func(_ *media.Bridge, s *media.Session) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			meets(t, 1, -56, func(t *testing.T, p *line, b *media.Bridge, talker *media.Session, listener *phone) {
				p.send(30, true)
				p.send(20, false)
				time.Sleep(500 * time.Millisecond)
				if got := listener.loudness(200 * time.Millisecond); got < -60 {
					t.Errorf("in the pause: %.1f dBov", got)
				}
				end(b, talker)
				time.Sleep(600 * time.Millisecond)
				if got := listener.loudness(200 * time.Millisecond); got != audio.Quietest {
					t.Errorf("afterwards: %.1f dBov, want silence", got)
				}
			})
		})
	}
}

// From the talker's last word to the made noise there is no hole: every 20 ms
// are about as loud as the background.
func TestCalm_goesOnWithoutAHole(t *testing.T) {
	meets(t, 1, -66, func(t *testing.T, p *line, _ *media.Bridge, _ *media.Session, listener *phone) {
		p.send(30, true)
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { p.send(60, false) }) // far below what is mixed after the hangover
		heard := listener.listen(time.Second)[1600:]
		for at := 0; at+160 <= len(heard); at += 160 {
			if got := audio.Level(heard[at : at+160]); got < -75 {
				t.Fatalf("%d ms later: %.1f dBov", 200+at/8, got)
			}
		}
	})
}
