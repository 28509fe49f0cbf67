package media_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
)

func TestBridge_whoIsHeardOnlyByOneIsHeardByNobodyElse(t *testing.T) {
	for name, loops := range map[string]int{"one loop": 1, "two loops": 2} {
		t.Run(name, func(t *testing.T) {
			planes(t, media.Config{Loops: loops, SessionsPerLoop: 2}, func(t *testing.T, near, far *media.Plane) {
				bridge := near.NewBridge()
				defer bridge.Close()
				pitches := []float64{450, 650, 850, 1250} // whole cycles in a frame: see TestBridge_everyoneHearsTheOthersAndNotThemselves
				var sessions, phones []*media.Session
				for _, hz := range pitches {
					n, f := call(t, near, far)
					if err := bridge.Join(n, false); err != nil {
						t.Fatal(err)
					}
					say(t, f, hz)
					sessions, phones = append(sessions, n), append(phones, f)
				}
				check := func(when string, want ...[]float64) {
					t.Helper()
					time.Sleep(300 * time.Millisecond)
					heard := make([][]int16, len(phones))
					var wg sync.WaitGroup
					for i, f := range phones {
						wg.Go(func() { heard[i] = hear(t, f, 400*time.Millisecond) })
					}
					wg.Wait()
					for i := range phones {
						if got := whoIsHeard(heard[i], pitches...); !slices.Equal(got, want[i]) {
							t.Errorf("%s phone %d hears %v, want %v", when, i, got, want[i])
						}
					}
				}
				coach := func(listeners ...*media.Session) {
					t.Helper()
					if err := bridge.HeardOnlyBy(sessions[0], listeners...); err != nil {
						t.Fatal(err)
					}
				}
				rest := []float64{650, 850, 1250}
				for who := 1; who < 4; who++ { // on two loops, at least one lives elsewhere
					coach(sessions[who])
					want := [][]float64{rest, {850, 1250}, {650, 1250}, {650, 850}}
					want[who] = append([]float64{450}, want[who]...)
					check("coached", want...)
				}
				bridge.Leave(sessions[3])
				if err := bridge.HeardOnlyBy(sessions[0], sessions[3]); err == nil {
					t.Error("somebody who has left can be spoken to")
				}
				check("its listener has left:", []float64{650, 850}, []float64{850}, []float64{650}, nil)
				coach()
				check("heard by all again:", []float64{650, 850}, []float64{450, 850}, []float64{450, 650}, nil)
			})
		})
	}
}

func TestSession_speechIsTold(t *testing.T) {
	planes(t, media.Config{}, func(t *testing.T, near, far *media.Plane) {
		n, f := call(t, near, far)
		told := make(chan bool, 16)
		n.NotifySpeech(func(talking bool) { told <- talking })
		talk := func() {
			t.Helper()
			if err := f.Play(t.Context(), audio.NewTone(8000, 440, -20, time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(200 * time.Millisecond)
		talk()
		for _, want := range []bool{true, false} {
			select {
			case got := <-told:
				if got != want {
					t.Fatalf("told talking: %v, want %v", got, want)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("not told talking: %v", want)
			}
		}
		n.NotifySpeech(nil)
		talk()
		time.Sleep(time.Second)
		if len(told) != 0 {
			t.Errorf("told %d times of what nobody asked", len(told))
		}
	})
}

func TestPlane_levels(t *testing.T) {
	planes(t, media.Config{Loops: 2, SessionsPerLoop: 1}, func(t *testing.T, near, far *media.Plane) {
		n1, f1 := call(t, near, far)
		n2, _ := call(t, near, far)
		say(t, f1, 440)
		sessions := []*media.Session{n2, n1, n2}
		levels, err := near.Levels(t.Context(), sessions)
		for deadline := time.Now().Add(5 * time.Second); err == nil && !levels[1].Talking && time.Now().Before(deadline); {
			time.Sleep(100 * time.Millisecond)
			levels, err = near.Levels(t.Context(), sessions)
		}
		if err != nil {
			t.Fatal(err)
		}
		if v := levels[1]; !v.Talking || v.DBov < -25 || v.DBov > -5 {
			t.Errorf("who talks is %+v", v)
		}
		for _, i := range []int{0, 2} {
			if v := levels[i]; v.Talking || v.DBov != -127 {
				t.Errorf("who is silent is %+v", v)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		near.Levels(ctx, sessions) // may be answered all the same; must not hang
		near.Close()
		if _, err := near.Levels(t.Context(), sessions); err == nil {
			t.Error("a closed plane has levels")
		}
	})
}
