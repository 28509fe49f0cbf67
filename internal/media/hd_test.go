package media

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
)

// everyCodec returns one codec of each kind and rate that the machine has.
func everyCodec(t testing.TB) []codec.Codec {
	all := []codec.Codec{codec.PCMU, codec.PCMA, codec.G722, codec.L16At8000, codec.L16At16000, codec.L16At48000}
	if c, err := codec.Opus(); err == nil {
		wide, _ := codec.ByName("opus", 48000, "maxplaybackrate=16000")
		return append(all, c, wide, amrwbOrSkip(t))
	}
	opusOrSkip(t)
	return nil
}

func name(c codec.Codec) string { return fmt.Sprintf("%s at %d Hz", c.Name(), c.SampleRate()) }

// A conference of all codecs: everybody hears everybody else, as loud as they speak,
// and never themselves.
func TestRates_everybodyHearsEverybody(t *testing.T) {
	s := newStudio(t)
	var pitches []float64
	for i, c := range everyCodec(t) {
		hz := 500 + 310*float64(i)
		pitches = append(pitches, hz)
		s.join(c, tone(hz, -24))
	}
	s.turns(30)
	for _, f := range s.far {
		f.heard = nil
	}
	s.turns(25)
	for i, f := range s.far {
		most := 3.0
		if f.codec.Name() == "AMR-WB" {
			most = 9 // it is made for one voice, and these are eight that do not breathe
		}
		for j, hz := range pitches {
			level := audiotest.Hears(f.heard, f.codec.SampleRate(), hz)
			if j != i && math.Abs(level+24) > most || j == i && level > -50 {
				t.Errorf("%s hears %s at %.1f dBov", name(f.codec), name(s.far[j].codec), level)
			}
		}
	}
}

// Two who can hear more than a telephone carries hear it, from the moment when there
// are two; who cannot hears nothing of it, in particular not folded back.
func TestRates_followTheMembers(t *testing.T) {
	for _, c := range []struct {
		two codec.Codec
		hz  float64
	}{{codec.G722, 6000}, {codec.L16At48000, 15000}} {
		s := newStudio(t)
		telephone := s.join(codec.PCMU, nil)
		a := s.join(c.two, tone(c.hz, -20))
		s.turns(20)
		b := s.join(c.two, nil)
		heard := s.listen(b, 20)[audio.FrameSize(c.two.SampleRate())*5:]
		if level, _ := audiotest.Tonal(heard, c.two.SampleRate(), c.hz); math.Abs(level+20) > 1 {
			t.Errorf("%s: %.0f Hz of the other is heard at %.1f dBov, want −20", name(c.two), c.hz, level)
		}
		if level := audio.Level(telephone.heard[len(telephone.heard)-1600:]); level > -60 {
			t.Errorf("%s: a telephone hears %.1f dBov of %.0f Hz", name(c.two), level, c.hz)
		}
		if level := audio.Level(a.heard[len(a.heard)/2:]); level > -60 {
			t.Errorf("%s: the one who speaks hears %.1f dBov", name(c.two), level)
		}
	}
}

// Whoever comes and goes, with whatever rate, changes nothing for those who are there:
// not a sample, where their codec has no memory; nothing above its noise where it has.
func TestRates_comeAndGoWithoutAClick(t *testing.T) {
	guests := everyCodec(t)
	for _, c := range everyCodec(t) {
		t.Run(name(c), func(t *testing.T) {
			run := func(visited bool) []int16 {
				s := newStudio(t)
				s.join(c, tone(440, -15))
				listener := s.join(c, nil)
				s.turns(20)
				var visitors []*singer
				for range 2 {
					for _, guest := range guests {
						if visited {
							visitors = append(visitors, s.join(guest, nil))
						}
						s.turns(7)
						if len(visitors) > 2 {
							s.leave(visitors[0])
							visitors = visitors[1:]
						}
						s.turns(6)
					}
				}
				return listener.heard[audio.FrameSize(c.SampleRate())*10:]
			}
			alone, visited := run(false), run(true)
			if !slices.Equal(alone, visited) {
				_, had := audiotest.Tonal(alone, c.SampleRate(), 440)
				_, has := audiotest.Tonal(visited, c.SampleRate(), 440)
				t.Errorf("the tone is %.1f dB above all else, and without visitors %.1f", has, had)
			}
		})
	}
}

