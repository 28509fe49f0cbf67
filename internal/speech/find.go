package speech

import "context"

// Find returns the best engine that is installed on this machine, or ErrNoEngine.
func Find(ctx context.Context) (Engine, error) { return nil, ErrNoEngine }
