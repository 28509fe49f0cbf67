package sip

// Post runs f on a dialog's goroutine.
func Post(s *Server, callID, tag string, f func()) {
	s.dialog(dialogKey{callID, tag}).post(f)
}

// Stall keeps a dialog's goroutine busy until release is closed.
func Stall(s *Server, callID, tag string, release <-chan struct{}) {
	began := make(chan struct{})
	Post(s, callID, tag, func() {
		close(began)
		<-release
	})
	<-began
}

// ForgivePanics forgets the panics that a test meant.
func ForgivePanics(s *Server) { s.count.panics.Store(0) }
