package twiml

type printer struct{}

func (*Say) write(*printer)         {}
func (*Play) write(*printer)        {}
func (*Pause) write(*printer)       {}
func (*Gather) write(*printer)      {}
func (*Redirect) write(*printer)    {}
func (*Hangup) write(*printer)      {}
func (*Reject) write(*printer)      {}
func (*Dial) write(*printer)        {}
func (*Unsupported) write(*printer) {}

func newSay(text string) *Say               { return &Say{Text: text, Loop: 1} }
func newPlay(url string) *Play              { return &Play{URL: url, Loop: 1} }
func newPause() *Pause                      { return &Pause{} }
func newGather() *Gather                    { return &Gather{} }
func newRedirect(url string) *Redirect      { return &Redirect{URL: url, Method: POST} }
func newReject() *Reject                    { return &Reject{Reason: Rejected} }
func newDial() *Dial                        { return &Dial{} }
func newConference(name string) *Conference { return &Conference{Name: name} }
