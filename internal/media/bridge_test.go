package media_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
)

func TestBridge_everyoneHearsTheOthersAndNotThemselves(t *testing.T) {
	for name, loops := range map[string]int{"one loop": 1, "two loops, joined by trunk strips": 2} {
		t.Run(name, func(t *testing.T) {
			near := newPlane(t, media.Config{PortLow: 21000, PortHigh: 21099, Loops: loops, SessionsPerLoop: 2})
			far := newPlane(t, media.Config{PortLow: 21100, PortHigh: 21199, Loops: 1})
			bridge := near.NewBridge()
			defer bridge.Close()
			pitches := []float64{450, 650, 850, 1250} // whole cycles in a frame: one lost or repeated does not break the tone
			muted := []bool{false, false, true, false}
			var phones []*media.Session
			for i, hz := range pitches {
				n, f := call(t, near, far)
				if err := bridge.Join(n, muted[i]); err != nil {
					t.Fatal(err)
				}
				say(t, f, hz)
				phones = append(phones, f)
			}
			var want [4][]float64
			for i := range pitches {
				for j, hz := range pitches {
					if j != i && !muted[j] {
						want[i] = append(want[i], hz)
					}
				}
			}
			// The sockets and the clock are real, so a machine with much else to do
			// may break a tone. Whoever hears what they must not never gets it right.
			deadline := time.Now().Add(10 * time.Second)
			for right := false; !right; {
				heard := make([][]int16, len(phones))
				var wg sync.WaitGroup
				for i, f := range phones {
					wg.Go(func() { heard[i] = hear(t, f, 500*time.Millisecond) })
				}
				wg.Wait()
				right = true
				for i := range phones {
					got := whoIsHeard(heard[i], pitches...)
					if right = right && slices.Equal(got, want[i]); !slices.Equal(got, want[i]) && time.Now().After(deadline) {
						t.Fatalf("the phone that says %v Hz hears %v, want %v", pitches[i], got, want[i])
					}
				}
			}
		})
	}
}

func TestBridge_playIsHeardByAll(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		bridge := near.NewBridge()
		defer bridge.Close()
		n1, f1 := call(t, near, far)
		n2, f2 := call(t, near, far)
		for _, n := range []*media.Session{n1, n2} {
			if err := bridge.Join(n, false); err != nil {
				t.Fatal(err)
			}
		}
		heard := make([][]int16, 2)
		var wg sync.WaitGroup
		for i, f := range []*media.Session{f1, f2} {
			wg.Go(func() { heard[i] = hear(t, f, time.Second) })
		}
		if err := bridge.Play(t.Context(), audio.NewTone(8000, 1000, -20, 400*time.Millisecond)); err != nil {
			t.Error(err)
		}
		wg.Wait()
		for i, samples := range heard {
			if n := loudSamples(samples); n < 3000 || n > 3500 {
				t.Errorf("phone %d hears %d samples of a prompt of 3200", i, n)
			}
		}
	})
}

// loudSamples counts from the first to the last sample that is no silence.
func loudSamples(samples []int16) int {
	first := slices.IndexFunc(samples, func(v int16) bool { return v > 300 })
	if first < 0 {
		return 0
	}
	last := len(samples) - 1
	for samples[last] < 300 {
		last--
	}
	return last - first + 1
}

func TestSession_leavesAndComesBack(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		bridge := near.NewBridge()
		defer bridge.Close()
		n1, f1 := call(t, near, far)
		n2, f2 := call(t, near, far)
		bridge.Join(n1, false)
		bridge.Join(n2, false)
		say(t, f1, 450)
		time.Sleep(200 * time.Millisecond)
		if got := whoIsHeard(hear(t, f2, 300*time.Millisecond), 450); len(got) != 1 {
			t.Error("the other is not heard at the bridge")
		}
		bridge.Leave(n2)
		time.Sleep(100 * time.Millisecond)
		if got := whoIsHeard(hear(t, f2, 300*time.Millisecond), 450); len(got) != 0 {
			t.Error("the other is heard after leaving the bridge")
		}
		if err := bridge.Join(n2, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		if got := whoIsHeard(hear(t, f2, 300*time.Millisecond), 450); len(got) != 1 {
			t.Error("the other is not heard after coming back")
		}
	})
}

func TestHeardOnlyBy_aCoachIsHeardByOne(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		bridge := near.NewBridge()
		defer bridge.Close()
		var sessions, phones []*media.Session
		pitches := []float64{450, 650, 850}
		for _, hz := range pitches {
			n, f := call(t, near, far)
			if err := bridge.Join(n, false); err != nil {
				t.Fatal(err)
			}
			say(t, f, hz)
			sessions, phones = append(sessions, n), append(phones, f)
		}
		if err := bridge.HeardOnlyBy(sessions[0], sessions[1]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		want := [][]float64{{650, 850}, {450, 850}, {650}}
		heard := make([][]int16, 3)
		var wg sync.WaitGroup
		for i, f := range phones {
			wg.Go(func() { heard[i] = hear(t, f, 500*time.Millisecond) })
		}
		wg.Wait()
		for i := range phones {
			if got := whoIsHeard(heard[i], pitches...); !slices.Equal(got, want[i]) {
				t.Errorf("phone %d hears %v, want %v", i, got, want[i])
			}
		}
		stranger, _ := call(t, near, far)
		if err := bridge.HeardOnlyBy(stranger, sessions[0]); err == nil {
			t.Error("a session that is not at the bridge can be a coach")
		}
	})
}
