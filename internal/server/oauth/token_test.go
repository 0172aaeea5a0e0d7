package oauth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
)

// verifierOf checks ID tokens as coreos/go-oidc does for its clients.
func (w *world) verifierOf(client, alg string) *oidc.IDTokenVerifier {
	w.Helper()
	return oidc.NewVerifier(issuer, w.publicKeys(), &oidc.Config{ClientID: client, SupportedSigningAlgs: []string{alg}, Now: w.clock.Now})
}

func (w *world) publicKeys() *oidc.StaticKeySet {
	w.Helper()
	b, err := w.s.Keys(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil {
		w.Fatal(err)
	}
	keys := &oidc.StaticKeySet{}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			w.Fatalf("key %s is not a public one", k.KeyID)
		}
		keys.PublicKeys = append(keys.PublicKeys, k.Key)
	}
	return keys
}

func TestCodeBecomesTokensThatGoOIDCVerifies(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	id, err := w.verifierOf("expenses", oauth.ES256).Verify(t.Context(), tokens.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
		t.Error(err)
	}
	var c map[string]any
	if err := id.Claims(&c); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"sub": w.mei.ID, "nonce": "nonce-1", "acr": "urn:countersign:strength:3", "name": "Mei Tanaka", "preferred_username": "tanaka@aoba.example",
		"email": "tanaka@aoba.example", "email_verified": true, "locale": "ja", "zoneinfo": "Asia/Tokyo",
		"auth_time": float64(w.clock.Now().Unix()),
	} {
		if c[name] != want {
			t.Errorf("%s = %v, want %v", name, c[name], want)
		}
	}
	if amr := c["amr"].([]any); !slices.Equal(amr, []any{"pwd", "swk", "mfa"}) {
		t.Errorf("amr = %v", amr)
	}
	if tokens.ExpiresIn != 600 || tokens.TokenType != "Bearer" || tokens.RefreshToken == "" || tokens.Scope != "openid profile email offline_access" {
		t.Errorf("%+v", tokens)
	}
}

// In a remembered browser no second proof was given, and tokens say so.
func TestTokensOfARememberedBrowserClaimNoSecondProof(t *testing.T) {
	w := newWorld(t)
	s := w.signIn(w.mei)
	s.Strength, s.Methods = policy.OneProof, []string{policy.Password}
	tokens := w.tokens(w.redemption("expenses", w.code("expenses", s)))
	id, err := w.verifierOf("expenses", oauth.ES256).Verify(t.Context(), tokens.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		ACR string   `json:"acr"`
		AMR []string `json:"amr"`
	}
	if err := id.Claims(&c); err != nil || c.ACR != "urn:countersign:strength:1" || !slices.Equal(c.AMR, []string{"pwd"}) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestClientThatNeedsRS256GetsIt(t *testing.T) {
	w := newWorld(t)
	w.put(oauth.Client{ID: "old-wiki", Name: "Wiki", Host: "wiki.example", Kind: oauth.Browser, IDTokenAlg: oauth.RS256,
		Redirects: []string{"https://wiki.example/"}, Scopes: oauth.ParseScopes("openid")})
	code := w.code("old-wiki", w.signIn(w.mei), "redirect_uri", "https://wiki.example/")
	tokens := w.tokens(w.redemption("old-wiki", code, "redirect_uri", "https://wiki.example/"))
	if _, err := w.verifierOf("old-wiki", oauth.RS256).Verify(t.Context(), tokens.IDToken); err != nil {
		t.Error(err)
	}
	if _, err := w.verifierOf("old-wiki", oauth.ES256).Verify(t.Context(), tokens.IDToken); err == nil {
		t.Error("is ES256 all the same")
	}
}

func TestClaimsAreOnlyWhatTheScopesSay(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei), "scope", "openid")
	tokens := w.tokens(w.redemption("expenses", code))
	id, err := w.verifierOf("expenses", oauth.ES256).Verify(t.Context(), tokens.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := id.Claims(&c); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"name", "email", "email_verified", "preferred_username", "locale"} {
		if _, ok := c[name]; ok {
			t.Errorf("%s is told without being asked for", name)
		}
	}
	if tokens.RefreshToken != "" {
		t.Error("refresh token without offline_access")
	}
	code = w.code("expenses", w.signIn(w.mei), "scope", "profile")
	if tokens := w.tokens(w.redemption("expenses", code)); tokens.IDToken != "" {
		t.Error("ID token without openid")
	}
}

