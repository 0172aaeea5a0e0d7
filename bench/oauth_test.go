package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	oauthweb "countersign/internal/server/web/oauth"
)

const (
	oauthIssuer   = "https://id.example.org"
	oauthRedirect = "https://app.example/callback"
	oauthVerifier = "a-verifier-of-at-least-forty-three-characters"
)

// An authority is the OAuth side of a server, without the network: requests
// go to its handler, so the figures hold routing, headers, log line and answer.
type authority struct {
	shell  *web.Shell
	oauth  *oauth.Service
	secret string
	cookie string // of a session
}

func newAuthority(b *testing.B) *authority {
	b.Helper()
	d, file := open(b)
	kek := filepath.Join(filepath.Dir(file), "kek")
	if err := keep.NewKEKFile(kek); err != nil {
		b.Fatal(err)
	}
	keeper, err := keep.Open(b.Context(), d, kek)
	if err != nil {
		b.Fatal(err)
	}
	a := &authority{}
	if a.oauth, err = oauth.New(b.Context(), oauth.Options{DB: d, Keeper: keeper, Issuer: oauthIssuer}); err != nil {
		b.Fatal(err)
	}
	_, secret, err := a.oauth.Put(b.Context(), oauth.Client{ID: "app", Name: "App", Host: "app.example", Kind: oauth.Web, Trusted: true,
		Redirects: []string{oauthRedirect}, Scopes: oauth.ParseScopes("openid profile email offline_access")})
	if err != nil {
		b.Fatal(err)
	}
	a.secret = secret.Reveal()
	a.shell, err = web.New(web.Config{DB: d, ID: oauthIssuer, App: "https://app.example.org", Hub: &notify.Hub{},
		Log: slog.New(slog.NewJSONHandler(discard{}, nil))})
	if err != nil {
		b.Fatal(err)
	}
	if err := oauthweb.Mount(a.shell, oauthweb.Deps{OAuth: a.oauth, SignIn: signin.New(signin.Config{DB: d})}); err != nil {
		b.Fatal(err)
	}
	a.cookie = session(b, d)
	return a
}

