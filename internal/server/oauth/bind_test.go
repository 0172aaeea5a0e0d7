package oauth_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

const terminalBack = "http://127.0.0.1:50111/callback"

// binding is a request of the terminal app for a sign-in that binds it.
func binding(scope string, pairs ...string) url.Values {
	return ask(oauth.ClientTerminal, append([]string{"scope", scope, "redirect_uri", terminalBack, "nonce", ""}, pairs...)...)
}

// token goes the whole way: asked to sign in anew, signed in, allowed, redeemed.
func (w *world) token(scope string) (string, signin.Session) {
	w.Helper()
	step := w.begin(binding(scope), w.signIn(w.ren))
	w.clock.Add(time.Second)
	session := w.signIn(w.ren)
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
		fresh := w.signIn(w.ren)
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

// N14: recovering leaves no session behind, and its token still binds.
func TestN14ARecoverySignInLeavesNoSession(t *testing.T) {
	w := newWorld(t)
	token, session := w.token(wire.ScopeRecover)
	err := w.d.Read(t.Context(), func(tx *db.Tx) error { _, err := signin.SessionByID(t.Context(), tx, session.ID); return err })
	if !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("the session is there: %v", err)
	}
	spent, err := w.spend(token)
	if err != nil || !spent.Recovers {
		t.Errorf("%+v, %v", spent, err)
	}
}
