package codec_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
)

// amrwb returns the codec, where the machine has it.
func amrwb(t testing.TB) codec.Codec {
	t.Helper()
	c, err := codec.AMRWB()
	if err != nil {
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; scripts/install-test installs them", err)
	}
	return c
}

// amrwbFor returns the codec for a far end whose a=fmtp says parameters.
func amrwbFor(t testing.TB, parameters string) codec.Adaptive {
	t.Helper()
	amrwb(t)
	c, ok := codec.ByName("AMR-WB", 16000, parameters)
	if !ok {
		t.Fatalf("%q: no such codec", parameters)
	}
	return c.(codec.Adaptive)
}

// bits are octets, written as bits; blanks are for the reader.
func bits(s string) []byte {
	s = strings.ReplaceAll(s, " ", "")
	b := make([]byte, (len(s)+7)/8)
	for i, c := range s {
		b[i/8] |= byte(c-'0') << (7 - i%8)
	}
	return b
}

// RFC 4867 §4.3.5, §4.4.5: how long payloads are, bit by bit.
func TestAMRWB_RFC4867_4_3_5_samples(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	for _, v := range []struct {
		name    string
		aligned bool
		payload []byte
		frames  int
	}{
		{"nothing", false, nil, 0},
		{"a header alone", false, bits("1111"), 0},
		{"mode 0", false, bits("1111 0 0000 1" + zeros(132)), 1},
		{"mode 0, an octet short", false, bits("1111 0 0000 1" + zeros(124)), 0},
		{"mode 0, an octet more", false, bits("1111 0 0000 1" + zeros(144)), 0},
		{"mode 8", false, bits("1111 0 1000 1" + zeros(477)), 1},
		{"SID", false, bits("0000 0 1001 1" + zeros(40)), 1},
		{"no data", false, bits("1111 0 1111 1"), 1},
		{"lost", false, bits("1111 0 1110 1"), 0},
		{"damaged", false, bits("1111 0 0000 0" + zeros(132)), 0},
		{"damaged, and not", false, bits("1111 1 0000 0 0 0000 1" + zeros(264)), 2},
		{"reserved", false, bits("1111 0 1010 1"), 0},
		{"modes 2 and 0, and no data", false, bits("1000 1 0010 1 1 0000 1 0 1111 1" + zeros(253+132)), 3},
		{"modes 2 and 0, of which one is there", false, bits("1000 1 0010 1 0 0000 1" + zeros(253)), 0},
		{"a table without an end", false, bytes.Repeat([]byte{0xff}, 40), 0},
		{"eleven frames", false, bits("1111" + strings.Repeat("1 1111 1", 10) + "0 1111 1"), 0},
		{"ten frames", false, bits("1111" + strings.Repeat("1 1111 1", 9) + "0 1111 1"), 10},

		{"a header alone", true, bits("1111 0000"), 0},
		{"mode 0", true, bits("1111 0000 0 0000 1 00" + zeros(136)), 1},
		{"mode 0, packed the other way", true, bits("1111 0 0000 1" + zeros(132)), 0},
		{"mode 0, an octet more", true, bits("1111 0000 0 0000 1 00" + zeros(144)), 0},
		{"SID, whatever is in what is reserved", true, bits("0000 1111 0 1001 1 11" + zeros(40)), 1},
		{"modes 2 and 0, and no data", true, bits("1000 0000 1 0010 1 00 1 0000 1 00 0 1111 1 00" + zeros(256+136)), 3},
		{"reserved", true, bits("1111 0000 0 1101 1 00"), 0},
	} {
		parameters := ""
		if v.aligned {
			parameters = "octet-align=1"
		}
		if got := amrwbFor(t, parameters).Samples(v.payload); got != 320*v.frames {
			t.Errorf("%s (aligned: %v): %d samples, want %d frames", v.name, v.aligned, got, v.frames)
		}
	}
}

