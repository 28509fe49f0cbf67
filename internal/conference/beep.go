package conference

import (
	"time"

	"confab/internal/audio"
)

// Which beep.
const (
	beepEnter = iota
	beepExit
)

// beeps are the two tones of each beep, Hz: rising when somebody comes, falling
// when somebody goes.
var beeps = [2][2]float64{beepEnter: {1000, 1300}, beepExit: {1150, 850}}

const (
	beepRate  = 8000
	beepTone  = 110 * time.Millisecond // each of the two
	beepLevel = -20                    // dBov
)

// beep lets everybody at the bridge hear that somebody has come or gone.
func (c *Conference) beep(which int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beepLocked(which)
}

// beepLocked starts a beep, unless the same one sounds already: a crowd that
// comes at once is one beep, not a thousand on top of each other.
func (c *Conference) beepLocked(which int) {
	if c.bridge == nil || c.endedLocked() || c.beeping[which] {
		return
	}
	c.beeping[which] = true
	c.sounding.Go(func() {
		tones := beeps[which]
		err := c.bridge.Play(c.life, audio.Concat(
			audio.NewTone(beepRate, tones[0], beepLevel, beepTone),
			audio.NewTone(beepRate, tones[1], beepLevel, beepTone)))
		if err != nil && c.life.Err() == nil {
			c.log.Debug("beep", "err", err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.beeping[which] = false
	})
}
