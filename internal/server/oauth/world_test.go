package oauth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/keep/keeptest"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
)

const issuer = "http://localhost:8080"

// A world is a server with two directories, a person in each, and three applications.
type world struct {
	testing.TB
	d     *db.DB
	clock *dbtest.Clock
	keep  *keep.Keeper
	s     *oauth.Service

	aoba, home directory.Directory
	mei, ren   directory.Person
	secret     string // of the web application
}

const (
	webBack    = "https://expenses.aoba.example/callback"
	spaBack    = "https://notes.example/"
	nativeBack = "http://127.0.0.1:49152/done"
)

func newWorld(t testing.TB) *world {
	w := &world{TB: t, clock: dbtest.NewClock()}
	w.d = dbtest.OpenAt(t, w.clock)
	w.keep = keeptest.New(t, w.d)
	w.s = w.service()
	w.write(func(tx *db.Tx) error {
		var err error
		if w.aoba, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"}); err != nil {
			return err
		}
		if w.home, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Personal"}); err != nil {
			return err
		}
		w.mei, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: w.aoba.ID, Login: "tanaka@aoba.example",
			Name: "Mei Tanaka", Email: "tanaka@aoba.example", Locale: "ja", Zone: "Asia/Tokyo"})
		if err != nil {
			return err
		}
		w.ren, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: w.home.ID, Login: "ren", Name: "Ren", Email: "ren@mail.example"})
		return err
	})
	w.secret = w.put(oauth.Client{ID: "expenses", Directory: w.aoba.ID, Name: "Aoba Expenses", Host: "expenses.aoba.example", Kind: oauth.Web,
		Redirects: []string{webBack}, LogoutRedirects: []string{"https://expenses.aoba.example/bye"},
		Scopes: oauth.ParseScopes("openid profile email offline_access"), Verified: true})
	w.put(oauth.Client{ID: "notes", Name: "Notes", Host: "notes.example", Kind: oauth.Browser,
		Redirects: []string{spaBack}, Scopes: oauth.ParseScopes("openid profile offline_access notes.read"), Audience: "https://api.notes.example"})
	w.put(oauth.Client{ID: "terminal", Name: "Terminal", Host: "this computer", Kind: oauth.Native,
		Redirects: []string{"http://127.0.0.1/done"}, Scopes: oauth.ParseScopes("openid offline_access notes.read")})
	return w
}

// service is one node of the server.
func (w *world) service() *oauth.Service {
	w.Helper()
	s, err := oauth.New(w.Context(), oauth.Options{DB: w.d, Keeper: w.keep, Issuer: issuer, App: appAt, BackupApps: []string{guestAt}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.Fatal(err)
	}
	return s
}

func (w *world) put(c oauth.Client) (secret string) {
	w.Helper()
	_, s, err := w.s.Put(w.Context(), c)
	if err != nil {
		w.Fatal(err)
	}
	return s.Reveal()
}

func (w *world) write(fn func(*db.Tx) error) {
	w.Helper()
	if err := w.d.Write(w.Context(), fn); err != nil {
		w.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	err := w.d.Read(w.Context(), func(tx *db.Tx) error { return tx.QueryRow(w.Context(), query, args...).Scan(&n) })
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// signIn makes a session as a sign-in with password and approval does.
func (w *world) signIn(p directory.Person) signin.Session {
	w.Helper()
	token := rand.Text()
	var s signin.Session
	w.write(func(tx *db.Tx) error {
		now := db.Millis(tx.Now)
		_, err := tx.Exec(w.Context(), `
			INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
				created_at, seen_at, expires_at, ip, place, browser)
			VALUES ($1, $2, $3, $4, $5, 'pwd approval', 3, $6, $6, $6, $6, $7, '', '', '')`,
			rand.Text(), keep.Hash(token), p.ID, p.DirectoryID, p.Epoch, now, now+30*24*3600*1000)
		if err != nil {
			return err
		}
		s, err = signin.SessionOf(w.Context(), tx, token)
		return err
	})
	return s
}

// verifier is a PKCE verifier; challenge is what goes with it.
var verifier = strings.Repeat("v", 43)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ask is an authorization request of an application, changed by pairs of name
// and value; an empty value leaves the parameter out.
func ask(client string, pairs ...string) url.Values {
	v := url.Values{
		"client_id": {client}, "response_type": {"code"}, "scope": {"openid profile email offline_access notes.read"},
		"state": {"state-1"}, "nonce": {"nonce-1"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
		"redirect_uri": {map[string]string{"expenses": webBack, "notes": spaBack, "terminal": nativeBack}[client]},
	}
	return change(v, pairs)
}

func change(v url.Values, pairs []string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

func (w *world) begin(v url.Values, sessions ...signin.Session) oauth.Step {
	w.Helper()
	step, err := w.s.Begin(w.Context(), v, sessions, oauth.From{})
	if err != nil {
		w.Fatal(err)
	}
	return step
}

// answer is what the application hears when the browser comes back to it.
func (w *world) answer(step oauth.Step) url.Values {
	w.Helper()
	if step.Do != oauth.Answer {
		w.Fatalf("next step is %d, want an answer", step.Do)
	}
	u, err := url.Parse(step.To)
	if err != nil {
		w.Fatal(err)
	}
	return u.Query()
}

// allowed goes from a request to its answer with the person's consent.
func (w *world) allowed(v url.Values, session signin.Session) url.Values {
	w.Helper()
	step := w.begin(v, session)
	if step.Do == oauth.Consent {
		var err error
		if step, err = w.s.Allow(w.Context(), step.Request.ID, &session, oauth.From{}); err != nil {
			w.Fatal(err)
		}
	}
	return w.answer(step)
}

// code is the code an application gets.
func (w *world) code(client string, session signin.Session, pairs ...string) string {
	w.Helper()
	a := w.allowed(ask(client, pairs...), session)
	if a.Get("code") == "" {
		w.Fatalf("answer without code: %v", a)
	}
	return a.Get("code")
}

// redemption is the token request for a code.
func (w *world) redemption(client, code string, pairs ...string) oauth.Credentials {
	v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier},
		"redirect_uri": {ask(client).Get("redirect_uri")}, "client_id": {client}}
	return w.prove(client, change(v, pairs))
}

func (w *world) prove(client string, v url.Values) oauth.Credentials {
	if client != "expenses" {
		return oauth.Credentials{Form: v}
	}
	return oauth.Credentials{Form: v, Basic: true, User: client, Secret: w.secret}
}

func (w *world) refreshing(client, token string, pairs ...string) oauth.Credentials {
	return w.prove(client, change(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {client}}, pairs))
}

func (w *world) tokens(in oauth.Credentials) oauth.Tokens {
	w.Helper()
	t, err := w.s.Token(w.Context(), in, oauth.From{})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

// grantTokens goes all the way from a session to tokens.
func (w *world) grantTokens(client string, p directory.Person) oauth.Tokens {
	w.Helper()
	return w.tokens(w.redemption(client, w.code(client, w.signIn(p))))
}

type session = signin.Session

func later(w *world, d time.Duration) { w.clock.Add(d) }

// dump is the text of all rows of our tables, as somebody who stole the database reads them.
func dump(w *world) ([]byte, error) {
	var b bytes.Buffer
	err := w.d.Read(w.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"client", "authorize_request", "device_code", "consent", "oauth_grant", "signing_key", "audit_event"} {
			rows, err := tx.Query(w.Context(), `SELECT * FROM `+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			names, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				values := make([]any, len(names))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				for _, v := range values {
					fmt.Fprintf(&b, "%s ", *v.(*any))
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return b.Bytes(), err
}
