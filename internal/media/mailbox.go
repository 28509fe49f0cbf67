package media

import "sync"

// mailbox is how control reaches a loop: funcs, run by the loop in the order
// they were put, at the start of its next turn. Putting never blocks.
type mailbox struct {
	mu     sync.Mutex
	funcs  []func()
	spare  []func() // swapped with funcs at each turn
	loop   sleeper  // woken when there is something
	closed bool
}

// put appends f and reports whether the loop will still run it.
func (m *mailbox) put(f func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.funcs = append(m.funcs, f)
	m.mu.Unlock()
	m.loop.wake()
	return true
}

// run takes all funcs and runs them, on the loop.
func (m *mailbox) run() {
	m.mu.Lock()
	funcs := m.funcs
	m.funcs, m.spare = m.spare[:0], nil
	m.mu.Unlock()
	for i, f := range funcs {
		f()
		funcs[i] = nil
	}
	m.mu.Lock()
	if m.spare == nil {
		m.spare = funcs
	}
	m.mu.Unlock()
}

// shut refuses further funcs; those put before are left to a last run.
func (m *mailbox) shut() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.loop.wake()
}
