package oauth

import "context"

// Stored returns a request that waits for a sign-in, or [ErrGone] or
// [ErrAnswered]: so that a sign-in that comes back to it can say where it leads.
func (s *Service) Stored(ctx context.Context, id string) (*Request, error) { return s.load(ctx, id) }
