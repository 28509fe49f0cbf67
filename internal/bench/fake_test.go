package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/rtp"
)

// fake is a switch that answers whatever the test wants, and sends each packet
// back as often as the test wants.
type fake struct {
	sip, voice net.PacketConn
	wg         sync.WaitGroup

	// Of a request, the response to it: "" none, "200" with a place to speak,
	// "BYE" the same and a BYE after it.
	answer func(method string, n int) string
	// Of the n-th packet of a caller, when copies of it go back.
	echo func(caller netip.AddrPort, n int) []time.Duration

	mu       sync.Mutex
	requests []string // methods, in the order of their coming
	packets  map[netip.AddrPort]int
}

func newFake(t *testing.T, f *fake) *fake {
	t.Helper()
	f.packets = make(map[netip.AddrPort]int)
	for _, conn := range []*net.PacketConn{&f.sip, &f.voice} {
		var err error
		if *conn, err = net.ListenPacket("udp4", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	f.wg.Go(f.signal)
	f.wg.Go(f.talk)
	t.Cleanup(func() {
		f.sip.Close()
		f.voice.Close()
		f.wg.Wait()
	})
	return f
}

func (f *fake) signal() {
	b := make([]byte, 4096)
	counts := map[string]int{}
	for {
		n, from, err := f.sip.ReadFrom(b)
		if err != nil {
			return
		}
		request := string(b[:n])
		method, _, _ := strings.Cut(request, " ")
		f.mu.Lock()
		f.requests = append(f.requests, method)
		f.mu.Unlock()
		code := f.answer(method, counts[method])
		counts[method]++
		if code == "" {
			continue
		}
		status := code
		if code == "BYE" {
			status = "200"
		}
		var body string
		if method == "INVITE" && status == "200" {
			body = fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n", f.voice.LocalAddr().(*net.UDPAddr).Port)
		}
		f.sip.WriteTo(response(request, status, f.sip.LocalAddr().String(), body), from)
		if code == "BYE" {
			f.sip.WriteTo([]byte("BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:b>;tag=b\r\nTo: <sip:a>;tag=a\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n"), from)
		}
	}
}

func response(request, code, contact, body string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s Whatever\r\n", code)
	for line := range strings.SplitSeq(request, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "To":
			if !strings.Contains(line, "tag=") {
				line += ";tag=theirs"
			}
			fmt.Fprintf(&b, "%s\r\n", line)
		case "Via", "From", "Call-ID", "CSeq":
			fmt.Fprintf(&b, "%s\r\n", line)
		}
	}
	fmt.Fprintf(&b, "Contact: <sip:switch@%s>\r\nContent-Length: %d\r\n\r\n%s", contact, len(body), body)
	return []byte(b.String())
}

func (f *fake) talk() {
	b := make([]byte, 2048)
	for {
		n, addr, err := f.voice.ReadFrom(b)
		if err != nil {
			return
		}
		from := addr.(*net.UDPAddr).AddrPort()
		f.mu.Lock()
		i := f.packets[from]
		f.packets[from]++
		f.mu.Unlock()
		for _, after := range f.echo(from, i) {
			packet := bytes.Clone(b[:n])
			if after == 0 {
				f.voice.WriteTo(packet, addr)
				continue
			}
			f.wg.Go(func() {
				time.Sleep(after)
				f.voice.WriteTo(packet, addr)
			})
		}
	}
}

func (f *fake) addr() netip.AddrPort { return f.sip.LocalAddr().(*net.UDPAddr).AddrPort() }

func (f *fake) asked(method string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.requests {
		if r == method {
			n++
		}
	}
	return n
}

func always(code string) func(string, int) string {
	return func(method string, _ int) string {
		if method == "ACK" {
			return ""
		}
		return code
	}
}

func once(netip.AddrPort, int) []time.Duration { return []time.Duration{0} }

func fakeStage(rate float64) *Stage {
	return &Stage{Config: Config{Rate: rate}.withDefaults(), length: time.Second}
}

func formatFor(t *testing.T, name string) format {
	t.Helper()
	f, err := formatOf(name)
	if err != nil {
		t.Skip(err) // a library that this machine does not have
	}
	return f
}

func generatorFor(t *testing.T, f *fake) *generator {
	t.Helper()
	before := runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // see media.Every
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	g, err := newGenerator(f.addr(), formatFor(t, ""))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(g.close)
	return g
}

// What is dropped, doubled and held back on the way is what is counted: no more,
// no less.
func TestGenerator_countsWhatTheWayDoes(t *testing.T) {
	var mu sync.Mutex
	counting := false
	var dropped, doubled, held int
	f := newFake(t, &fake{answer: always("200"), echo: func(_ netip.AddrPort, n int) []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		if !counting {
			return []time.Duration{0}
		}
		switch {
		case n%10 == 3:
			dropped++
			return nil
		case n%10 == 5:
			doubled++
			return []time.Duration{0, 0}
		case n%10 == 7: // and so it comes after the next
			held++
			return []time.Duration{30 * time.Millisecond}
		}
		return []time.Duration{0}
	}})
	g := generatorFor(t, f)
	s := fakeStage(200)
	if err := g.assemble(t.Context(), s, Load{Rooms: 2, People: 2, Talkers: 1}); err != nil {
		t.Fatal(err)
	}
	if err := g.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	set := func(to bool) { mu.Lock(); defer mu.Unlock(); counting = to }
	set(true)
	time.Sleep(2 * time.Second)
	set(false)
	time.Sleep(200 * time.Millisecond) // what was held back has come, and something after it
	n, err := g.end()
	if err != nil {
		t.Fatal(err)
	}
	if n.overflows > 0 {
		t.Skip("the machine is too busy to read what comes")
	}
	if dropped < 20 || doubled < 20 || held < 20 {
		t.Fatalf("the way has dropped %d, doubled %d and held %d packets: too few to tell", dropped, doubled, held)
	}
	if n.lost != int64(dropped) {
		t.Errorf("lost: %d counted, %d dropped", n.lost, dropped)
	}
	if n.duplicates != int64(doubled) {
		t.Errorf("duplicates: %d counted, %d doubled", n.duplicates, doubled)
	}
	if n.latest < 25*time.Millisecond || n.jitter.quantile(0.95) < 25*time.Millisecond {
		t.Errorf("a tenth was held back for 30 ms, and the latest is %v, p95 %v", n.latest, n.jitter.quantile(0.95))
	}
	if n.foreign != 0 || n.silent != 0 {
		t.Errorf("%d foreign packets, %d silent callers", n.foreign, n.silent)
	}
	if err := n.trouble(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d packets of", dropped)) || !strings.Contains(err.Error(), "came twice") {
		t.Errorf("trouble: %v", err)
	}
	if err := g.leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if byes := f.asked("BYE"); byes < 4 {
		t.Errorf("%d BYEs of 4 callers", byes)
	}
}