// What the whole path leaves of a tone, from one far end's coder to another's decoder,
// with the switch's between them: jitter buffer, mixer, converter, shared encoder.
func TestQuality_ofThePath(t *testing.T) {
	least := func(c codec.Codec) float64 {
		return map[string]float64{"PCMU": 31, "PCMA": 31, "G722": 30, "L16": 60, "opus": 24, "AMR-WB": 22}[c.Name()]
	}
	codecs := everyCodec(t)
	for _, from := range codecs {
		for _, to := range codecs {
			s := newStudio(t)
			s.join(from, tone(1000, -15))
			listener := s.join(to, nil)
			s.turns(25)
			level, above := audiotest.Tonal(s.listen(listener, 50), to.SampleRate(), 1000)
			t.Logf("%s to %s: %.1f dBov, %.1f dB", name(from), name(to), level, above)
			if want := min(least(from), least(to)) - 1; math.Abs(level+15) > 0.7 || above < want {
				t.Errorf("%s to %s: %.1f dBov, %.1f dB above all else; want −15 and %.0f", name(from), name(to), level, above, want)
			}
		}
	}
}

// The same for one whose rate is another than the speaker's: what is converted goes on
// as well.
func TestRates_convertedWithoutAClick(t *testing.T) {
	for _, pair := range [][2]codec.Codec{
		{codec.PCMU, codec.G722}, {codec.PCMU, codec.L16At48000}, {codec.G722, codec.PCMA}, {codec.L16At48000, codec.PCMU},
		{codec.L16At48000, codec.L16At16000}, {codec.L16At16000, codec.L16At48000},
	} {
		s := newStudio(t)
		speaker := s.join(pair[0], tone(440, -15))
		listener := s.join(pair[1], nil)
		s.turns(20)
		from := len(listener.heard)
		for i := range 40 {
			v := s.join([]codec.Codec{codec.PCMU, codec.G722, codec.L16At48000}[i%3], nil)
			s.turns(3)
			s.leave(v)
			s.turns(2)
		}
		level, above := audiotest.Tonal(listener.heard[from:], pair[1].SampleRate(), 440)
		want := 33.0
		if math.Abs(level+15) > 0.5 || above < want {
			t.Errorf("%s to %s: %.1f dBov, %.1f dB above all else; want −15 and %.0f", name(pair[0]), name(pair[1]), level, above, want)
		}
		_ = speaker
	}
}

