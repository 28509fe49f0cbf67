package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// Applications that are dead, in each of the ways and however many, delay nobody
// else: to the nanosecond, the others hear of each event when they would have
// without them.
func TestDelivery_theDeadDelayNobodyElse(t *testing.T) {
	hear := func(dead dead) (heard map[string]time.Duration) {
		synctest.Test(t, func(t *testing.T) { heard = hearBeside(t, dead) })
		return heard
	}
	alone := hear(dead{})
	if len(alone) != living*10 {
		t.Fatalf("%d events were heard, want %d: the test proves nothing", len(alone), living*10)
	}
	for name, dead := range map[string]dead{
		"one host":                {hosts: 1, conferences: 100},
		"a few hosts":             {hosts: 3, conferences: 100},
		"hundreds of conferences": {hosts: 60, conferences: 900},
		"hosts of their own":      {hosts: 900, conferences: 900},
	} {
		t.Run(name, func(t *testing.T) {
			beside := hear(dead)
			if maps.Equal(alone, beside) {
				return
			}
			a, b := slices.Sorted(maps.Values(alone)), slices.Sorted(maps.Values(beside))
			t.Errorf("%d events alone, %d beside the dead; p50 %v and %v, p99 %v and %v", len(a), len(b),
				a[len(a)/2], b[len(b)/2], a[len(a)*99/100], b[len(b)*99/100])
		})
	}
}

// living is how many conferences have an application that lives.
const living = 100

// dead is how many conferences have one that does not: a third of the hosts
// stall, a third refuse, a third fail.
type dead struct{ hosts, conferences int }

// hearBeside returns when each event was heard of, counted from when it
// happened, by the application that lives.
func hearBeside(t *testing.T, dead dead) map[string]time.Duration {
	j, a := newJournal(), newApp(t)
	var mu sync.Mutex
	happened, heard := make(map[string]time.Time), make(map[string]time.Duration)
	a.answer = func(r *http.Request, stream string, n int) (int, error) {
		switch how, _, _ := strings.Cut(r.URL.Host, "-"); how {
		case "stalls":
			return takes(r, time.Hour)
		case "refuses":
			return 0, errors.New("connection refused")
		case "fails":
			return 500, nil
		}
		mu.Lock()
		key := fmt.Sprint(stream, " ", n)
		heard[key] = time.Since(happened[key])
		mu.Unlock()
		return takes(r, time.Duration(1+(n*7+len(stream))%20)*time.Millisecond)
	}
	client := webhook.New(webhook.Config{Tokens: tokens, Transport: a})
	d := webhook.NewDelivery(webhook.DeliveryConfig{Client: client, Journal: j, Parking: &lot{parked: map[contract.Pos]*parked{}}, RetryFor: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { d.Run(ctx) })
	happen := func(stream string, n int, host string) {
		e := told(stream, n, "http://"+host+"/")
		e.Time = time.Now()
		mu.Lock()
		happened[fmt.Sprint(stream, " ", n)] = e.Time
		mu.Unlock()
		j.append(e)
	}
	for n := 1; n <= 10; n++ {
		for s := range living {
			happen(fmt.Sprintf("CF-%d-", s), n, "lives.test")
			time.Sleep(2 * time.Millisecond)
			for c := s; c < dead.conferences; c += living {
				host := c % dead.hosts
				happen(fmt.Sprintf("CF-dead-%d-", c), n, fmt.Sprintf("%s-%d.test", []string{"stalls", "refuses", "fails"}[host%3], host))
			}
		}
		time.Sleep(15 * time.Second) // the time that one that stalls is given
	}
	if got := d.Stats(); dead.hosts > 0 && (got.Retried == 0 || got.GivenUp == 0 || got.Streams == 0) {
		t.Errorf("%+v: the dead were hardly told of anything, and the test proves nothing", got)
	}
	time.Sleep(time.Minute)
	cancel()
	run.Wait()
	return heard
}

// An application that was never told of anything is not delayed by those that
// are known to be dead.
func TestDelivery_theDeadDelayNoNewcomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, a := newJournal(), newApp(t)
		a.answer = func(r *http.Request, stream string, _ int) (int, error) {
			if r.URL.Host == "new.test" {
				return 200, nil
			}
			return takes(r, time.Hour)
		}
		for n := 1; n <= 10; n++ {
			for c := range 600 {
				j.append(told(fmt.Sprintf("CF-dead-%d-", c), n, fmt.Sprintf("http://stalls-%d.test/", c%60)))
			}
		}
		d := deliver(t, j, a, 0)
		time.Sleep(5*time.Minute + 7*time.Second) // each host has met one that it does not take
		a.mu.Lock()
		flying := 0
		for _, n := range a.hosts {
			flying += n
		}
		a.mu.Unlock()
		if flying != 64 {
			t.Errorf("%d callbacks to the dead are in flight, want 64", flying)
		}
		j.append(told("CF-new-", 1, "http://new.test/"))
		time.Sleep(time.Millisecond)
		if got := a.heard("CF-new-"); len(got) != 1 {
			t.Errorf("the newcomer has heard %v, want its event at once", got)
		}
		d.stop()
	})
}