func TestAddressOutsideTheOrganisationIsNotVerified(t *testing.T) {
	w := newWorld(t)
	w.put(oauth.Client{ID: "mailer", Name: "Mailer", Host: "mailer.example", Kind: oauth.Browser,
		Redirects: []string{"https://mailer.example/"}, Scopes: oauth.ParseScopes("openid email")})
	code := w.code("mailer", w.signIn(w.ren), "redirect_uri", "https://mailer.example/")
	tokens := w.tokens(w.redemption("mailer", code, "redirect_uri", "https://mailer.example/"))
	info := w.userInfo(tokens.AccessToken)
	if info["email"] != "ren@mail.example" || info["email_verified"] != false {
		t.Errorf("%v", info)
	}
}

// The access token is RFC 9068's, for the application's API and nobody else.
func TestAccessTokenIsForTheAPI(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("notes", w.mei)
	parsed, err := jose.ParseSignedCompact(tokens.AccessToken, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if typ := parsed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType]; typ != "at+jwt" {
		t.Errorf("typ = %v", typ)
	}
	payload, err := w.publicKeys().VerifySignature(t.Context(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	now := float64(w.clock.Now().Unix())
	for name, want := range map[string]any{
		"iss": issuer, "sub": w.mei.ID, "aud": "https://api.notes.example", "client_id": "notes", "exp": now + 600, "iat": now,
		"scope": "openid profile offline_access notes.read", "auth_time": now, "acr": "urn:countersign:strength:3",
	} {
		if c[name] != want {
			t.Errorf("%s = %v, want %v", name, c[name], want)
		}
	}
	if c["jti"] == "" || c["amr"] == nil || c["name"] != nil || c["email"] != nil {
		t.Errorf("claims %v", c)
	}
	// An ID token is not an access token, nor the other way round.
	if _, err := w.s.UserInfo(t.Context(), tokens.IDToken); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("ID token at userinfo: %v", err)
	}
	if a := w.answer(w.begin(ask("notes", "id_token_hint", tokens.AccessToken))); a.Get("error") != "invalid_request" {
		t.Errorf("access token as hint: %v", a)
	}
}

func (w *world) userInfo(access string) map[string]any {
	w.Helper()
	b, err := w.s.UserInfo(w.Context(), access)
	if err != nil {
		w.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(b, &c); err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) refused(in oauth.Credentials, want *oauth.Refusal, what string) {
	w.Helper()
	if tokens, err := w.s.Token(w.Context(), in, oauth.From{}); !errors.Is(err, want) || tokens.AccessToken != "" {
		w.Errorf("%s: %v, want %v", what, err, want)
	}
}

// O6: a code is for its client, its address and whoever made the challenge. A
// wrong try does not use it up, so that nobody can spoil it for its owner.
func TestCodeIsBoundToClientRedirectAndPKCE(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei))
	other := strings.Repeat("w", 43)
	w.refused(w.redemption("notes", code, "redirect_uri", webBack), oauth.ErrInvalidGrant, "injected into another client")
	w.refused(w.redemption("expenses", code, "redirect_uri", spaBack), oauth.ErrInvalidGrant, "another redirect")
	w.refused(w.redemption("expenses", code, "redirect_uri", ""), oauth.ErrInvalidRequest, "no redirect")
	w.refused(w.redemption("expenses", code, "code_verifier", other), oauth.ErrInvalidGrant, "another verifier")
	w.refused(w.redemption("expenses", code, "code_verifier", ""), oauth.ErrInvalidRequest, "O2 no verifier")
	w.refused(w.redemption("expenses", code, "code_verifier", challenge(verifier)), oauth.ErrInvalidGrant, "O2 challenge as plain verifier")
	w.refused(w.redemption("expenses", code, "code_verifier", "short"), oauth.ErrInvalidRequest, "malformed verifier")
	w.refused(w.redemption("expenses", code, "resource", "https://bank.example"), oauth.ErrInvalidTarget, "another resource")
	w.refused(w.redemption("expenses", code, "grant_type", "password"), oauth.ErrUnsupportedGrant, "O3 password grant")
	w.refused(w.redemption("expenses", "", "code", "x"), oauth.ErrInvalidGrant, "made-up code")
	w.tokens(w.redemption("expenses", code))
}

func TestCodeLivesAMinute(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	code := w.code("expenses", mei)
	later(w, 59*time.Second)
	w.tokens(w.redemption("expenses", code))
	code = w.code("expenses", mei)
	later(w, 60*time.Second)
	w.refused(w.redemption("expenses", code), oauth.ErrInvalidGrant, "after a minute")
}