// A tone through 1,000 changes between the shared encoder and one's own: no more is
// added to it than the codec adds to a voice, and no step from sample to sample is larger
// than the tone's own by more than that.
func TestVoice_thousandSwitchesWithoutADiscontinuity(t *testing.T) {
	for _, c := range []codec.Codec{codec.G722, opusOrSkip(t), amrwbOrSkip(t)} {
		t.Run(name(c), func(t *testing.T) {
			t.Parallel()
			const cycle = 22 // ticks: 4 of a word, the hangover, and coding along
			cycles := 500
			if testing.Short() {
				cycles = 50
			}
			run := func(cycles int, dbov float64) (heard []int16, switches int) {
				s := newStudio(t)
				s.join(codec.L16At16000, tone(440, -15))
				s.join(c, nil).away = true // whose encoder is the shared one
				at, word := 0, tone(1000, dbov)
				talker := s.join(c, func(when float64) float64 {
					if at%cycle < 4 {
						return word(when)
					}
					return 0
				})
				s.turns(3 * cycle)
				talker.heard = talker.heard[:0]
				before := talker.session.out.voice
				for range cycles * cycle {
					at++
					s.turn()
					if v := talker.session.out.voice; v != before {
						before = v
						switches++
					}
				}
				return talker.heard, switches
			}
			rate := c.SampleRate()
			still, none := run(min(cycles, 50), -127)
			heard, switches := run(cycles, -12)
			_, want := audiotest.Tonal(still, rate, 440)
			level, got := audiotest.Tonal(heard, rate, 440)
			amplitude := 32767 * math.Sqrt2 * math.Pow(10, -15./20)
			most := int(2*amplitude*math.Sin(math.Pi*440/float64(rate)) + amplitude/16)
			step := largestStep(heard)
			t.Logf("%d switches: %.1f dBov, %.1f dB above all else (who never speaks: %.1f), largest step %d (%d)", switches, level, got, want, step, largestStep(still))
			if none != 0 || switches < 2*cycles-2 {
				t.Errorf("%d switches of who never speaks, %d of who does; want 0 and %d", none, switches, 2*cycles)
			}
			// What a codec adds to a steady tone when it is undisturbed for long is less than it
			// adds to a voice: G.722 30 dB below, AMR-WB 11; more than that is not asked for.
			want = min(want-3, 33)
			if c.Name() == "AMR-WB" {
				want, most = 12, most+int(amplitude/16)
			}
			if math.Abs(level+15) > 0.5 || got < want || step > most {
				t.Errorf("%.1f dBov, %.1f dB above all else, largest step %d; want −15, %.1f dB and at most %d", level, got, step, want, most)
			}
		})
	}
}

// largestStep returns the largest difference between neighbours.
func largestStep(samples []int16) (most int) {
	for i := 1; i < len(samples); i++ {
		most = max(most, int(samples[i])-int(samples[i-1]), int(samples[i-1])-int(samples[i]))
	}
	return most
}

// counting is a codec whose encodes and decodes are counted; it has the kind given.
type counting struct {
	codec.Codec
	kind             codec.Kind
	encoded, decoded *int
}

func (c counting) Kind() codec.Kind { return c.kind }
func (c counting) NewEncoder() codec.Encoder {
	return countingEncoder{c.Codec.NewEncoder(), c.encoded}
}
func (c counting) NewDecoder() codec.Decoder { return countingDecoder{c.Codec.NewDecoder(), c.decoded} }

type countingEncoder struct {
	codec.Encoder
	n *int
}

func (e countingEncoder) Encode(dst []byte, frame []int16) int {
	*e.n++
	return e.Encoder.Encode(dst, frame)
}
func (e countingEncoder) CopyFrom(other codec.Encoder) {
	e.Encoder.CopyFrom(other.(countingEncoder).Encoder)
}

type countingDecoder struct {
	codec.Decoder
	n *int
}

func (d countingDecoder) Decode(dst []int16, payload []byte) int {
	*d.n++
	return d.Decoder.Decode(dst, payload)
}
func (d countingDecoder) Skim(payload []byte) bool {
	s, ok := d.Decoder.(codec.Skimmer)
	return ok && s.Skim(payload)
}

// likeOpus is a codec that must be treated as Opus is, and costs little.
func likeOpus() counting {
	return counting{codec.G722, codec.Kind{Memory: true, Costly: true}, new(int), new(int)}
}