// session signs a person in and returns the session's token.
func session(b *testing.B, d *db.DB) string {
	b.Helper()
	token := rand.Text()
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		aoba, err := directory.Create(b.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"})
		if err != nil {
			return err
		}
		p, err := directory.CreatePerson(b.Context(), tx, directory.Person{DirectoryID: aoba.ID, Login: "mei@aoba.example", Name: "Mei", Email: "mei@aoba.example"})
		if err != nil {
			return err
		}
		now := db.Millis(tx.Now)
		_, err = tx.Exec(b.Context(), `
			INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
				created_at, seen_at, expires_at, ip, place, browser)
			VALUES ($1, $2, $3, $4, $5, 'pwd approval', 3, $6, $6, $6, $6, $7, '', '', '')`,
			rand.Text(), keep.Hash(token), p.ID, p.DirectoryID, p.Epoch, now, now+30*24*3600*1000)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return token
}

func (a *authority) do(method, target string, form url.Values, want int) (*httptest.ResponseRecorder, error) {
	r := httptest.NewRequest(method, oauthIssuer+target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r.AddCookie(&http.Cookie{Name: "__Host-ss", Value: a.cookie})
	}
	w := httptest.NewRecorder()
	a.shell.ServeHTTP(w, r)
	if w.Code != want {
		return w, fmt.Errorf("%s %s: %d %s", method, r.URL.Path, w.Code, w.Body)
	}
	return w, nil
}

var authorization = "/authorize?" + url.Values{
	"client_id": {"app"}, "redirect_uri": {oauthRedirect}, "response_type": {"code"}, "scope": {"openid profile email offline_access"},
	"state": {"state"}, "nonce": {"nonce"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(oauthVerifier)}, "code_challenge_method": {"S256"},
}.Encode()

// authorize asks for a code.
func (a *authority) authorize() (code string, err error) {
	w, err := a.do(http.MethodGet, authorization, nil, http.StatusSeeOther)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || u.Query().Get("code") == "" {
		return "", fmt.Errorf("no code at %q: %w", u, err)
	}
	return u.Query().Get("code"), nil
}

// token calls the token endpoint and returns the refresh token.
func (a *authority) token(pairs ...string) (refresh string, err error) {
	form := url.Values{"client_id": {"app"}, "client_secret": {a.secret}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w, err := a.do(http.MethodPost, "/token", form, http.StatusOK)
	if err != nil {
		return "", err
	}
	var t oauth.Tokens
	err = json.Unmarshal(w.Body.Bytes(), &t)
	return t.RefreshToken, err
}

func (a *authority) redeem(code string) (refresh string, err error) {
	return a.token("grant_type", "authorization_code", "code", code, "redirect_uri", oauthRedirect, "code_verifier", oauthVerifier)
}

// codes gets n codes, outside of what is measured.
func (a *authority) codes(b *testing.B, n int) []string {
	b.Helper()
	all := make([]string, n)
	for i := range all {
		var err error
		if all[i], err = a.authorize(); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// BenchmarkOAuth measures what applications make the server do. Codes and
// refreshes are asked for by one caller and by sixty-four, who share commits. "signature" is
// one ES256 signature, of which a token is one: it says how fast the machine is
// while the others are measured.
func BenchmarkOAuth(b *testing.B) {
	for _, document := range []string{"/.well-known/openid-configuration", "/jwks.json"} {
		b.Run(strings.Trim(document, "/."), func(b *testing.B) {
			a := newAuthority(b)
			measure(b, 1, func(context.Context, string) error {
				_, err := a.do(http.MethodGet, document, nil, http.StatusOK)
				return err
			})
		})
	}
	b.Run("signature", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		measure(b, 1, func(context.Context, string) error {
			_, err := ecdsa.SignASN1(rand.Reader, key, make([]byte, 32))
			return err
		})
	})
	for _, waiters := range []int{1, 64} {
		b.Run(fmt.Sprintf("authorize/waiters=%d", waiters), func(b *testing.B) {
			a := newAuthority(b)
			measure(b, waiters, func(context.Context, string) error { _, err := a.authorize(); return err })
		})
		b.Run(fmt.Sprintf("code/waiters=%d", waiters), func(b *testing.B) {
			a := newAuthority(b)
			codes := a.codes(b, b.N)
			var next atomic.Int64
			measure(b, waiters, func(context.Context, string) error {
				_, err := a.redeem(codes[next.Add(1)-1])
				return err
			})
		})
		b.Run(fmt.Sprintf("refresh/waiters=%d", waiters), func(b *testing.B) {
			a := newAuthority(b)
			tokens := a.families(b, waiters)
			measure(b, waiters, func(_ context.Context, person string) (err error) {
				t := tokens[person]
				*t, err = a.token("grant_type", "refresh_token", "refresh_token", *t)
				return err
			})
		})
		b.Run(fmt.Sprintf("userinfo/waiters=%d", waiters), func(b *testing.B) {
			a := newAuthority(b)
			access := a.access(b)
			measure(b, waiters, func(context.Context, string) error {
				_, err := a.do(http.MethodPost, "/userinfo", url.Values{"access_token": {access}}, http.StatusOK)
				return err
			})
		})
	}
}

// families gets one refresh token for each waiter of [measure].
func (a *authority) families(b *testing.B, waiters int) map[string]*string {
	b.Helper()
	tokens := map[string]*string{}
	for i, code := range a.codes(b, waiters) {
		refresh, err := a.redeem(code)
		if err != nil {
			b.Fatal(err)
		}
		tokens[fmt.Sprintf("person-%d", i)] = &refresh
	}
	return tokens
}

// access gets an access token.
func (a *authority) access(b *testing.B) string {
	b.Helper()
	w, err := a.do(http.MethodPost, "/token", url.Values{"client_id": {"app"}, "client_secret": {a.secret}, "grant_type": {"authorization_code"},
		"code": {a.codes(b, 1)[0]}, "redirect_uri": {oauthRedirect}, "code_verifier": {oauthVerifier}}, http.StatusOK)
	if err != nil {
		b.Fatal(err)
	}
	var t oauth.Tokens
	if err := json.Unmarshal(w.Body.Bytes(), &t); err != nil {
		b.Fatal(err)
	}
	return t.AccessToken
}