// Who hears itself, or nobody, is found out.
func TestGenerator_hearsWhoIsHeard(t *testing.T) {
	f := newFake(t, &fake{answer: always("200"), echo: once}) // each hears itself
	g := generatorFor(t, f)
	if err := g.assemble(t.Context(), fakeStage(200), Load{Rooms: 1, People: 3, Talkers: 2}); err != nil {
		t.Fatal(err)
	}
	if err := g.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := g.listen(t.Context())
	if err == nil || !strings.Contains(err.Error(), "3 of 3 callers do not hear") || !strings.Contains(err.Error(), "331 Hz") {
		t.Errorf("got %v", err)
	}
}

func TestGenerator_repeatsWhatIsNotAnswered(t *testing.T) {
	f := newFake(t, &fake{echo: once, answer: func(method string, n int) string {
		if method == "ACK" || n == 0 { // the first of each is lost
			return ""
		}
		return "200"
	}})
	g := generatorFor(t, f)
	if err := g.assemble(t.Context(), fakeStage(100), Load{Rooms: 1, People: 1}); err != nil {
		t.Fatal(err)
	}
	if err := g.leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if invites, acks, byes := f.asked("INVITE"), f.asked("ACK"), f.asked("BYE"); invites < 2 || acks < 1 || byes < 2 {
		t.Errorf("%d INVITEs, %d ACKs, %d BYEs; want 2, 1, 2", invites, acks, byes)
	}
}

