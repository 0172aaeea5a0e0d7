package oauth_test

import (
	"net/url"
	"testing"
	"time"
)

func TestLogoutGoesOnlyWhereTheApplicationRegistered(t *testing.T) {
	const bye = "https://expenses.aoba.example/bye"
	w := newWorld(t)
	hint := w.grantTokens("expenses", w.mei).IDToken
	later(w, 5*time.Hour) // a hint may have expired
	for name, c := range map[string]struct {
		v      url.Values
		to     string
		person string
	}{
		"hint and address":     {url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}, "state": {"s&x"}}, bye + "?state=s%26x", w.mei.ID},
		"client and address":   {url.Values{"client_id": {"expenses"}, "post_logout_redirect_uri": {bye}}, bye, ""},
		"address only":         {url.Values{"post_logout_redirect_uri": {bye}}, "", ""},
		"other address":        {url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye + "/"}}, "", w.mei.ID},
		"evil address":         {url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example"}}, "", w.mei.ID},
		"another client":       {url.Values{"id_token_hint": {hint}, "client_id": {"notes"}, "post_logout_redirect_uri": {bye}}, "", ""},
		"forged hint":          {url.Values{"id_token_hint": {hint[:len(hint)-4] + "AAAA"}, "post_logout_redirect_uri": {bye}}, "", ""},
		"access token as hint": {url.Values{"id_token_hint": {w.grantTokens("expenses", w.mei).AccessToken}}, "", ""},
		"unknown client":       {url.Values{"client_id": {"nobody"}, "post_logout_redirect_uri": {bye}}, "", ""},
		"nothing":              {url.Values{}, "", ""},
	} {
		l, err := w.s.Logout(t.Context(), c.v)
		if err != nil || l.To() != c.to || l.Person != c.person {
			t.Errorf("%s: to %q, person %q, %v", name, l.To(), l.Person, err)
		}
	}
}
