package bench_test

import (
	"strings"
	"testing"
	"time"

	"confab/internal/bench"
)

// mostHeap is what a participant who talks may hold of a switch's heap, in KB: its
// goal, and a quarter for what two hundred of them share.
const mostHeap = 30

// A participant's whole share of the heap is bounded: of its dialog, its call, its
// script, its story, its place in a conference and its voice. Callers are in a process
// of their own, so nothing else is counted.
func TestHeap_perParticipant(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a switch with two hundred calls")
	}
	var out strings.Builder
	report, err := bench.Run(t.Context(), bench.Config{Binary: build(t), For: time.Second, Rate: 50, Out: &out,
		Scenarios: []bench.Scenario{littleRooms(t, bench.Load{Rooms: 50, People: 4, Talkers: 4})}})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	heap, ok := report.Results[0].Figure("heap")
	if !ok {
		t.Fatalf("no figure of the heap: %+v", report.Results[0])
	}
	t.Logf("%.1f KB for a participant", heap.Median)
	if heap.Median <= 0 || heap.Median > mostHeap {
		t.Errorf("%.1f KB for a participant, want at most %d", heap.Median, mostHeap)
	}
}

// littleRooms is the scenario of rooms of four with another load.
func littleRooms(t *testing.T, l bench.Load) bench.Scenario {
	for _, s := range bench.Scenarios() {
		if s.Name == "rooms-of-four" {
			s.Load = l
			return s
		}
	}
	t.Fatal("no scenario of rooms of four")
	return bench.Scenario{}
}
