package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// television is an application that may ask with a code.
func (w *world) television() {
	w.put(oauth.Client{ID: "television", Name: "Television", Host: "tv.example", Kind: oauth.Native, Device: true,
		Redirects: []string{"http://127.0.0.1/done"}, Scopes: oauth.ParseScopes("openid profile offline_access")})
}

func asks(client, scope string) oauth.Credentials {
	return oauth.Credentials{Form: url.Values{"client_id": {client}, "scope": {scope}}}
}

func (w *world) asked(client, scope string) oauth.DeviceCode {
	w.Helper()
	code, err := w.s.Ask(w.Context(), asks(client, scope), oauth.From{IP: "203.0.113.7", Place: "Osaka"})
	if err != nil {
		w.Fatal(err)
	}
	return code
}

func (w *world) poll(client string, code oauth.DeviceCode) (oauth.Tokens, error) {
	return w.s.Token(w.Context(), oauth.Credentials{Form: url.Values{"grant_type": {oauth.GrantDevice}, "client_id": {client}, "device_code": {code.DeviceCode}}}, oauth.From{})
}

// typed is somebody who types a code in their browser, and what proves that.
func (w *world) typed(code string) (request string, from oauth.From) {
	w.Helper()
	r, proof, err := w.s.Type(w.Context(), code, oauth.From{IP: "192.0.2.1"})
	if err != nil {
		w.Fatal(err)
	}
	return r.ID, oauth.From{IP: "192.0.2.1", Typed: proof}
}

// allows types a code and allows what the page asks.
func (w *world) allows(code string, s signin.Session) {
	w.Helper()
	request, from := w.typed(code)
	step, err := w.s.Resume(w.Context(), request, &s, from)
	if err != nil || step.Do != oauth.Consent {
		w.Fatalf("asked %d, %v", step.Do, err)
	}
	step, err = w.s.Allow(w.Context(), request, &s, from)
	if err != nil || step.Do != oauth.Told || step.Refused != nil {
		w.Fatalf("allowed %+v, %v", step, err)
	}
}

func TestADeviceGetsItsTokensOnceItsCodeWasTypedAndAllowed(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid profile offline_access")
	if code.URI != issuer+"/device" || code.ExpiresIn != 900 || code.Interval != 5 || len(code.UserCode) != 9 {
		t.Errorf("%+v", code)
	}
	if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrAuthorizationPending) {
		t.Errorf("before: %v", err)
	}
	w.allows(strings.ToLower(strings.Replace(code.UserCode, "-", " ", 1)), w.signIn(w.mei))
	w.clock.Add(5 * time.Second)
	got, err := w.poll("television", code)
	if err != nil || got.IDToken == "" || got.RefreshToken == "" || got.Scope != "openid profile offline_access" {
		t.Errorf("%+v, %v", got, err)
	}
	w.tokens(w.refreshing("television", got.RefreshToken))
	if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrInvalidGrant) {
		t.Errorf("used before: %v", err)
	}
}

// O13: what a remembered browser has signed in lets no device elsewhere in; both
// proofs are asked first, and once.
func TestO13ARememberedBrowserLetsNoDeviceIn(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	request, from := w.typed(code.UserCode)
	w.clock.Add(time.Second)
	s := w.signIn(w.mei)
	s.Strength, s.Methods, s.FullAt = policy.OneProof, []string{policy.Password}, time.Time{}
	for name, goOn := range map[string]func(context.Context, string, *signin.Session, oauth.From) (oauth.Step, error){"shown": w.s.Resume, "allowed": w.s.Allow} {
		if step, err := goOn(t.Context(), request, &s, from); err != nil || step.Do != oauth.SignInAgain {
			t.Errorf("%s: %d, %v", name, step.Do, err)
		}
	}
	full := w.signIn(w.mei)
	if step, err := w.s.Resume(t.Context(), request, &full, from); err != nil || step.Do != oauth.Consent {
		t.Errorf("with both: %d, %v", step.Do, err)
	}
}

