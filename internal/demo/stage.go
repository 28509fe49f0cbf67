package demo

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"confab/internal/confab"
)

// number is what the cast dials.
const number = "+15550100"

// stage is the switch that the meeting is held on, and the application that owns
// its number. Each reaches the other as if they were machines apart.
type stage struct {
	dir    string
	sip    string
	app    *application
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// openStage starts both. What happens is told to t.
func openStage(ctx context.Context, t *timeline, muteAfter time.Duration) (_ *stage, err error) {
	s := &stage{}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx)) // it outlives the meeting, to tell of its end
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "confab-demo-"); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := confab.Default()
	c.Data, c.HTTP, c.SIP = filepath.Join(s.dir, "data"), "127.0.0.1:0", "127.0.0.1:0"
	c.Numbers = []confab.Number{{Number: number, VoiceURL: "http://" + listener.Addr().String() + "/voice"}}
	c.DrainTimeout = time.Second
	sw, err := confab.New(c)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.sip = sw.SIP().String()
	account := sw.Account()
	s.app = startApplication(listener, credentials{string(account.SID), account.AuthToken}, "http://"+sw.HTTP().String(), muteAfter, t)
	s.wg.Go(func() { _ = sw.Run(ctx) }) // what goes wrong is seen by who calls
	t.opens(s.sip)
	return s, nil
}

func (s *stage) close() {
	s.cancel()
	s.wg.Wait()
	if s.app != nil { // after the switch, which may have something left to tell
		s.app.close()
	}
	os.RemoveAll(s.dir)
}