// O6: a code that comes twice was stolen, so what came of it ends.
func TestReplayedCodeRevokesWhatWasIssued(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei))
	tokens := w.tokens(w.redemption("expenses", code))
	w.userInfo(tokens.AccessToken)
	later(w, time.Hour) // also long after it has expired
	refreshed := w.tokens(w.refreshing("expenses", tokens.RefreshToken))
	w.refused(w.redemption("expenses", code), oauth.ErrInvalidGrant, "second time")
	w.refused(w.refreshing("expenses", refreshed.RefreshToken), oauth.ErrInvalidGrant, "refresh after replay")
	if _, err := w.s.UserInfo(t.Context(), refreshed.AccessToken); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("userinfo after replay: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM audit_event WHERE kind = 'oauth.reuse'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestCodeIsRedeemedOnceByManyAtOnce(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei))
	got := w.race(20, func() (string, error) {
		tokens, err := w.s.Token(t.Context(), w.redemption("expenses", code), oauth.From{})
		return tokens.AccessToken, err
	})
	if len(got) != 1 {
		t.Errorf("%d of 20 redeemed it", len(got))
	}
}

// race runs f many times at once and returns the distinct results that came
// without error; every error must be invalid_grant.
func (w *world) race(n int, f func() (string, error)) map[string]bool {
	w.Helper()
	var mu sync.Mutex
	var done sync.WaitGroup
	got := map[string]bool{}
	for range n {
		done.Go(func() {
			s, err := f()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got[s] = true
			} else if !errors.Is(err, oauth.ErrInvalidGrant) {
				w.Error(err)
			}
		})
	}
	done.Wait()
	return got
}

func TestClientMustAuthenticate(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei))
	form := func(pairs ...string) url.Values { return change(w.redemption("expenses", code).Form, pairs) }
	for name, c := range map[string]struct {
		in   oauth.Credentials
		want *oauth.Refusal
	}{
		"no secret":               {oauth.Credentials{Form: form()}, oauth.ErrInvalidClient},
		"wrong secret":            {oauth.Credentials{Form: form("client_secret", "x")}, oauth.ErrInvalidClient},
		"wrong secret, basic":     {oauth.Credentials{Form: form(), Basic: true, User: "expenses", Secret: "x"}, oauth.ErrInvalidClient},
		"empty secret, basic":     {oauth.Credentials{Form: form(), Basic: true, User: "expenses"}, oauth.ErrInvalidClient},
		"both ways":               {oauth.Credentials{Form: form("client_secret", w.secret), Basic: true, User: "expenses", Secret: w.secret}, oauth.ErrInvalidRequest},
		"two names":               {oauth.Credentials{Form: form("client_id", "notes"), Basic: true, User: "expenses", Secret: w.secret}, oauth.ErrInvalidRequest},
		"unknown":                 {oauth.Credentials{Form: form("client_id", "nobody", "client_secret", "x")}, oauth.ErrInvalidClient},
		"nobody":                  {oauth.Credentials{Form: form("client_id", "")}, oauth.ErrInvalidClient},
		"secret of a public one":  {oauth.Credentials{Form: form("client_id", "notes", "client_secret", "x")}, oauth.ErrInvalidClient},
		"parameter twice":         {oauth.Credentials{Form: twice(form("client_secret", w.secret), "code", "x")}, oauth.ErrInvalidRequest},
		"the hash for the secret": {oauth.Credentials{Form: form("client_secret", "\x00")}, oauth.ErrInvalidRequest},
	} {
		w.refused(c.in, c.want, name)
	}
	w.tokens(oauth.Credentials{Form: form("client_secret", w.secret)})
}

func TestNewSecretReplacesTheOld(t *testing.T) {
	w := newWorld(t)
	old := w.secret
	c := oauth.Client{ID: "expenses", Name: "Aoba Expenses", Host: "expenses.aoba.example", Kind: oauth.Web,
		Redirects: []string{webBack}, Scopes: oauth.ParseScopes("openid")}
	w.secret = w.put(c)
	code := w.code("expenses", w.signIn(w.mei))
	w.refused(oauth.Credentials{Form: change(w.redemption("expenses", code).Form, []string{"client_secret", old})}, oauth.ErrInvalidClient, "old secret")
	w.tokens(w.redemption("expenses", code))
}

func TestNothingIsIssuedInAnEndedEpoch(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	tokens := w.tokens(w.redemption("expenses", w.code("expenses", mei)))
	code := w.code("expenses", mei)
	w.write(func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, w.mei.ID); return err })
	w.refused(w.redemption("expenses", code), oauth.ErrInvalidGrant, "code")
	w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "refresh")
	if _, err := w.s.UserInfo(t.Context(), tokens.AccessToken); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("userinfo: %v", err)
	}
}

func TestSuspendedPersonGetsNothing(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	w.write(func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, w.mei.ID, directory.Suspended) })
	w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "refresh")
}

