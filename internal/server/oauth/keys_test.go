package oauth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"countersign/internal/server/oauth"
)

func (w *world) jwks() []jose.JSONWebKey {
	w.Helper()
	b, err := w.s.Keys(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil {
		w.Fatal(err)
	}
	return set.Keys
}

func kid(t *testing.T, token string) string {
	t.Helper()
	p, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return p.Signatures[0].Protected.KeyID
}

func (w *world) upkeep() {
	w.Helper()
	if err := w.s.Upkeep(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func TestNextKeyIsPublishedBeforeItSignsAndTheOldAfter(t *testing.T) {
	w := newWorld(t)
	const day = 24 * time.Hour
	first := w.jwks()
	if len(first) != 1 || first[0].Algorithm != "ES256" || first[0].Use != "sig" {
		t.Fatalf("%d keys", len(first))
	}
	later(w, 27*day)
	w.upkeep()
	if n := len(w.jwks()); n != 1 {
		t.Fatalf("%d keys before they are needed", n)
	}
	later(w, day+time.Minute)
	w.upkeep()
	both := w.jwks()
	if len(both) != 2 {
		t.Fatalf("%d keys two days before the change", len(both))
	}
	old := w.grantTokens("notes", w.mei)
	if kid(t, old.IDToken) != first[0].KeyID {
		t.Error("the new key signs too early")
	}
	later(w, 2*day-time.Minute)
	tokens := w.grantTokens("notes", w.mei)
	if kid(t, tokens.IDToken) == first[0].KeyID || kid(t, tokens.AccessToken) != kid(t, tokens.IDToken) {
		t.Error("the old key signs too long")
	}
	if len(w.jwks()) != 2 {
		t.Error("old key is not shown while its tokens live")
	}
	later(w, 2*day+time.Minute)
	if keys := w.jwks(); len(keys) != 1 || keys[0].KeyID == first[0].KeyID {
		t.Errorf("%d keys two days after the change", len(keys))
	}
}

func TestServerThatSleptForMonthsSignsAgain(t *testing.T) {
	w := newWorld(t)
	later(w, 300*24*time.Hour)
	w.upkeep()
	w.grantTokens("notes", w.mei)
}

func TestNodesThatStartTogetherMakeOneKey(t *testing.T) {
	w := newWorld(t)
	later(w, 29*24*time.Hour)
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			if _, err := oauth.New(t.Context(), oauth.Options{DB: w.d, Keeper: w.keep, Issuer: issuer}); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if n := w.count(`SELECT count(*) FROM signing_key`); n != 2 {
		t.Errorf("%d keys, want the old and one new", n)
	}
}

// A node lives through a time without its database: keys are shown, tokens checked.
func TestKeysStayWhenTheDatabaseIsGone(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("notes", w.mei)
	before, err := w.s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.d.Close(); err != nil {
		t.Fatal(err)
	}
	later(w, time.Minute)
	after, err := w.s.Keys(t.Context())
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v", err)
	}
	if _, err := w.verifierOf("notes", oauth.ES256).Verify(t.Context(), tokens.IDToken); err != nil {
		t.Error(err)
	}
}

func TestUpkeepForgetsWhatIsOver(t *testing.T) {
	w := newWorld(t)
	w.begin(ask("expenses"))            // waits
	w.code("expenses", w.signIn(w.mei)) // is never redeemed
	w.grantTokens("expenses", w.mei)    // refreshes for a month
	for _, c := range []struct {
		wait             time.Duration
		requests, grants int
	}{{0, 2, 2}, {3 * time.Hour, 0, 1}, {31 * 24 * time.Hour, 0, 0}} {
		later(w, c.wait)
		w.upkeep()
		if n := w.count(`SELECT count(*) FROM authorize_request`); n != c.requests {
			t.Errorf("after %v %d requests, want %d", c.wait, n, c.requests)
		}
		if n := w.count(`SELECT count(*) FROM oauth_grant`); n != c.grants {
			t.Errorf("after %v %d grants, want %d", c.wait, n, c.grants)
		}
	}
}

func TestPrivateKeysLieSealed(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	rows, err := dump(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{w.secret, tokens.RefreshToken, strings.Split(tokens.RefreshToken, ".")[2], tokens.AccessToken} {
		if bytes.Contains(rows, []byte(secret)) {
			t.Errorf("the database holds %.8s…", secret)
		}
	}
}

// O15: a token counts only if a key of ours signed it, with that key's own
// algorithm; what its header says about keys is not followed.
func TestForgedAccessTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	w.put(oauth.Client{ID: "old-wiki", Name: "Wiki", Host: "wiki.example", Kind: oauth.Browser, IDTokenAlg: oauth.RS256,
		Redirects: []string{"https://wiki.example/"}, Scopes: oauth.ParseScopes("openid")})
	tokens := w.grantTokens("expenses", w.mei)
	parts := strings.Split(tokens.AccessToken, ".")
	ours := w.jwks()[0]
	mine, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(jose.JSONWebKey{Key: mine.Public(), KeyID: ours.KeyID, Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(ours)
	if err != nil {
		t.Fatal(err)
	}
	rsa := ""
	for _, k := range w.jwks() {
		if k.Algorithm == "RS256" {
			rsa = k.KeyID
		}
	}
	for name, forged := range map[string]string{
		"none":            enc(`{"alg":"none","typ":"at+jwt"}`) + "." + parts[1] + ".",
		"None with kid":   enc(`{"alg":"None","typ":"at+jwt","kid":"`+ours.KeyID+`"}`) + "." + parts[1] + ".",
		"HS256 of JWK":    hs256(`{"alg":"HS256","typ":"at+jwt","kid":"`+ours.KeyID+`"}`, parts[1], public),
		"HS256 of kid":    hs256(`{"alg":"HS256","typ":"at+jwt"}`, parts[1], []byte(ours.KeyID)),
		"jwk in header":   es256(t, mine, `{"alg":"ES256","typ":"at+jwt","jwk":`+string(jwk)+`}`, parts[1]),
		"jku":             es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"`+ours.KeyID+`","jku":"https://evil.example/jwks"}`, parts[1]),
		"x5u":             es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"`+ours.KeyID+`","x5u":"https://evil.example/c"}`, parts[1]),
		"kid as path":     es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"../../dev/null"}`, parts[1]),
		"kid as SQL":      es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"' OR 1=1 --"}`, parts[1]),
		"no kid":          es256(t, mine, `{"alg":"ES256","typ":"at+jwt"}`, parts[1]),
		"kid of RSA":      es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"`+rsa+`"}`, parts[1]),
		"crit":            es256(t, mine, `{"alg":"ES256","typ":"at+jwt","kid":"`+ours.KeyID+`","crit":["x"],"x":1}`, parts[1]),
		"other payload":   parts[0] + "." + enc(`{"iss":"`+issuer+`","sub":"admin","exp":9999999999}`) + "." + parts[2],
		"no signature":    parts[0] + "." + parts[1] + ".",
		"zero signature":  parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"signature twice": tokens.AccessToken + "." + parts[2],
		"JSON form":       `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"empty":           "",
		"huge":            parts[0] + "." + strings.Repeat("A", 20_000) + "." + parts[2],
	} {
		if _, err := w.s.UserInfo(t.Context(), forged); !errors.Is(err, oauth.ErrInvalidToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.userInfo(tokens.AccessToken)
}

func enc(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func hs256(header, payload string, key []byte) string {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s", enc(header), payload)
	return enc(header) + "." + payload + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func es256(t *testing.T, key *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(enc(header) + "." + payload))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return enc(header) + "." + payload + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestKeyIDIsTheThumbprint(t *testing.T) {
	w := newWorld(t)
	k := w.jwks()[0]
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil || k.KeyID != base64.RawURLEncoding.EncodeToString(sum) {
		t.Errorf("kid %q, %v", k.KeyID, err)
	}
}

func TestDiscoveryPromisesNothingElse(t *testing.T) {
	w := newWorld(t)
	var m map[string]any
	if err := json.Unmarshal(w.s.Discovery(), &m); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"issuer": issuer, "jwks_uri": issuer + "/jwks.json", "token_endpoint": issuer + "/token",
		"response_types_supported": "[code]", "code_challenge_methods_supported": "[S256]", "response_modes_supported": "[query]",
		"request_uri_parameter_supported": "false", "authorization_response_iss_parameter_supported": "true",
		"grant_types_supported": "[authorization_code refresh_token urn:ietf:params:oauth:grant-type:device_code]", "id_token_signing_alg_values_supported": "[ES256 RS256]",
	} {
		if got := fmt.Sprint(m[name]); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	// N18: approvals and codes are never called phishing-resistant.
	if s := strings.ToLower(string(w.s.Discovery())); strings.Contains(s, "phr") || strings.Contains(s, "phish") {
		t.Error("discovery claims resistance to phishing")
	}
}
