package speech

import "context"

// Find returns the best engine that is installed on this machine, or ErrNoEngine
// with the reason. It runs what it finds, to see that it speaks.
func Find(ctx context.Context) (Engine, error) {
	return findEspeak(ctx)
}