func TestGrantOfASinglePageApplicationEndsWithTheSession(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	notes := w.tokens(w.redemption("notes", w.code("notes", mei)))
	expenses := w.tokens(w.redemption("expenses", w.code("expenses", mei)))
	short := w.tokens(w.redemption("expenses", w.code("expenses", mei, "scope", "openid")))
	w.write(func(tx *db.Tx) error { return signin.End(t.Context(), tx, w.mei.ID, mei.ID, "signed_out") })
	w.refused(w.refreshing("notes", notes.RefreshToken), oauth.ErrInvalidGrant, "single-page application")
	if _, err := w.s.UserInfo(t.Context(), short.AccessToken); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("without offline access: %v", err)
	}
	w.tokens(w.refreshing("expenses", expenses.RefreshToken)) // asked for offline access
}

func TestUserInfoTellsWhatTheTokenAllows(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	info := w.userInfo(tokens.AccessToken)
	if info["sub"] != w.mei.ID || info["name"] != "Mei Tanaka" || info["email_verified"] != true {
		t.Errorf("%v", info)
	}
	fewer := w.tokens(w.refreshing("expenses", tokens.RefreshToken, "scope", "openid email"))
	if info := w.userInfo(fewer.AccessToken); info["name"] != nil || info["email"] == nil {
		t.Errorf("with fewer scopes: %v", info)
	}
	later(w, 10*time.Minute)
	if _, err := w.s.UserInfo(t.Context(), fewer.AccessToken); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("expired: %v", err)
	}
	code := w.code("expenses", w.signIn(w.mei), "scope", "profile")
	plain := w.tokens(w.redemption("expenses", code))
	if _, err := w.s.UserInfo(t.Context(), plain.AccessToken); !errors.Is(err, oauth.ErrInsufficientScope) {
		t.Errorf("without openid: %v", err)
	}
}

func TestRevokedTokenTakesItsGrantAlong(t *testing.T) {
	w := newWorld(t)
	revoke := func(client, token string) error {
		return w.s.Revoke(t.Context(), w.prove(client, url.Values{"token": {token}, "client_id": {client}}), oauth.From{})
	}
	for _, which := range []func(oauth.Tokens) string{
		func(t oauth.Tokens) string { return t.RefreshToken },
		func(t oauth.Tokens) string { return t.AccessToken },
	} {
		tokens := w.grantTokens("expenses", w.mei)
		if err := revoke("notes", which(tokens)); err != nil {
			t.Errorf("another client's: %v", err)
		}
		w.userInfo(tokens.AccessToken)
		if err := revoke("expenses", which(tokens)); err != nil {
			t.Error(err)
		}
		w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "refresh")
		if _, err := w.s.UserInfo(t.Context(), tokens.AccessToken); !errors.Is(err, oauth.ErrInvalidToken) {
			t.Errorf("userinfo: %v", err)
		}
		if err := revoke("expenses", which(tokens)); err != nil {
			t.Errorf("twice: %v", err)
		}
	}
	if err := revoke("expenses", "nonsense"); err != nil {
		t.Errorf("RFC 7009 2.2, unknown token: %v", err)
	}
}

func TestTakingConsentBackEndsGrantsAndAsksAgain(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	if err := w.s.TakeBack(t.Context(), w.mei.ID, "expenses", oauth.From{}); err != nil {
		t.Fatal(err)
	}
	w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "refresh")
	if step := w.begin(ask("expenses"), w.signIn(w.mei)); step.Do != oauth.Consent {
		t.Errorf("step %d", step.Do)
	}
}

// Who reads an organisation's log sees what its people allowed applications to
// do, and what the applications did with it.
func TestWhatApplicationsDoStandsInTheLogOfTheDirectory(t *testing.T) {
	w := newWorld(t)
	code := w.code("expenses", w.signIn(w.mei))
	tokens := w.tokens(w.redemption("expenses", code))
	w.refused(w.redemption("expenses", code), oauth.ErrInvalidGrant, "a replayed code")
	again := w.grantTokens("expenses", w.mei)
	if err := w.s.Revoke(t.Context(), w.prove("expenses", url.Values{"token": {again.AccessToken}}), oauth.From{}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.TakeBack(t.Context(), w.mei.ID, "expenses", oauth.From{}); err != nil {
		t.Fatal(err)
	}
	w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "refresh")
	var kinds []string
	w.write(func(tx *db.Tx) error {
		events, err := audit.Search(t.Context(), tx, audit.Query{Directory: w.aoba.ID, Area: "oauth", Limit: 100})
		for _, e := range events {
			if e.Person != "" {
				kinds = append(kinds, string(e.Kind))
			}
		}
		return err
	})
	slices.Sort(kinds)
	want := []audit.Kind{audit.OAuthConsent, audit.OAuthGrant, audit.OAuthGrant, audit.OAuthRedeemed, audit.OAuthRedeemed, audit.OAuthReuse, audit.OAuthRevoked, audit.OAuthRevoked}
	if got := strings.Join(kinds, " "); got != strings.Trim(fmt.Sprint(want), "[]") {
		t.Errorf("%s, want %v", got, want)
	}
}
