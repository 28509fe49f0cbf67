package e2e

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/leg"
	"confab/internal/phone"
)

// ourPhones are phones of internal/phone, with a caller's tone at -20 dBov.
type ourPhones struct{ params string } // of the URI

type ourPhone struct {
	*ears
	call *phone.Call
}

func (p ourPhones) call(t *testing.T, s *server, name string, tone float64) caller {
	t.Helper()
	set, err := phone.New(phone.Config{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".wav")
	heard, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	call, err := set.Call(ctx, phone.Options{
		Target: leg.Target{URI: "sip:" + number + "@" + s.sip + p.params, From: name},
		Record: heard,
	})
	if err != nil {
		t.Fatal(err)
	}
	var saying sync.WaitGroup
	saying.Go(func() { call.Play(context.Background(), audio.NewTone(rate, tone, -20, 0)) }) // until the call ends
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Errorf("close %s's phone: %v", name, err)
		}
		saying.Wait()
		if err := call.Err(); err != nil {
			t.Errorf("%s's recording: %v", name, err)
		}
		heard.Close()
	})
	return &ourPhone{
		ears: &ears{t: t, who: name, since: func(from int) []int16 { return recording(file, from) }},
		call: call,
	}
}

func (p *ourPhone) ear() *ears { return p.ears }

func (p *ourPhone) press(keys string) {
	p.t.Helper()
	if err := p.call.Press(p.t.Context(), keys); err != nil {
		p.t.Fatalf("%s presses %s: %v", p.who, keys, err)
	}
}

func (p *ourPhone) hangUp() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	if err := p.call.Hangup(ctx); err != nil {
		p.t.Errorf("%s hangs up: %v", p.who, err)
	}
}
