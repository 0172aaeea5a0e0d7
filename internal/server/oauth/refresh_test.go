package oauth_test

import (
	"strings"
	"testing"
	"time"

	"countersign/internal/server/oauth"
)

// O4: each use gives a new token, and the one before is dead.
func TestRefreshTokensRotate(t *testing.T) {
	w := newWorld(t)
	first := w.grantTokens("expenses", w.mei)
	second := w.tokens(w.refreshing("expenses", first.RefreshToken))
	if second.RefreshToken == first.RefreshToken || second.RefreshToken == "" || second.IDToken == "" {
		t.Fatal("no successor")
	}
	id, err := w.verifierOf("expenses", oauth.ES256).Verify(t.Context(), second.IDToken)
	if err != nil || id.Subject != w.mei.ID || id.Nonce != "" {
		t.Errorf("ID token of a refresh: %v %+v", err, id)
	}
	w.tokens(w.refreshing("expenses", second.RefreshToken))
}

// O4: who did not get the answer may ask again, for 30 seconds and while
// nobody has used the successor, and gets the same one.
func TestLostAnswerIsRepeatedForAWhile(t *testing.T) {
	w := newWorld(t)
	first := w.grantTokens("expenses", w.mei).RefreshToken
	second := w.tokens(w.refreshing("expenses", first)).RefreshToken
	later(w, 29*time.Second)
	if again := w.tokens(w.refreshing("expenses", first)).RefreshToken; again != second {
		t.Error("another successor")
	}
	later(w, 2*time.Second)
	w.refused(w.refreshing("expenses", first), oauth.ErrInvalidGrant, "after 30 seconds")
	w.refused(w.refreshing("expenses", second), oauth.ErrInvalidGrant, "family after reuse")
}

// O4: once the successor was used, the one before can only be stolen.
func TestReuseRevokesTheFamily(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	second := w.tokens(w.refreshing("expenses", tokens.RefreshToken))
	third := w.tokens(w.refreshing("expenses", second.RefreshToken))
	w.refused(w.refreshing("expenses", tokens.RefreshToken), oauth.ErrInvalidGrant, "reuse")
	w.refused(w.refreshing("expenses", third.RefreshToken), oauth.ErrInvalidGrant, "the newest")
	if _, err := w.s.UserInfo(t.Context(), third.AccessToken); err == nil {
		t.Error("userinfo goes on")
	}
	if n := w.count(`SELECT count(*) FROM audit_event WHERE kind = 'oauth.reuse'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// O4: many at once get one successor, and the family lives.
func TestRacingRefreshesShareOneSuccessor(t *testing.T) {
	w := newWorld(t)
	first := w.grantTokens("expenses", w.mei).RefreshToken
	got := w.race(20, func() (string, error) {
		tokens, err := w.s.Token(t.Context(), w.refreshing("expenses", first), oauth.From{})
		return tokens.RefreshToken, err
	})
	if len(got) != 1 {
		t.Fatalf("%d successors", len(got))
	}
	if n := w.count(`SELECT count(*) FROM oauth_grant WHERE revoked_at = 0 AND refresh_n = 2`); n != 1 {
		t.Errorf("%d living families at their second token", n)
	}
	for second := range got {
		w.tokens(w.refreshing("expenses", second))
	}
}

func TestTwoNodesGiveTheSameSuccessor(t *testing.T) {
	w := newWorld(t)
	first := w.grantTokens("notes", w.mei).RefreshToken
	other := w.service()
	mine := w.tokens(w.refreshing("notes", first)).RefreshToken
	theirs, err := other.Token(t.Context(), w.refreshing("notes", first), oauth.From{})
	if err != nil || theirs.RefreshToken != mine {
		t.Errorf("%v", err)
	}
}

// Knowing a family's name does not let anybody end it.
func TestForgedRefreshTokenChangesNothing(t *testing.T) {
	w := newWorld(t)
	first := w.grantTokens("expenses", w.mei).RefreshToken
	second := w.tokens(w.refreshing("expenses", first)).RefreshToken
	grant, mac := strings.SplitN(first, ".", 3)[0], strings.SplitN(second, ".", 3)[2]
	for _, forged := range []string{
		grant + ".1." + strings.Repeat("A", 43), grant + ".1." + mac, grant + ".3." + mac, grant + ".-1." + mac,
		grant + ".01." + strings.SplitN(first, ".", 3)[2], first + "x", first[:len(first)-1], grant, "", "..", strings.Repeat(first, 9),
	} {
		w.refused(w.refreshing("expenses", forged), oauth.ErrInvalidGrant, forged)
	}
	w.refused(w.refreshing("notes", second), oauth.ErrInvalidGrant, "another client's")
	w.refused(w.refreshing("notes", first), oauth.ErrInvalidGrant, "another client's old one")
	w.tokens(w.refreshing("expenses", second))
}

func TestRefreshMayAskForLess(t *testing.T) {
	w := newWorld(t)
	tokens := w.grantTokens("expenses", w.mei)
	less := w.tokens(w.refreshing("expenses", tokens.RefreshToken, "scope", "openid"))
	if less.Scope != "openid" {
		t.Errorf("scope %q", less.Scope)
	}
	w.refused(w.refreshing("expenses", less.RefreshToken, "scope", "openid notes.read"), oauth.ErrInvalidScope, "more than granted")
	w.refused(w.refreshing("expenses", less.RefreshToken, "resource", "https://bank.example"), oauth.ErrInvalidTarget, "another resource")
	if all := w.tokens(w.refreshing("expenses", less.RefreshToken)); !strings.Contains(all.Scope, "email") {
		t.Errorf("the next one is limited too: %q", all.Scope)
	}
}

func TestRefreshTokensEnd(t *testing.T) {
	w := newWorld(t)
	const day = 24 * time.Hour
	idle := w.grantTokens("expenses", w.mei).RefreshToken
	later(w, 30*day)
	w.upkeep()
	w.refused(w.refreshing("expenses", idle), oauth.ErrInvalidGrant, "idle for a month")

	token := w.grantTokens("expenses", w.mei).RefreshToken
	for range 8 {
		later(w, 20*day)
		w.upkeep()
		token = w.tokens(w.refreshing("expenses", token)).RefreshToken
	}
	later(w, 20*day+time.Second)
	w.refused(w.refreshing("expenses", token), oauth.ErrInvalidGrant, "in use for half a year")

	w.upkeep()
	spa := w.grantTokens("notes", w.mei).RefreshToken
	later(w, day)
	w.refused(w.refreshing("notes", spa), oauth.ErrInvalidGrant, "single-page application, idle for a day")
}
