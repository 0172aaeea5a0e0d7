package oauth

import (
	"context"
	"net/url"
	"slices"
)

// A Logout is a request of an application to sign the person out here too
// (OpenID Connect RP-Initiated Logout).
type Logout struct {
	Client  *Client // who asks; nil when it does not say
	Person  string  // whom an ID token of ours names; then there is nothing to ask
	Session string
	Locales string
	to      string
}

// Logout reads the parameters. Whatever is wrong with them only means that
// the person is asked, and that the browser is not sent anywhere afterwards.
func (s *Service) Logout(ctx context.Context, v url.Values) (Logout, error) {
	l := Logout{Locales: v.Get("ui_locales")}
	id := v.Get("client_id")
	if token := v.Get("id_token_hint"); token != "" {
		t, err := s.hint(ctx, token)
		if err != nil && !isRefusal(err) {
			return l, err
		}
		if err == nil && (id == "" || id == t.Audience) {
			id, l.Person, l.Session = t.Audience, t.Subject, t.Session
		}
	}
	if id == "" {
		return l, nil
	}
	c, err := s.client(ctx, id)
	if err == ErrUnknownClient {
		return Logout{Locales: l.Locales}, nil
	} else if err != nil {
		return l, err
	}
	l.Client = c
	if to, err := one(v, "post_logout_redirect_uri"); err == nil && slices.Contains(c.LogoutRedirects, to) {
		l.to = to
		if state, err := one(v, "state"); err == nil {
			l.to = withAnswer(to, url.Values{"state": {state}})
		}
	}
	return l, nil
}

// To is where the browser goes afterwards: an address the application has
// registered, or empty for the page that says it is done.
func (l Logout) To() string { return l.to }