func TestADeviceOfTheTerminalBindsWithATokenAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for _, scope := range []string{wire.ScopeBackup, wire.ScopeRecover} {
		code := w.asked(oauth.ClientTerminal, scope)
		old := w.signIn(w.ren)
		w.clock.Add(time.Second)
		request, from := w.typed(code.UserCode)
		if step, err := w.s.Resume(t.Context(), request, &old, from); err != nil || step.Do != oauth.SignIn && step.Do != oauth.SignInAgain {
			t.Errorf("%s with a session of a second ago: %d, %v", scope, step.Do, err)
		}
		session := w.proves(scope)
		if step, err := w.s.Allow(t.Context(), request, &session, from); err != nil || step.Do != oauth.Told {
			t.Fatalf("%s: %d, %v", scope, step.Do, err)
		}
		got, err := w.poll(oauth.ClientTerminal, code)
		if err != nil || got.IDToken != "" || got.RefreshToken != "" {
			t.Errorf("%s: %+v, %v", scope, got, err)
		}
		spent, err := w.spend(got.AccessToken)
		if err != nil || spent.Person != w.ren.ID || spent.Recovers != (scope == wire.ScopeRecover) {
			t.Errorf("%s: %+v, %v", scope, spent, err)
		}
	}
	if _, err := w.s.Ask(t.Context(), asks(oauth.ClientTerminal, "backup recover"), oauth.From{}); !errors.Is(err, oauth.ErrInvalidScope) {
		t.Errorf("two at once: %v", err)
	}
}

func TestOnlyApplicationsThatMayAskWithACode(t *testing.T) {
	w := newWorld(t)
	w.television()
	for _, client := range []string{"terminal", "notes", "nobody"} {
		if _, err := w.s.Ask(t.Context(), asks(client, "openid"), oauth.From{}); !errors.Is(err, oauth.ErrUnauthorizedClient) && !errors.Is(err, oauth.ErrInvalidClient) {
			t.Errorf("%s asks: %v", client, err)
		}
	}
	if _, err := w.poll("terminal", oauth.DeviceCode{DeviceCode: "A.B"}); !errors.Is(err, oauth.ErrUnauthorizedClient) {
		t.Errorf("polls: %v", err)
	}
	_, _, err := w.s.Put(t.Context(), oauth.Client{Name: "Wiki", Host: "wiki.example", Kind: oauth.Web, Device: true, Redirects: []string{"https://wiki.example/"}})
	if !errors.Is(err, oauth.ErrBadClient) {
		t.Errorf("a web application: %v", err)
	}
	code := w.asked("television", "openid")
	w.allows(code.UserCode, w.signIn(w.mei))
	if _, err := w.poll(oauth.ClientTerminal, code); !errors.Is(err, oauth.ErrInvalidGrant) {
		t.Errorf("by another application: %v", err)
	}
}

// O13: a device that asks too often is told to slow down, and has to.
func TestO13WhoPollsTooFastIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	for i, c := range []struct {
		after time.Duration
		want  error
	}{
		{0, oauth.ErrAuthorizationPending}, {5 * time.Second, oauth.ErrAuthorizationPending}, {4500 * time.Millisecond, oauth.ErrAuthorizationPending},
		{time.Second, oauth.ErrSlowDown}, {5 * time.Second, oauth.ErrSlowDown}, {15 * time.Second, oauth.ErrAuthorizationPending},
	} {
		w.clock.Add(c.after)
		if _, err := w.poll("television", code); !errors.Is(err, c.want) {
			t.Errorf("poll %d: %v, want %v", i, err, c.want)
		}
	}
}