// Frames of 3GPP's file format, as the library writes them, are in payloads of both
// packings, one bit after the other.
func TestAMRWB_RFC4867_4_3_packs(t *testing.T) {
	voice := speechlike(16000, 1, 6000)
	for mode, size := range map[int]int{2: 253, 3: 285, 4: 317, 5: 365, 6: 397, 7: 461, 8: 477} {
		set := "mode-set=" + string(rune('0'+mode))
		tight, aligned := amrwbFor(t, set), amrwbFor(t, "octet-align=1;"+set)
		a, b := tight.NewEncoder(), aligned.NewEncoder()
		for at := 0; at+320 <= len(voice); at += 320 {
			p, q := make([]byte, 640), make([]byte, 640)
			p, q = p[:a.Encode(p, voice[at:at+320])], q[:b.Encode(q, voice[at:at+320])]
			if len(p) != (10+size+7)/8 || len(q) != 2+(size+7)/8 {
				t.Fatalf("mode %d: %d and %d octets", mode, len(p), len(q))
			}
			// No mode is asked for; one frame; undamaged.
			entry := spelled([]byte{byte(mode)})[4:]
			if got, want := spelled(p), "1111"+"0"+entry+"1"+spelled(q[2:])[:size]; got[:len(want)] != want || strings.Contains(got[len(want):], "1") {
				t.Fatalf("mode %d:\n%s\n%s", mode, got, want)
			}
			if got, want := spelled(q), "11110000"+"0"+entry+"100"; got[:16] != want || strings.Contains(got[16+size:], "1") {
				t.Fatalf("mode %d: %s, want %s", mode, got[:16], want)
			}
		}
	}
}

// spelled writes octets as bits.
func spelled(octets []byte) string {
	var b strings.Builder
	for _, v := range octets {
		for i := 7; i >= 0; i-- {
			b.WriteByte('0' + v>>i&1)
		}
	}
	return b.String()
}

// A packet of several frames, packed by hand of those of several packets, says what they
// said one after the other.
func TestAMRWB_RFC4867_4_3_2_severalFrames(t *testing.T) {
	voice := speechlike(16000, 1, 6000)
	for _, aligned := range []bool{false, true} {
		parameters := ""
		if aligned {
			parameters = "octet-align=1"
		}
		c := amrwbFor(t, parameters)
		enc, one, several := c.NewEncoder(), c.NewDecoder(), c.NewDecoder()
		for at := 0; at+960 <= len(voice); at += 960 {
			var want, got [960]int16
			table, frames := "1111", ""
			if aligned {
				table += "0000"
			}
			for i := range 3 {
				p := make([]byte, 640)
				p = p[:enc.Encode(p, voice[at+320*i:at+320*i+320])]
				one.Decode(want[320*i:], p)
				more := "1"
				if i == 2 {
					more = "0"
				}
				if s := spelled(p); aligned {
					table, frames = table+more+s[9:16], frames+s[16:]
				} else {
					table, frames = table+more+s[5:10], frames+s[10:487]
				}
			}
			payload := bits(table + frames)
			if n := several.Decode(got[:], payload); n != 960 || got != want {
				t.Fatalf("aligned: %v: %d samples of %s, otherwise than one by one", aligned, n, hex.EncodeToString(payload))
			}
		}
	}
}

