package oauth_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

const (
	terminalBack = "http://127.0.0.1:50111/callback"
	appAt        = "https://app.aoba.example"
	guestAt      = "https://app.komorebi.example"
)

// binding is a request of the terminal app for a sign-in that binds it.
func binding(scope string, pairs ...string) url.Values {
	return ask(oauth.ClientTerminal, append([]string{"scope", scope, "redirect_uri", terminalBack, "nonce", ""}, pairs...)...)
}

// proves is somebody who has signed in for a scope just now: with a session, or
// to recover, which leaves none.
func (w *world) proves(scope string) signin.Session {
	w.Helper()
	if scope != wire.ScopeRecover {
		return w.signIn(w.ren)
	}
	return signin.Session{ID: rand.Text(), Person: w.ren.ID, Directory: w.ren.DirectoryID, Epoch: w.ren.Epoch, Methods: []string{"pwd", "mail"},
		Strength: policy.Helped, AuthAt: w.clock.Now(), Recovery: true}
}

// token goes the whole way: asked to sign in anew, signed in, allowed, redeemed.
func (w *world) token(scope string) (string, signin.Session) {
	w.Helper()
	step := w.begin(binding(scope), w.signIn(w.ren))
	w.clock.Add(time.Second)
	session := w.proves(scope)
	step, err := w.s.Resume(w.Context(), step.Request.ID, &session, oauth.From{})
	if err == nil && step.Do == oauth.Consent {
		step, err = w.s.Allow(w.Context(), step.Request.ID, &session, oauth.From{})
	}
	if err != nil {
		w.Fatal(err)
	}
	t := w.tokens(w.redemption(oauth.ClientTerminal, w.answer(step).Get("code"), "redirect_uri", terminalBack))
	if t.RefreshToken != "" || t.IDToken != "" {
		w.Error("more than one token for one call")
	}
	return t.AccessToken, session
}

func (w *world) spend(token string) (spent oauth.Spent, err error) {
	b, err := w.s.Bearer(w.Context(), token)
	if err != nil {
		return spent, err
	}
	err = w.d.Write(w.Context(), func(tx *db.Tx) error {
		spent, err = b.Spend(w.Context(), tx)
		return err
	})
	return spent, err
}

func TestASignInThatBindsIsAlwaysANewOneWithConsent(t *testing.T) {
	w := newWorld(t)
	for scope, want := range map[string]oauth.What{wire.ScopeBackup: oauth.SignInAgain, wire.ScopeRecover: oauth.SignIn} {
		session := w.signIn(w.ren)
		w.clock.Add(time.Second)
		step := w.begin(binding(scope), session)
		if step.Do != want {
			t.Errorf("%s with a session of a second ago: %d, want %d", scope, step.Do, want)
		}
		fresh := w.proves(scope)
		step, err := w.s.Resume(t.Context(), step.Request.ID, &fresh, oauth.From{})
		if err != nil || step.Do != oauth.Consent {
			t.Errorf("%s after the sign-in: %d, %v", scope, step.Do, err)
		}
	}
	if a := w.answer(w.begin(binding("backup recover"))); a.Get("error") != "invalid_scope" {
		t.Errorf("two at once: %v", a)
	}
	other := w.answer(w.begin(ask("notes", "scope", "backup")))
	if other.Get("error") != "invalid_scope" {
		t.Errorf("another application asks for it: %v", other)
	}
}