func TestGenerator_saysHowCallsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		code, want string
	}{
		"not found":              {"404", "caller 0 of room 0: refused with 404"},
		"hung up by the far end": {"BYE", "hung up by the switch"},
	} {
		t.Run(name, func(t *testing.T) {
			g := generatorFor(t, newFake(t, &fake{answer: always(c.code), echo: once}))
			err := g.assemble(t.Context(), fakeStage(100), Load{Rooms: 1, People: 1})
			if err == nil { // it was answered first
				if err = g.until(t.Context(), func() bool { return g.crowd.over == 1 }); err == nil {
					g.do(func() { err = g.crowd.trouble() })
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Who is to stay calls again when it is refused; who passes does not.
func TestGenerator_callsAgain(t *testing.T) {
	f := newFake(t, &fake{echo: once, answer: func(method string, n int) string {
		if method == "ACK" {
			return ""
		}
		if method == "INVITE" && n < 2 {
			return "503"
		}
		return "200"
	}})
	g := generatorFor(t, f)
	b := g.pass(100, Load{Rooms: 1, People: 1}, 0, time.Millisecond)
	if err := g.until(t.Context(), func() bool { return b.dialled > 0 }); err != nil {
		t.Fatal(err)
	}
	g.passNone()
	if err := g.until(t.Context(), func() bool { return b.over == b.dialled }); err != nil {
		t.Fatal(err)
	}
	if err := g.assemble(t.Context(), fakeStage(100), Load{Rooms: 1, People: 1}); err != nil {
		t.Fatal(err)
	}
	var refused, answered int
	g.do(func() { refused, answered = g.crowd.refused, g.crowd.answered })
	if b.refused == 0 || b.refused+refused != 2 || answered != 1 {
		t.Errorf("%d of those who pass were refused and %d of those who stay, want 2 in all; %d answered", b.refused, refused, answered)
	}
}

// Callers that pass come at their rate, stay, and leave; they have addresses of
// their own, and are not among those who are counted.
func TestGenerator_passers(t *testing.T) {
	f := newFake(t, &fake{answer: always("200"), echo: once})
	g := generatorFor(t, f)
	b := g.pass(50, Load{Rooms: 3, People: 100}, 7, 400*time.Millisecond)
	if err := g.until(t.Context(), func() bool { return b.over >= 10 }); err != nil {
		t.Fatal(err)
	}
	g.passNone()
	if err := g.until(t.Context(), func() bool { return b.over == b.dialled }); err != nil {
		t.Fatal(err)
	}
	if b.failed+b.refused > 0 || b.answered != b.dialled || b.setups.n != uint64(b.answered) {
		t.Errorf("%d dialled, %d answered, %d refused, %d failed, the first: %v", b.dialled, b.answered, b.refused, b.failed, b.failure)
	}
	g.do(func() {
		if n := len(g.staying()); n > 0 {
			t.Errorf("%d stay", n)
		}
		for i := range g.slots {
			if len(g.slots[i]) > 0 {
				t.Errorf("slot %d: %d still speak", i, len(g.slots[i]))
			}
		}
	})
	sources := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.packets)
	}
	for end := time.Now().Add(5 * time.Second); sources() < b.dialled && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := sources(); n != b.dialled {
		t.Errorf("%d sources of voice, want %d", n, b.dialled)
	}
}

func packet(sequence int, ssrc uint32) rtp.Packet {
	return rtp.Packet{Sequence: uint16(sequence), Timestamp: uint32(sequence) * packetSamples, SSRC: ssrc}
}

func TestStream(t *testing.T) {
	const tick = int64(20 * time.Millisecond)
	// Each step is a packet and when it comes, in ticks.
	type step struct {
		sequence int
		at       float64
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  streamCount
	}{
		{"steady", []step{{10, 1}, {11, 2}, {12, 3}}, streamCount{received: 3}},
		{"over the end of the numbers", []step{{65534, 1}, {65535, 2}, {65536, 3}, {65537, 4}}, streamCount{received: 4}},
		{"one lost", []step{{10, 1}, {12, 3}}, streamCount{received: 2, lost: 1}},
		{"four lost, which is a gap", []step{{10, 1}, {15, 6}}, streamCount{received: 2, lost: 4, gaps: 1}},
		{"one twice", []step{{10, 1}, {11, 2}, {11, 2}}, streamCount{received: 2, duplicates: 1}},
		{"two in the wrong order", []step{{10, 1}, {12, 3}, {11, 3}}, streamCount{received: 3, latest: time.Duration(tick)}},
		{"one late", []step{{10, 1}, {11, 2.5}, {12, 3}}, streamCount{received: 3, latest: time.Duration(tick) / 2}},
		{"the first was the late one", []step{{10, 1.5}, {11, 2}, {12, 3.25}}, streamCount{received: 3, latest: time.Duration(tick) / 4}},
	} {
		s := stream{clock: 8000}
		for _, step := range c.steps {
			s.take(packet(step.sequence, 1), int64(step.at*float64(tick)))
		}
		if got := s.counted(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestStream_marksAndStrangers(t *testing.T) {
	s := stream{clock: 8000}
	for i := range 10 {
		s.take(packet(i, 1), int64(i)*int64(20*time.Millisecond))
	}
	s.mark()
	s.take(packet(8, 1), int64(10*20*time.Millisecond)) // of before, again
	s.take(packet(10, 2), int64(10*20*time.Millisecond))
	s.take(packet(11, 1), int64(11*20*time.Millisecond))
	want := streamCount{received: 1, lost: 1, duplicates: 1, foreign: 1}
	if got := s.counted(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	if h.quantile(0.99) != 0 {
		t.Error("of nothing, something")
	}
	for i := 1; i <= 100; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	h.add(time.Second) // beyond the last step
	for q, want := range map[float64]time.Duration{0.5: 51 * time.Millisecond, 0.9: 91 * time.Millisecond, 1: time.Second} {
		if got := h.quantile(q); got < want-histogramStep || got > want+histogramStep {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
}

// Nothing that comes makes the generator stumble.
func FuzzReply(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nTo: <sip:a@b>;tag=7\r\nContact: <sip:c@d>\r\n\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n"))
	f.Add([]byte("SIP/2.0 "))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parseReply(b)
		if ok && (r.code < 0 || r.code > 999) {
			t.Errorf("code %d of %q", r.code, b)
		}
		if to, err := voiceAddr(r.body); err == nil && (to.Port() == 0 || !to.Addr().Is4()) {
			t.Errorf("%v of %q", to, r.body)
		}
	})
}

// What a caller says can be told by its pitch by who hears it, from the middle on and
// over the seam of the loop, whatever the codec; and silence is silence.
func TestFormat(t *testing.T) {
	for _, name := range []string{"", "G722", "opus"} {
		t.Run(name, func(t *testing.T) {
			f := formatFor(t, name)
			v, l := newVoices(f), Load{Rooms: 1, People: 3, Talkers: 1}
			said := v.of(l, 0, 0)
			listener, talker := &caller{format: &f, load: l, place: 1}, &caller{format: &f, load: l, place: 0}
			payloads := append(slices.Clone(said[70:]), said[:20]...)
			if err := listener.hearsTheOthers(payloads); err != nil {
				t.Error(err)
			}
			if err := talker.hearsTheOthers(payloads); err == nil {
				t.Error("who hears itself is not found out")
			}
			silence := slices.Repeat([][]byte{v.silence}, 50)
			if err := talker.hearsTheOthers(silence); err != nil {
				t.Error(err)
			}
			if err := listener.hearsTheOthers(silence); err == nil {
				t.Error("who hears nobody is not found out")
			}
			if level := audio.Level(f.decode(silence)); level > -60 {
				t.Errorf("silence is heard at %.0f dBov", level)
			}
		})
	}
}

// An offer says what is spoken, by its own clock, and the timestamps go by that.
func TestFormat_offer(t *testing.T) {
	for name, want := range map[string]string{
		"": "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n" +
			"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
		"opus": "m=audio 4000 RTP/AVP 111 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" +
			"a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
	} {
		f := formatFor(t, name)
		if got := f.media(4000); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
		if want := uint32(f.ClockRate() / 50); f.step != want {
			t.Errorf("%q: timestamps go by %d, want %d", name, f.step, want)
		}
	}
}

// A machine without the library of a codec is told so, and it is no failure.
func TestRunCoded_withoutItsLibrary(t *testing.T) {
	o, err := runCoded(t.Context(), &Stage{Scenario: Scenario{Codec: "nothing"}})
	if err != nil || len(o.Values) > 0 || len(o.Notes) != 1 || !strings.HasPrefix(o.Notes[0], "left out: codec \"nothing\"") {
		t.Errorf("%+v, %v", o, err)
	}
}

// A voice in few words: two seconds, loud enough, with pauses, the same each time.
func TestVoices(t *testing.T) {
	v := newVoices(formatFor(t, ""))
	l := Load{Rooms: 3, People: 4, Talkers: 4}
	seen := map[int]bool{}
	for room := range l.Rooms {
		for place := range l.People {
			i, ok := pitchOf(l, room, place)
			if !ok || seen[i] {
				t.Errorf("room %d, place %d: pitch %d, %v: rooms side by side have one in common", room, place, i, ok)
			}
			seen[i] = true
			voice := v.of(l, room, place)
			if len(voice) != 100 {
				t.Errorf("a voice of %d packets", len(voice))
			}
			if pauses := bytes.Count(bytes.Join(voice, nil), v.silence); pauses < 2 {
				t.Errorf("room %d, place %d: %d pauses", room, place, pauses)
			}
		}
	}
	if _, ok := pitchOf(Load{1, 1000, 1000}, 0, 16); ok {
		t.Error("the seventeenth of a room has a pitch of its own")
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], firstAddr)
	if netip.AddrFrom4(b).String() != "127.64.0.0" {
		t.Errorf("callers begin at %v", netip.AddrFrom4(b))
	}
}
