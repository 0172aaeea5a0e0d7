package oauth

import "context"

// ClientOf returns the application that made a stored request, or [ErrGone] or
// [ErrAnswered]: so that a sign-in that comes back to it can say where it leads.
func (s *Service) ClientOf(ctx context.Context, request string) (*Client, error) {
	r, err := s.load(ctx, request)
	if err != nil {
		return nil, err
	}
	return r.Client, nil
}