// The web app of another server comes by the name of ours, and is neither trusted nor
// forgotten: who it is stands on every page, and the person is asked each time.
func TestO1TheAppOfAnotherServerIsAskedAboutEachTime(t *testing.T) {
	w := newWorld(t)
	at := func(app string) url.Values {
		return ask(oauth.ClientApp, "scope", wire.ScopeBackup, "redirect_uri", app+"/callback", "nonce", "")
	}
	for app, want := range map[string]struct {
		host string
		do   oauth.What
	}{appAt: {"app.aoba.example", oauth.Answer}, guestAt: {"app.komorebi.example", oauth.Consent}} {
		for range 2 {
			earlier := w.signIn(w.ren)
			w.clock.Add(time.Second)
			begun := w.begin(at(app), earlier)
			session := w.signIn(w.ren)
			step, err := w.s.Resume(t.Context(), begun.Request.ID, &session, oauth.From{})
			if err != nil || step.Do != want.do || begun.Request.Client.Host != want.host {
				t.Fatalf("%s: %d, %s, %v", app, step.Do, begun.Request.Client.Host, err)
			}
			if step.Do == oauth.Consent {
				if step, err = w.s.Allow(t.Context(), step.Request.ID, &session, oauth.From{}); err != nil {
					t.Fatal(err)
				}
			}
			w.tokens(w.redemption(oauth.ClientApp, w.answer(step).Get("code"), "redirect_uri", app+"/callback"))
		}
		if !w.s.LetsIn(app) {
			t.Errorf("%s is not let in", app)
		}
	}
	for _, app := range []string{"https://app.evil.example", "", "null", guestAt + "/", "http://app.komorebi.example"} {
		if _, err := w.s.Begin(t.Context(), at(app), nil, oauth.From{}); !errors.Is(err, oauth.ErrWrongRedirect) || w.s.LetsIn(app) {
			t.Errorf("%q: %v, let in %t", app, err, w.s.LetsIn(app))
		}
	}
	step := w.begin(at(guestAt))
	alone, err := oauth.New(t.Context(), oauth.Options{DB: w.d, Keeper: w.keep, Issuer: issuer, App: appAt})
	if err != nil {
		t.Fatal(err)
	}
	session := w.signIn(w.ren)
	if _, err := alone.Resume(t.Context(), step.Request.ID, &session, oauth.From{}); !errors.Is(err, oauth.ErrGone) {
		t.Errorf("a request of a guest who is let in no more: %v", err)
	}
}

func TestNobodyTakesTheNameOfAnApplicationOfTheHouse(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.s.Put(t.Context(), oauth.Client{ID: oauth.ClientTerminal, Name: "Other", Host: "other.example", Kind: oauth.Browser, Redirects: []string{"https://other.example/"}})
	if !errors.Is(err, oauth.ErrBadClient) {
		t.Errorf("got %v", err)
	}
}

func TestATokenThatBindsIsGoodOnceAndForNothingElse(t *testing.T) {
	w := newWorld(t)
	token, _ := w.token(wire.ScopeBackup)
	spent, err := w.spend(token)
	if err != nil || spent.Person != w.ren.ID || spent.Recovers || spent.Strength != 3 {
		t.Errorf("%+v, %v", spent, err)
	}
	if _, err := w.spend(token); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("spent twice: %v", err)
	}
	token, session := w.token(wire.ScopeBackup)
	if _, err := w.s.UserInfo(t.Context(), token); !errors.Is(err, oauth.ErrInsufficientScope) {
		t.Errorf("tells about the person: %v", err)
	}
	w.write(func(tx *db.Tx) error { return signin.End(t.Context(), tx, w.ren.ID, session.ID, "signed_out") })
	if _, err := w.spend(token); !errors.Is(err, oauth.ErrInvalidToken) {
		t.Errorf("after the sign-in has ended: %v", err)
	}
	usual := w.grantTokens("notes", w.ren)
	if _, err := w.spend(usual.AccessToken); !errors.Is(err, oauth.ErrInsufficientScope) {
		t.Errorf("a usual token: %v", err)
	}
}

// N14: a recovery sign-in has no session, and its token binds.
func TestN14ARecoverySignInBindsWithoutASession(t *testing.T) {
	w := newWorld(t)
	token, _ := w.token(wire.ScopeRecover)
	spent, err := w.spend(token)
	if err != nil || !spent.Recovers || spent.Strength != policy.Helped {
		t.Errorf("%+v, %v", spent, err)
	}
}

// A recovery sign-in is no session to any other request, and a session none to it.
func TestN14ARecoverySignInIsNothingElse(t *testing.T) {
	w := newWorld(t)
	for scope, session := range map[string]signin.Session{
		wire.ScopeBackup: w.proves(wire.ScopeRecover), "openid": w.proves(wire.ScopeRecover), wire.ScopeRecover: w.signIn(w.ren),
	} {
		request := binding(scope)
		if scope == "openid" {
			request = ask("notes", "scope", scope)
		}
		step := w.begin(request)
		w.clock.Add(time.Second)
		session.AuthAt, session.Strength = w.clock.Now(), policy.Strong
		step, err := w.s.Resume(t.Context(), step.Request.ID, &session, oauth.From{})
		if err != nil || step.Do != oauth.SignIn {
			t.Errorf("%s: %d, %v", scope, step.Do, err)
		}
		if step, err = w.s.Allow(t.Context(), step.Request.ID, &session, oauth.From{}); err != nil || step.Do != oauth.SignIn {
			t.Errorf("%s allowed: %d, %v", scope, step.Do, err)
		}
	}
}