// 500 listeners and 3 talkers: one encoder for those who listen and one for each who
// talks, and only the talkers are decoded; also for who comes in the middle of a word,
// and as soon as a talker has fallen silent.
func TestVoice_oneEncodeForAllListeners(t *testing.T) {
	c := likeOpus()
	s := newStudio(t)
	talks := [3]bool{true, true, true}
	for i := range talks {
		sound := tone(500+200*float64(i), -20)
		s.join(c, func(at float64) float64 {
			if talks[i] {
				return sound(at)
			}
			return 0
		})
	}
	for range 500 {
		s.join(c, nil).away = true
	}
	for _, f := range s.far { // what the far ends do is not counted
		f.enc, f.dec = codec.G722.NewEncoder(), codec.G722.NewDecoder()
	}
	ask := func(when string, encoded, decoded int) {
		t.Helper()
		*c.encoded, *c.decoded = 0, 0
		before := s.loop().count
		s.turns(10)
		n := s.loop().count
		if n.Encoded-before.Encoded != uint64(*c.encoded) || n.Decoded-before.Decoded != uint64(*c.decoded) {
			t.Errorf("%s: the loop counts %d encodes and %d decodes of %d and %d", when, n.Encoded-before.Encoded, n.Decoded-before.Decoded, *c.encoded, *c.decoded)
		}
		if *c.encoded > 10*encoded || *c.decoded > 10*decoded {
			t.Errorf("%s: %d encodes and %d decodes in 10 ticks, want %d and %d in each", when, *c.encoded, *c.decoded, encoded, decoded)
		}
	}
	s.turns(20)
	ask("three talk", 4, 3)
	for range 50 {
		f := s.join(c, nil)
		f.away = true
		f.enc, f.dec = codec.G722.NewEncoder(), codec.G722.NewDecoder()
	}
	ask("fifty have come", 4, 3)
	talks[1] = false
	s.turns(hangover + alongFrames + 2)
	ask("two talk", 3, 3)
	talks[0], talks[2] = false, false
	s.turns(2 * (hangover + alongFrames + calmFrames))
	ask("nobody talks", 2, 2)
}

// When the last who talks pauses, all hear the noise of that line, and then the next
// word, each coded once: at no moment does anybody need an encoder because all change.
func TestVoice_allChangeAtOnce(t *testing.T) {
	c := likeOpus()
	s := newStudio(t)
	r := rand.New(rand.NewPCG(5, 5))
	talks, word := true, tone(700, -20)
	talker := s.join(c, func(at float64) float64 {
		noise := r.NormFloat64() * 60 // −55 dBov
		if talks {
			return noise + word(at)
		}
		return noise
	})
	for range 100 {
		s.join(c, nil).away = true
	}
	for _, f := range s.far {
		f.enc, f.dec = codec.G722.NewEncoder(), codec.G722.NewDecoder()
	}
	s.turns(60)
	noisy := 0
	for range 5 {
		for _, pause := range []bool{true, false} {
			talker.away, talks = pause, !pause
			for range 40 {
				*c.encoded = 0
				s.turn()
				if s.part.calm.level > audio.Quietest {
					noisy++
				}
				if *c.encoded > 3 {
					t.Fatalf("%d encodes in a tick (pause: %v)", *c.encoded, pause)
				}
			}
			talks = false
			s.turns(20) // with its noise alone, which is how the floor is learnt
		}
	}
	if noisy < 50 {
		t.Errorf("the noise of the line was made in %d ticks only", noisy)
	}
}

// Of many who talk at once the loudest are heard, and each part has only so many
// encoders of their own.
func TestCrowd_loudestAreHeard(t *testing.T) {
	c := likeOpus()
	s := newStudio(t)
	for i := range 2 * maxCostly {
		s.join(c, tone(300+150*float64(i), -40+float64(i)/2)).dec = codec.G722.NewDecoder()
	}
	listener := s.join(codec.L16At16000, nil)
	for _, f := range s.far {
		f.enc = f.codec.NewEncoder()
		if k, ok := f.codec.(counting); ok {
			f.enc = k.Codec.NewEncoder()
		}
	}
	s.turns(60)
	*c.encoded = 0
	heard := s.listen(listener, 25)
	if *c.encoded > 25*(maxCostly+1) {
		t.Errorf("%d encodes in 25 ticks, want at most %d in each", *c.encoded, maxCostly+1)
	}
	for i := range 2 * maxCostly {
		level := audiotest.Hears(heard, 16000, 300+150*float64(i))
		if is, want := level > -45, i >= maxCostly; is != want {
			t.Errorf("speaker %d of %d, in the order of loudness, is heard at %.1f dBov", i, 2*maxCostly, level)
		}
	}
}