func TestADeviceCodeExpires(t *testing.T) {
	w := newWorld(t)
	w.television()
	open, allowed := w.asked("television", "openid"), w.asked("television", "openid")
	request, from := w.typed(open.UserCode)
	w.allows(allowed.UserCode, w.signIn(w.mei))
	w.clock.Add(15*time.Minute + time.Second)
	for name, code := range map[string]oauth.DeviceCode{"open": open, "allowed, and not fetched": allowed} {
		if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrExpiredToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := w.s.Type(t.Context(), open.UserCode, oauth.From{}); !errors.Is(err, oauth.ErrUserCode) {
		t.Errorf("typed: %v", err)
	}
	session := w.signIn(w.mei)
	if _, err := w.s.Allow(t.Context(), request, &session, from); !errors.Is(err, oauth.ErrGone) {
		t.Errorf("allowed: %v", err)
	}
	if err := w.s.Upkeep(t.Context()); err != nil || w.count(`SELECT count(*) FROM device_code`) != 2 {
		t.Errorf("forgotten while a poll may still hear why: %v", err)
	}
	w.clock.Add(time.Hour)
	if err := w.s.Upkeep(t.Context()); err != nil || w.count(`SELECT count(*) FROM device_code`) != 0 {
		t.Errorf("not forgotten: %v", err)
	}
}

func TestWhatIsDeniedStaysSo(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	request, from := w.typed(code.UserCode)
	step, err := w.s.Deny(t.Context(), request, from)
	if err != nil || step.Do != oauth.Told || !errors.Is(step.Refused, oauth.ErrAccessDenied) {
		t.Fatalf("%+v, %v", step, err)
	}
	session := w.signIn(w.mei)
	if _, err := w.s.Allow(t.Context(), request, &session, from); !errors.Is(err, oauth.ErrAnswered) {
		t.Errorf("allowed after all: %v", err)
	}
	if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrAccessDenied) {
		t.Errorf("the device hears %v", err)
	}
	if _, _, err := w.s.Type(t.Context(), code.UserCode, oauth.From{}); !errors.Is(err, oauth.ErrUserCode) {
		t.Errorf("typed again: %v", err)
	}
}

// O13: the request goes on only where its code was typed. A link to it, which
// somebody could send, leads to the page where the code is typed.
func TestO13ALinkToSomebodysRequestOpensNothing(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	request, from := w.typed(code.UserCode)
	session := w.signIn(w.mei)
	stranger := oauth.From{Typed: "stranger"}
	for name, do := range map[string]func(oauth.From) (oauth.Step, error){
		"resumed": func(f oauth.From) (oauth.Step, error) { return w.s.Resume(t.Context(), request, &session, f) },
		"allowed": func(f oauth.From) (oauth.Step, error) { return w.s.Allow(t.Context(), request, &session, f) },
		"denied":  func(f oauth.From) (oauth.Step, error) { return w.s.Deny(t.Context(), request, f) },
	} {
		for _, f := range []oauth.From{{}, stranger} {
			if step, err := do(f); err != nil || step.Do != oauth.TypeCode {
				t.Errorf("%s by %q: %d, %v", name, f.Typed, step.Do, err)
			}
		}
	}
	again, fromAgain := w.typed(code.UserCode) // in another browser: there it goes on now
	if step, err := w.s.Allow(t.Context(), request, &session, from); err != nil || step.Do != oauth.TypeCode {
		t.Errorf("the one before: %d, %v", step.Do, err)
	}
	if step, err := w.s.Allow(t.Context(), again, &session, fromAgain); err != nil || step.Do != oauth.Told {
		t.Errorf("the one after: %d, %v", step.Do, err)
	}
}

// Of any number of devices that poll at once with one code, on any node, one
// gets tokens.
func TestPollsAtOnceGetOneToken(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	w.allows(code.UserCode, w.signIn(w.mei))
	nodes := []*oauth.Service{w.s, w.service()}
	var got atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			_, err := nodes[i%2].Token(t.Context(), oauth.Credentials{Form: url.Values{"grant_type": {oauth.GrantDevice},
				"client_id": {"television"}, "device_code": {code.DeviceCode}}}, oauth.From{})
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, oauth.ErrInvalidGrant) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d got tokens", got.Load())
	}
}