// RFC 4867 §8.3.1: what is taken of offers, and what is answered.
func TestAMRWB_RFC4867_8_3_1_answers(t *testing.T) {
	const ours = "mode-change-capability=2;max-red=0"
	forms := amrwb(t).(codec.Negotiable).Forms()
	if len(forms) != 2 || forms[0].Parameters() != ours || forms[1].Parameters() != "octet-align=1;"+ours {
		t.Fatalf("offered: %+v", forms)
	}
	for offered, want := range map[string][2]string{
		"":              {ours, "-"},
		"octet-align=0": {ours, "-"},
		"octet-align=1": {"-", "octet-align=1;" + ours},
		"OCTET-ALIGN=1; mode-set=0,1,2 ;mode-change-period=2": {"-", "octet-align=1;mode-set=0,1,2;" + ours},
		"mode-set=8,2,0; mode-change-neighbor=1; crc=0":       {"mode-set=0,2,8;" + ours, "-"},
		"mode-set=0,1,2,3,4,5,6,7,8":                          {ours, "-"},
		"max-red=220;robust-sorting=0":                        {ours, "-"},
		"mode-set=0,1":                                        {"-", "-"}, // in which we do not speak
		"octet-align=1;crc=1":                                 {"-", "-"},
		"octet-align=1;robust-sorting=1":                      {"-", "-"},
		"octet-align=1;interleaving=30":                       {"-", "-"},
		"octet-align=yes":                                     {"-", "-"},
		"mode-set=9":                                          {"-", "-"},
		"mode-set=":                                           {"-", "-"},
		"mode-set=-1":                                         {"-", "-"},
		"mode-set=0,,1":                                       {"-", "-"},
	} {
		for i, form := range forms {
			got, ok := form.(codec.Negotiable).Answer(offered)
			if !ok {
				got = "-"
			}
			if got != want[i] {
				t.Errorf("%q to form %d: %q, want %q", offered, i, got, want[i])
			}
		}
		_, ok := codec.ByName("AMR-WB", 16000, offered)
		if known := want != [2]string{"-", "-"}; ok != known {
			t.Errorf("%q by name: %v", offered, ok)
		}
	}
}