// Who has been silent and begins to speak is heard from the first syllable on, though
// what it sent was not decoded.
func TestSkim_noSyllableIsCut(t *testing.T) {
	for _, c := range []codec.Codec{codec.G722, opusOrSkip(t), amrwbOrSkip(t)} {
		s := newStudio(t)
		speaking := false
		word := tone(700, -20)
		speaker := s.join(c, func(at float64) float64 {
			if speaking {
				return word(at)
			}
			return 0
		})
		listener := s.join(codec.L16At16000, nil)
		s.turns(100)
		if speaker.session.in.loud != 0 {
			t.Fatalf("%s: silence is heard", name(c))
		}
		speaking = true
		heard := s.listen(listener, 4)
		// Within two frames: one on its way, and what the codec looks ahead.
		begins := slices.IndexFunc(heard, func(v int16) bool { return v > 1000 || v < -1000 })
		if begins < 0 || begins > 2*320 {
			t.Errorf("%s: the word is heard from sample %d on", name(c), begins)
		}
	}
}

func TestTick_doesNotAllocate_HD(t *testing.T) {
	s := newStudio(t)
	// That libopus is called without allocating is a test of package codec.
	codecs := []codec.Codec{codec.PCMU, codec.G722, codec.L16At48000, codec.L16At16000, likeOpus(), codec.PCMA}
	for i := range 3 * len(codecs) {
		f := s.join(codecs[i%len(codecs)], nil)
		if i%2 == 0 {
			f.sound = tone(300+40*float64(i), -25)
		}
	}
	s.turns(50)
	for _, f := range s.far {
		f.heard = make([]int16, 0, 48000*20)
	}
	// What the far ends do is in it, but they allocate only their packets.
	far := testing.AllocsPerRun(20, func() {
		for _, f := range s.far {
			s.speak(f)
		}
		s.sent = s.sent[:0]
	})
	if n := testing.AllocsPerRun(100, s.turn); n > far {
		t.Errorf("a tick allocates %v times, the far ends %v", n, far)
	}
}

// BenchmarkTick_HD is a room of one codec: 500 listeners, who send silence, and 3
// talkers. What the far ends code is made beforehand.
func BenchmarkTick_HD(b *testing.B) {
	for _, c := range []codec.Codec{codec.PCMU, codec.G722, opusOrSkip(b), amrwbOrSkip(b)} {
		b.Run(name(c), func(b *testing.B) {
			s := newStudio(b)
			for i := range 3 {
				s.join(c, tone(500+200*float64(i), -20))
			}
			for range 500 {
				s.join(c, nil)
			}
			s.turns(60)
			again := &repeater{studio: s, sent: slices.Clone(s.sent)}
			l := s.loop()
			l.ports[0].rtp = again
			for b.Loop() {
				again.tick(uint32(c.ClockRate() / 50))
				l.plane.epoch = l.plane.epoch.Add(-tickDuration)
				l.turn(l.slot/slotsPerTick*slotsPerTick + slotsPerTick + int64(s.part.slot))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*503), "ns/member")
		})
	}
}

// repeater sends again and again what the far ends of a studio sent last.
type repeater struct {
	*studio
	sent []Packet
	read int
}

func (r *repeater) tick(step uint32) {
	r.read = 0
	for _, p := range r.sent {
		binary.BigEndian.PutUint16(p.Data[2:], binary.BigEndian.Uint16(p.Data[2:])+1)
		binary.BigEndian.PutUint32(p.Data[4:], binary.BigEndian.Uint32(p.Data[4:])+step)
	}
}

func (r *repeater) Read(packets []Packet) (int, error) {
	n := min(len(packets), len(r.sent)-r.read)
	for i, p := range r.sent[r.read : r.read+n] {
		data := packets[i].Data[:cap(packets[i].Data)]
		packets[i].Addr, packets[i].Data = p.Addr, data[:copy(data, p.Data)]
	}
	r.read += n
	return n, nil
}

func (r *repeater) Write(packets []Packet) (int, error) { return len(packets), nil }
