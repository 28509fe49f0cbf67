package bench

import (
	"os/exec"
	"testing"
	"time"

	"confab/internal/rtp"
)

// A process that is held uses no time, goes on, and is ended even while it is held.
func TestProcess_standsStillWhileHeld(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	p, _, err := startProcess(t.Context(), cores{}, "ready", sh, "-c", "echo ready; while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	used := func() time.Duration {
		d, err := p.cpu()
		if err != nil {
			t.Skip(err)
		}
		return d
	}
	works := func() bool {
		before := used()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if used()-before > 20*time.Millisecond {
				return true
			}
		}
		return false
	}
	if !works() {
		t.Fatal("it does not work at all")
	}
	if err := p.hold(); err != nil {
		t.Fatal(err)
	}
	for held := used(); ; { // the signal may take a moment to arrive
		time.Sleep(50 * time.Millisecond)
		now := used()
		if now == held {
			break
		}
		held = now
	}
	if err := p.goOn(); err != nil {
		t.Fatal(err)
	}
	if !works() {
		t.Error("it does not go on")
	}
	if err := p.hold(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > 8*time.Second { // it would be killed after ten
		t.Errorf("it took %v to end it", took)
	}
}

// Who is hushed leaves out packets, as in a pause of speech: time goes on, and no number is missing.
func TestCaller_isHushedAsInAPause(t *testing.T) {
	f, err := formatOf("")
	if err != nil {
		t.Fatal(err)
	}
	c := caller{format: &f}
	packet := func() rtp.Packet {
		head, body := c.next([]byte{0xff})
		p, err := rtp.Parse(append(head, body...))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := packet()
	c.hush()
	c.hush()
	after := packet()
	if d := after.Timestamp - before.Timestamp; d != 3*f.step || after.Sequence != before.Sequence+1 {
		t.Errorf("after two packets' time the timestamp is %d later, the number %d; want %d and 1", d, after.Sequence-before.Sequence, 3*f.step)
	}
}

// What is measured in turns is the sum of the turns.
func TestMeasured_add(t *testing.T) {
	turn := func(late time.Duration, silent int) measured {
		m := measured{cpu: time.Second, own: time.Second / 2, between: 4 * time.Second, did: counts{metricDropped + `{why="full"}`: 2, metricLate + `_count{loop="0"}`: 5}}
		m.received, m.lost, m.sent, m.silent = 100, 1, 99, silent
		m.jitter.add(late)
		m.tally.late.add(late)
		return m
	}
	var all measured
	all.add(turn(time.Millisecond, 0))
	all.add(turn(9*time.Millisecond, 3))
	if all.cpu != 2*time.Second || all.own != time.Second || all.between != 8*time.Second || all.lostTo() != 4 || all.did.sum(metricLate+"_count") != 10 {
		t.Errorf("got %v, %v, %v, %v lost, %v slots", all.cpu, all.own, all.between, all.lostTo(), all.did.sum(metricLate+"_count"))
	}
	if all.received != 200 || all.lost != 2 || all.sent != 198 || all.silent != 3 {
		t.Errorf("packets %+v", all.streamCount)
	}
	if all.jitter.n != 2 || all.jitter.quantile(1) != 9*time.Millisecond || all.tally.late.n != 2 {
		t.Errorf("jitter of %d, at most %v; lateness of %d", all.jitter.n, all.jitter.quantile(1), all.tally.late.n)
	}
}