// O13: ten wrong codes of a network an hour, and then none is looked up.
func TestO13GuessingUserCodesIsThrottled(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	from := func(n int) oauth.From { return oauth.From{IP: fmt.Sprintf("192.0.2.%d", n)} }
	for n := range 10 {
		if _, _, err := w.s.Type(t.Context(), "BBBB-BBBB", from(n)); !errors.Is(err, oauth.ErrUserCode) {
			t.Fatalf("guess %d: %v", n, err)
		}
		if _, _, err := w.s.Type(t.Context(), "mistyped", from(n)); !errors.Is(err, oauth.ErrUserCode) {
			t.Fatalf("mistyped %d, which is no guess: %v", n, err)
		}
	}
	for _, typed := range []string{"BBBB-BBBB", code.UserCode} {
		if _, _, err := w.s.Type(t.Context(), typed, from(77)); !errors.Is(err, signin.ErrTooMany) {
			t.Errorf("%s: %v", typed, err)
		}
	}
	if _, _, err := w.s.Type(t.Context(), code.UserCode, oauth.From{IP: "198.51.100.1"}); err != nil {
		t.Errorf("another network: %v", err)
	}
	w.clock.Add(time.Hour)
	code = w.asked("television", "openid")
	w.typed(code.UserCode)
}

func TestSoManyDevicesOfANetworkAsk(t *testing.T) {
	w := newWorld(t)
	w.television()
	for range 100 {
		w.asked("television", "openid")
	}
	_, err := w.s.Ask(t.Context(), asks("television", "openid"), oauth.From{IP: "203.0.113.9"})
	if !errors.Is(err, signin.ErrTooMany) {
		t.Errorf("got %v", err)
	}
}

// What a person takes back, signs out of everywhere or loses by a new password
// ends what a device was allowed and has not fetched.
func TestWhatWasAllowedDiesWithTheSession(t *testing.T) {
	w := newWorld(t)
	w.television()
	for name, end := range map[string]func(*db.Tx, signin.Session) error{
		"epoch": func(tx *db.Tx, _ signin.Session) error {
			_, err := tx.Exec(t.Context(), `UPDATE person SET epoch = epoch + 1 WHERE id = $1`, w.mei.ID)
			w.mei.Epoch++
			return err
		},
		"session": func(tx *db.Tx, s signin.Session) error {
			return signin.End(t.Context(), tx, w.mei.ID, s.ID, "signed_out")
		},
	} {
		code, session := w.asked("television", "openid"), w.signIn(w.mei)
		w.allows(code.UserCode, session)
		w.write(func(tx *db.Tx) error { return end(tx, session) })
		if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrInvalidGrant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	code := w.asked("television", "openid")
	w.allows(code.UserCode, w.signIn(w.mei))
	if err := w.s.TakeBack(t.Context(), w.mei.ID, "television", oauth.From{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.poll("television", code); !errors.Is(err, oauth.ErrInvalidGrant) {
		t.Errorf("taken back: %v", err)
	}
}

// Who reads the database can neither type a code nor poll.
func TestADumpHoldsNoDeviceCodes(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := w.asked("television", "openid")
	_, from := w.typed(code.UserCode)
	text, err := dump(w)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(code.DeviceCode, ".")
	for _, v := range []string{secret, code.UserCode, strings.Replace(code.UserCode, "-", "", 1), from.Typed} {
		if bytes.Contains(text, []byte(v)) {
			t.Errorf("the database holds %q", v)
		}
	}
}

func TestUserCodesAreReadAsPeopleTypeThem(t *testing.T) {
	w := newWorld(t)
	w.television()
	for name, typed := range map[string]func(string) string{
		"as shown":   func(s string) string { return s },
		"lower case": strings.ToLower,
		"together":   func(s string) string { return strings.Replace(s, "-", "", 1) },
		"full width": func(s string) string {
			return strings.Map(func(r rune) rune {
				if r == '-' {
					return '－'
				}
				return r + '！' - '!'
			}, s)
		},
		"spaced": func(s string) string { return "  " + strings.Join(strings.Split(s, ""), " ") + "\n" },
	} {
		code := w.asked("television", "openid")
		if _, _, err := w.s.Type(t.Context(), typed(code.UserCode), oauth.From{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, typed := range []string{"", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJ1", "BCDF-GHJA", strings.Repeat("B", 10_000)} {
		if _, _, err := w.s.Type(t.Context(), typed, oauth.From{}); !errors.Is(err, oauth.ErrUserCode) {
			t.Errorf("%.12s: %v", typed, err)
		}
	}
}