// RFC 4867 §4.3.1: the far end is spoken to in the mode that it asks for, as long as it
// asks; §8.1: within the mode-set, and from neighbour to neighbour where it wants that.
func TestAMRWB_RFC4867_4_3_1_modeRequests(t *testing.T) {
	const none = 15
	for _, v := range []struct {
		parameters string
		asks       []byte
		gets       []byte
	}{
		{"", []byte{none, 2, 2, none, 0, 1, 8}, []byte{8, 2, 2, 8, 2, 2, 8}}, // less than 2 we do not speak
		{"octet-align=1", []byte{2, 9, 14, 3}, []byte{2, 2, 2, 3}},           // 9 to 14 are no modes
		{"mode-set=0,3,4", []byte{none, 1, 0, 8, none}, []byte{4, 4, 3, 3, 4}},
		{"mode-set=0,3,5,7,8;mode-change-neighbor=1", []byte{0, 0, 0, 0, 8, 8, 3, 8}, []byte{7, 5, 3, 3, 5, 7, 5, 7}},
	} {
		c := amrwbFor(t, v.parameters)
		now := c.Mode(nil, nil)
		for i, asked := range v.asks {
			now = c.Mode(now, []byte{asked << 4})
			coded := make([]byte, 640)
			n := now.NewEncoder().Encode(coded, make([]int16, 320))
			got := coded[0]&7<<1 | coded[1]>>7
			if strings.Contains(v.parameters, "octet-align=1") {
				got = coded[1] >> 3
			}
			if n == 0 || got != v.gets[i] {
				t.Errorf("%q: request %d, for %d: mode %d, want %d", v.parameters, i, asked, got, v.gets[i])
			}
		}
		payload := []byte{0x2f}
		if n := testing.AllocsPerRun(10, func() { now = c.Mode(now, payload) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func TestAMRWB_allocatesNothing(t *testing.T) {
	for _, parameters := range []string{"", "octet-align=1"} {
		c := amrwbFor(t, parameters)
		frame, coded := make([]int16, 320), make([]byte, 640)
		enc, dec, other := c.NewEncoder(), c.NewDecoder(), c.NewEncoder()
		if n := testing.AllocsPerRun(100, func() {
			n := enc.Encode(coded, frame)
			other.CopyFrom(enc)
			c.Samples(coded[:n])
			dec.Decode(frame, coded[:n])
			dec.(codec.Skimmer).Skim(coded[:n])
		}); n != 0 {
			t.Errorf("%v allocations per frame", n)
		}
		if raceDetector {
			continue // under which purego's pool forgets a quarter, and this is nine calls
		}
		if n := testing.AllocsPerRun(100, func() {
			other.CopyFrom(enc)
			other.Encode(coded, frame)
		}); n != 0 {
			t.Errorf("%v allocations when an encoder takes over", n)
		}
	}
}

// An encoder that takes over from another, of the same mode or not, in the middle of
// speech: what the far end hears is not further from the voice than what it would have
// heard.
func TestAMRWB_takesOver(t *testing.T) {
	voice := speechlike(16000, 20, 6000)
	const every = 20 // frames
	for name, sets := range map[string][2]string{
		"23.85 kbit/s":                   {"mode-set=8", "mode-set=8"},
		"12.65 kbit/s":                   {"mode-set=2", "mode-set=2"},
		"between 23.85 kbit/s and 12.65": {"mode-set=8", "mode-set=2"},
		"between 12.65 kbit/s and 15.85": {"mode-set=2", "mode-set=4"},
	} {
		run := func(copies bool) (heard []int16) {
			cs := [2]codec.Codec{amrwbFor(t, sets[0]), amrwbFor(t, sets[1])}
			enc, dec := cs[0].NewEncoder(), cs[0].NewDecoder()
			coded, frame := make([]byte, 640), make([]int16, 320)
			for i := 0; i*320+320 <= len(voice); i++ {
				if copies && i%every == every-1 {
					next := cs[i/every%2].NewEncoder()
					next.CopyFrom(enc)
					enc = next
				}
				n := enc.Encode(coded, voice[i*320:i*320+320])
				heard = append(heard, frame[:dec.Decode(frame, coded[:n])]...)
			}
			return heard
		}
		whole, changed := run(false), run(true)
		if len(whole) != len(voice) || len(changed) != len(voice) {
			t.Fatalf("%s: %d and %d samples of %d", name, len(whole), len(changed), len(voice))
		}
		had, _ := audiotest.SNR(voice[16000:], whole[16000:], 320)
		has, _ := audiotest.SNR(voice[16000:], changed[16000:], 320)
		t.Logf("%s: %.1f dB, without changes %.1f; largest step %d and %d", name, has, had, step(changed), step(whole))
		if has < had-3 || step(changed) > step(whole)*3/2 {
			t.Errorf("%s: %.1f dB, without changes %.1f; largest step %d and %d", name, has, had, step(changed), step(whole))
		}
	}
}

// step returns the largest difference between neighbours.
func step(samples []int16) (most int) {
	for i := 1; i < len(samples); i++ {
		most = max(most, int(math.Abs(float64(samples[i])-float64(samples[i-1]))))
	}
	return most
}

// A voice that stays the same for long comes out as loud as it was, in each mode that we
// speak: in the two below vo-amrwbenc loses hold of it.
func TestAMRWB_staysAsLoud(t *testing.T) {
	voice := speechlike(16000, 10, 6000)
	for mode := '2'; mode <= '8'; mode++ {
		out := through(amrwbFor(t, "mode-set=0,"+string(mode)), voice)
		for at := 16000; at+16000 <= len(voice); at += 16000 {
			if got, want := audio.Level(out[at:at+16000]), audio.Level(voice[at:at+16000]); math.Abs(got-want) > 1 {
				t.Errorf("mode %c, after %d s: %.1f dBov, want %.1f", mode, at/16000, got, want)
			}
		}
	}
}

// What a far end sends in its pauses: a description of its noise (SID), and nothing or
// frames without data until the next. The noise goes on in between, as loud as it was.
func TestAMRWB_RFC4867_3_2_comfortNoise(t *testing.T) {
	c := amrwbFor(t, "octet-align=1")
	dec := c.NewDecoder()
	frame := make([]int16, 320)
	hear := func(payload string) float64 {
		b, err := hex.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		if !dec.(codec.Skimmer).Skim(b) {
			t.Errorf("%s is somebody who speaks", payload)
		}
		if n := dec.Decode(frame, b); n != 320 {
			t.Fatalf("%s: %d samples", payload, n)
		}
		return audio.Level(frame)
	}
	// As an encoder sends them that lets out silence, for white noise of those levels.
	for want, sid := range map[float64]string{-72.3: "f04cffffbdf458", -58.3: "f04cffffbdf758"} {
		for i := range 4 {
			hear(sid)
			for range 7 {
				// No data. From one description to the next the noise glides.
				if level := hear("f07c"); i > 0 && math.Abs(level-want) > 5 {
					t.Errorf("comfort noise at %.1f dBov, want %.1f", level, want)
				}
			}
		}
	}
}

// FuzzAMRWB packs anything as payloads of both kinds. What is told of one by its size is
// what is decoded, and nothing behind it is touched; what is nonsense changes nothing.
func FuzzAMRWB(f *testing.F) {
	f.Add([]byte{0xf0, 0x7c})
	f.Add(bits("1111 0 0000 1" + strings.Repeat("01", 66)))
	f.Add(bits("1111 0000 1 0000 0 00 0 1001 1 00" + strings.Repeat("01", 88)))
	f.Add(append([]byte{0xf0, 0x44}, bytes.Repeat([]byte{0xa5}, 60)...))
	if _, err := codec.AMRWB(); err != nil {
		f.Skip(err)
	}
	tight, aligned := amrwbFor(f, ""), amrwbFor(f, "octet-align=1")
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, c := range []codec.Adaptive{tight, aligned} {
			n := c.Samples(payload)
			if n%320 != 0 || n > 3200 {
				t.Fatalf("% x: %d samples", payload, n)
			}
			// At the least, a frame takes its entry in the table.
			if frames := n / 320; frames > 0 && frames*6+4 > 8*len(payload) {
				t.Fatalf("% x: %d frames", payload, frames)
			}
			dec := c.NewDecoder()
			dst := make([]int16, n+1)
			dst[n] = 77
			dec.(codec.Skimmer).Skim(payload)
			if got := dec.Decode(dst, payload); got != n || dst[n] != 77 {
				t.Fatalf("% x: %d samples, said to be %d; behind them %d", payload, got, n, dst[n])
			}
			if n > 0 && dec.Decode(dst[:n-1], payload) != 0 {
				t.Fatalf("% x: decoded into too little", payload)
			}
			if now := c.Mode(tight.Mode(nil, nil), payload); now == nil {
				t.Fatal("no mode")
			}
		}
	})
}

func BenchmarkAMRWB(b *testing.B) {
	voice := speechlike(16000, 1, 6000)
	for _, set := range []string{"mode-set=8", "mode-set=2"} {
		c := amrwbFor(b, set)
		coded, frame := make([]byte, 640), make([]int16, 320)
		enc, dec := c.NewEncoder(), c.NewDecoder()
		i, n := 0, 0
		b.Run(set+"/encode", func(b *testing.B) {
			for b.Loop() {
				n = enc.Encode(coded, voice[i*320:i*320+320])
				i = (i + 1) % 50
			}
		})
		b.Run(set+"/decode", func(b *testing.B) {
			for b.Loop() {
				dec.Decode(frame, coded[:n])
			}
		})
		b.Run(set+"/copy", func(b *testing.B) {
			other := c.NewEncoder()
			for b.Loop() {
				other.CopyFrom(enc)
			}
		})
		b.Run(set+"/take over", func(b *testing.B) {
			other := c.NewEncoder()
			for b.Loop() {
				other.CopyFrom(enc)
				other.Encode(coded, voice[:320])
			}
		})
	}
}
