package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

func TestSignedInPersonGetsACodeAfterConsent(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	step := w.begin(ask("expenses"), mei)
	if step.Do != oauth.Consent || step.Request.ID == "" {
		t.Fatalf("first step %d, want consent", step.Do)
	}
	step, err := w.s.Allow(t.Context(), step.Request.ID, &mei, oauth.From{})
	if err != nil {
		t.Fatal(err)
	}
	a := w.answer(step)
	if !strings.HasPrefix(step.To, webBack+"?") || a.Get("code") == "" || a.Get("state") != "state-1" || a.Get("error") != "" {
		t.Errorf("answer %s", step.To)
	}
	// O5: every answer says who gives it, so that two issuers cannot be mixed up.
	if a.Get("iss") != issuer {
		t.Errorf("iss = %q", a.Get("iss"))
	}
}

func TestConsentIsRememberedForEachScope(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	w.code("expenses", mei, "scope", "openid profile")
	if step := w.begin(ask("expenses", "scope", "profile"), mei); step.Do != oauth.Answer {
		t.Errorf("asked again for less: %d", step.Do)
	}
	if step := w.begin(ask("expenses", "scope", "openid email"), mei); step.Do != oauth.Consent {
		t.Errorf("not asked for more: %d", step.Do)
	}
	if step := w.begin(ask("expenses", "scope", "openid", "prompt", "consent"), mei); step.Do != oauth.Consent {
		t.Errorf("not asked although the application wished: %d", step.Do)
	}
}

func TestConsentOfOnePersonIsNotAnothers(t *testing.T) {
	w := newWorld(t)
	w.code("notes", w.signIn(w.mei))
	if step := w.begin(ask("notes"), w.signIn(w.ren)); step.Do != oauth.Consent {
		t.Errorf("step %d", step.Do)
	}
}

func TestNativeApplicationIsAskedForEachTime(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	w.code("terminal", mei)
	if step := w.begin(ask("terminal"), mei); step.Do != oauth.Consent {
		t.Errorf("any program could use the name of this one: step %d", step.Do)
	}
}

func TestTrustedApplicationIsNotAskedFor(t *testing.T) {
	w := newWorld(t)
	w.put(oauth.Client{ID: "intranet", Name: "Intranet", Host: "aoba.example", Kind: oauth.Browser, Trusted: true,
		Redirects: []string{"https://aoba.example/"}, Scopes: oauth.ParseScopes("openid")})
	if step := w.begin(ask("intranet", "redirect_uri", "https://aoba.example/"), w.signIn(w.mei)); step.Do != oauth.Answer {
		t.Errorf("step %d", step.Do)
	}
}

func TestSayingNoIsToldToTheApplication(t *testing.T) {
	w := newWorld(t)
	step := w.begin(ask("expenses"), w.signIn(w.mei))
	step, err := w.s.Deny(t.Context(), step.Request.ID, oauth.From{})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.answer(step); a.Get("error") != "access_denied" || a.Get("state") != "state-1" || a.Get("iss") != issuer {
		t.Errorf("answer %v", a)
	}
}

func TestARequestHasOneAnswer(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	id := w.begin(ask("expenses"), mei).Request.ID
	if _, err := w.s.Allow(t.Context(), id, &mei, oauth.From{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Allow(t.Context(), id, &mei, oauth.From{}); !errors.Is(err, oauth.ErrAnswered) {
		t.Errorf("second answer: %v", err)
	}
	if _, err := w.s.Resume(t.Context(), id, &mei, oauth.From{}); !errors.Is(err, oauth.ErrAnswered) {
		t.Errorf("back button: %v", err)
	}
	if _, err := w.s.Resume(t.Context(), "NOSUCHREQUEST", &mei, oauth.From{}); !errors.Is(err, oauth.ErrGone) {
		t.Errorf("made-up request: %v", err)
	}
}

func TestARequestWaitsAsLongAsASignInTakes(t *testing.T) {
	w := newWorld(t)
	id := w.begin(ask("expenses")).Request.ID
	later(w, 2*time.Hour-time.Second)
	mei := w.signIn(w.mei)
	if step, err := w.s.Resume(t.Context(), id, &mei, oauth.From{}); err != nil || step.Do != oauth.Consent {
		t.Errorf("just before the end: %v %v", step.Do, err)
	}
	later(w, 2*time.Second)
	if _, err := w.s.Resume(t.Context(), id, &mei, oauth.From{}); !errors.Is(err, oauth.ErrGone) {
		t.Errorf("after two hours: %v", err)
	}
}

func TestOldSessionIsGoodEnoughUnlessAsked(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	later(w, 3*time.Hour)
	step := w.begin(ask("expenses"), mei)
	later(w, time.Minute)
	if step, err := w.s.Resume(t.Context(), step.Request.ID, &mei, oauth.From{}); err != nil || step.Do != oauth.Consent {
		t.Errorf("%d %v", step.Do, err)
	}
	step = w.begin(ask("expenses", "max_age", "3600"), mei)
	if step, err := w.s.Resume(t.Context(), step.Request.ID, &mei, oauth.From{}); err != nil || step.Do != oauth.SignInAgain {
		t.Errorf("max_age: %d %v", step.Do, err)
	}
}

// The person must never be sent to an address that is not the application's.
func TestWrongClientOrRedirectIsNeverAnsweredThere(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	for name, c := range map[string]struct {
		v    url.Values
		want error
	}{
		"unknown client":    {ask("nobody", "redirect_uri", webBack), oauth.ErrUnknownClient},
		"no client":         {ask("expenses", "client_id", ""), oauth.ErrUnknownClient},
		"client twice":      {twice(ask("expenses"), "client_id", "notes"), oauth.ErrUnknownClient},
		"subject as client": {ask("expenses", "client_id", w.mei.ID), oauth.ErrUnknownClient},
		"no redirect":       {ask("expenses", "redirect_uri", ""), oauth.ErrWrongRedirect},
		"redirect twice":    {twice(ask("expenses"), "redirect_uri", "https://evil.example/"), oauth.ErrWrongRedirect},
		"another client's":  {ask("expenses", "redirect_uri", spaBack), oauth.ErrWrongRedirect},
	} {
		step, err := w.s.Begin(t.Context(), c.v, []session{mei}, oauth.From{})
		if !errors.Is(err, c.want) || step.To != "" {
			t.Errorf("%s: %v, to %q", name, err, step.To)
		}
	}
}

func twice(v url.Values, name, second string) url.Values {
	v.Add(name, second)
	return v
}

func TestWrongRequestsAreToldToTheApplication(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	for name, c := range map[string]struct {
		v    url.Values
		want string
	}{
		"no type":              {ask("expenses", "response_type", ""), "invalid_request"},
		"O3 implicit":          {ask("expenses", "response_type", "token"), "unsupported_response_type"},
		"O3 hybrid":            {ask("expenses", "response_type", "code id_token"), "unsupported_response_type"},
		"fragment":             {ask("expenses", "response_mode", "fragment"), "invalid_request"},
		"O2 no challenge":      {ask("expenses", "code_challenge", ""), "invalid_request"},
		"O2 plain":             {ask("expenses", "code_challenge_method", "plain"), "invalid_request"},
		"O2 method left out":   {ask("expenses", "code_challenge_method", ""), "invalid_request"},
		"O2 short challenge":   {ask("expenses", "code_challenge", "c2hvcnQ"), "invalid_request"},
		"no known scope":       {ask("expenses", "scope", "admin"), "invalid_scope"},
		"another's API":        {ask("notes", "resource", "https://bank.example"), "invalid_target"},
		"prompt with none":     {ask("expenses", "prompt", "none login"), "invalid_request"},
		"unknown prompt":       {ask("expenses", "prompt", "dance"), "invalid_request"},
		"max_age":              {ask("expenses", "max_age", "-1"), "invalid_request"},
		"unknown acr":          {ask("expenses", "acr_values", "phr"), "unmet_authentication_requirements"},
		"request object":       {ask("expenses", "request", "e30.e30."), "request_not_supported"},
		"O15 request by URI":   {ask("expenses", "request_uri", "https://evil.example/r"), "request_uri_not_supported"},
		"scope twice":          {twice(ask("expenses"), "scope", "openid"), "invalid_request"},
		"state twice":          {twice(ask("expenses"), "state", "other"), "invalid_request"},
		"unknown param twice":  {twice(twice(ask("expenses"), "x", "1"), "x", "2"), "invalid_request"},
		"NUL":                  {ask("expenses", "nonce", "a\x00b"), "invalid_request"},
		"not UTF-8":            {ask("expenses", "login_hint", "\xff"), "invalid_request"},
		"too long":             {ask("expenses", "nonce", strings.Repeat("n", 20_000)), "invalid_request"},
		"forged id_token_hint": {ask("expenses", "id_token_hint", "e30.e30.e30"), "invalid_request"},
	} {
		a := w.answer(w.begin(c.v, mei))
		if a.Get("error") != c.want || a.Get("code") != "" || a.Get("iss") != issuer {
			t.Errorf("%s: %v", name, a)
		}
		if name != "state twice" && a.Get("state") != "state-1" {
			t.Errorf("%s: state %q", name, a.Get("state"))
		}
	}
	if n := w.count(`SELECT count(*) FROM oauth_grant`); n != 0 {
		t.Errorf("%d grants", n)
	}
}

// A stranger leaves at most 8 KiB waiting, and the application's developer hears why not more.
func TestARequestHasAtMostEightKiB(t *testing.T) {
	w := newWorld(t)
	if step := w.begin(ask("expenses", "login_hint", strings.Repeat("n", 7000))); step.Do != oauth.SignIn {
		t.Errorf("7 KiB: %d", step.Do)
	}
	a := w.answer(w.begin(ask("expenses", "login_hint", strings.Repeat("n", 8<<10))))
	if a.Get("error") != "invalid_request" || !strings.Contains(a.Get("error_description"), "8192 bytes") {
		t.Errorf("8 KiB and more: %v", a)
	}
}

func TestPromptNoneNeverShowsAPage(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	for want, v := range map[string]url.Values{
		"login_required":   ask("expenses", "prompt", "none"),
		"consent_required": ask("expenses", "prompt", "none", "scope", "openid"),
	} {
		var sessions []session
		if want == "consent_required" {
			sessions = []session{mei}
		}
		if a := w.answer(w.begin(v, sessions...)); a.Get("error") != want {
			t.Errorf("%v, want %s", a, want)
		}
	}
	w.code("expenses", mei)
	if a := w.answer(w.begin(ask("expenses", "prompt", "none"), mei)); a.Get("code") == "" {
		t.Errorf("with session and consent: %v", a)
	}
	later(w, time.Minute)
	for _, pair := range [][]string{{"max_age", "30"}, {"login_hint", "ren"}, {"acr_values", "urn:countersign:strength:4"}} {
		if a := w.answer(w.begin(ask("expenses", append(pair, "prompt", "none")...), mei)); a.Get("error") != "login_required" {
			t.Errorf("%v: %v", pair, a)
		}
	}
}

func TestPromptLoginNeedsAProofAfterTheRequest(t *testing.T) {
	w := newWorld(t)
	before := w.signIn(w.mei)
	later(w, time.Second)
	for _, pair := range [][]string{{"prompt", "login"}, {"max_age", "0"}} {
		step := w.begin(ask("expenses", pair...), before)
		if step.Do != oauth.SignInAgain {
			t.Fatalf("%v: step %d", pair, step.Do)
		}
		id := step.Request.ID
		if step, err := w.s.Resume(t.Context(), id, &before, oauth.From{}); err != nil || step.Do != oauth.SignInAgain {
			t.Errorf("%v: the old session was enough: %d %v", pair, step.Do, err)
		}
		later(w, time.Second)
		after := w.signIn(w.mei)
		if step, err := w.s.Resume(t.Context(), id, &after, oauth.From{}); err != nil || step.Do != oauth.Consent {
			t.Errorf("%v: %d %v", pair, step.Do, err)
		}
		later(w, time.Second)
	}
}

func TestStrongerSignInIsAskedForOnce(t *testing.T) {
	w := newWorld(t)
	weak := w.signIn(w.mei)
	later(w, time.Second)
	step := w.begin(ask("expenses", "acr_values", "urn:countersign:strength:4"), weak)
	if step.Do != oauth.SignInAgain {
		t.Fatalf("step %d", step.Do)
	}
	later(w, time.Second)
	again := w.signIn(w.mei)
	step, err := w.s.Resume(t.Context(), step.Request.ID, &again, oauth.From{})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.answer(step); a.Get("error") != "unmet_authentication_requirements" {
		t.Errorf("%v", a)
	}
}

// A session of a remembered browser is worth the password alone. An application that
// asks for more gets it asked, even if that very sign-in was for it.
func TestARememberedBrowsersSessionIsAskedForMoreByAnApplicationThatWantsIt(t *testing.T) {
	w := newWorld(t)
	step := w.begin(ask("expenses", "acr_values", "urn:countersign:strength:3"))
	later(w, time.Second)
	s := w.signIn(w.mei)
	s.Strength, s.Methods, s.FullAt = policy.OneProof, []string{policy.Password}, time.Time{}
	if step, err := w.s.Resume(t.Context(), step.Request.ID, &s, oauth.From{}); err != nil || step.Do != oauth.SignInAgain {
		t.Errorf("%d, %v", step.Do, err)
	}
	if step := w.begin(ask("expenses"), s); step.Do != oauth.Consent {
		t.Errorf("one that asks for nothing: %d", step.Do)
	}
}

func TestHintsChooseTheAccount(t *testing.T) {
	w := newWorld(t)
	ren, mei := w.signIn(w.ren), w.signIn(w.mei)
	if step := w.begin(ask("notes", "login_hint", "TANAKA@aoba.example"), ren, mei); step.Session.Person != w.mei.ID {
		t.Errorf("login_hint took %s", step.Session.Person)
	}
	if step := w.begin(ask("notes", "login_hint", "nobody@aoba.example"), ren, mei); step.Do != oauth.SignIn {
		t.Errorf("hint at somebody who is not here: %d", step.Do)
	}
	if step := w.begin(ask("notes", "prompt", "select_account"), ren, mei); step.Do != oauth.Choose {
		t.Errorf("select_account: %d", step.Do)
	}
	if step := w.begin(ask("expenses"), ren, mei); step.Session.Person != w.mei.ID {
		t.Errorf("of two, the one the application is not for: %s", step.Session.Person)
	}
	token := w.grantTokens("notes", w.mei).IDToken
	if step := w.begin(ask("notes", "id_token_hint", token), ren, mei); step.Session.Person != w.mei.ID {
		t.Errorf("id_token_hint took %s", step.Session.Person)
	}
	step := w.begin(ask("notes", "id_token_hint", token), ren)
	if step.Do != oauth.SignIn {
		t.Fatalf("another person than hinted at: %d", step.Do)
	}
	if step, err := w.s.Resume(t.Context(), step.Request.ID, &ren, oauth.From{}); err != nil || step.Do != oauth.SignIn {
		t.Errorf("came back as another person: %d %v", step.Do, err)
	}
}

func TestApplicationOfADirectoryIsForItsPeople(t *testing.T) {
	w := newWorld(t)
	ren := w.signIn(w.ren)
	step := w.begin(ask("expenses"), ren)
	if step.Do != oauth.OtherAccount {
		t.Fatalf("step %d", step.Do)
	}
	if step, err := w.s.Allow(t.Context(), step.Request.ID, &ren, oauth.From{}); err != nil || step.Do != oauth.OtherAccount {
		t.Errorf("allowed all the same: %d %v", step.Do, err)
	}
}

func TestABackupIsForPersonalAccounts(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	if step := w.begin(binding(wire.ScopeBackup), mei); step.Do != oauth.OtherAccount {
		t.Errorf("backup: %d", step.Do)
	}
	if step := w.begin(binding(wire.ScopeBackup, "prompt", "select_account"), w.signIn(w.ren)); step.Do != oauth.Choose {
		t.Errorf("the account is not chosen before it is proven: %d", step.Do)
	}
	step := w.begin(binding(wire.ScopeRecover))
	recovered := signin.Session{ID: "A", Person: w.mei.ID, Directory: w.mei.DirectoryID, Epoch: w.mei.Epoch, Strength: policy.Helped, AuthAt: w.clock.Now(), Recovery: true}
	for _, ask := range []func() (oauth.Step, error){
		func() (oauth.Step, error) { return w.s.Resume(t.Context(), step.Request.ID, &recovered, oauth.From{}) },
		func() (oauth.Step, error) { return w.s.Allow(t.Context(), step.Request.ID, &recovered, oauth.From{}) },
	} {
		if step, err := ask(); err != nil || step.Do != oauth.OtherAccount {
			t.Errorf("recovery: %d %v", step.Do, err)
		}
	}
}

func TestCodeOfAnEndedEpochIsWorthNothing(t *testing.T) {
	w := newWorld(t)
	mei := w.signIn(w.mei)
	w.code("expenses", mei)
	w.write(func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, w.mei.ID); return err })
	code := w.answer(w.begin(ask("expenses"), mei)).Get("code") // begun just before
	w.refused(w.redemption("expenses", code), oauth.ErrInvalidGrant, "epoch is over")
}

func TestOneNetworkCannotFillTheDisk(t *testing.T) {
	w := newWorld(t)
	from := oauth.From{IP: "192.0.2.7"}
	if _, err := w.s.Begin(t.Context(), ask("notes"), nil, from); err != nil {
		t.Fatal(err)
	}
	w.write(func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE tally SET n = 999 WHERE key = 'authorize:192.0.2.0/24'`)
		return err
	})
	for _, want := range []error{nil, signin.ErrTooMany, signin.ErrTooMany} {
		if _, err := w.s.Begin(t.Context(), ask("notes"), nil, from); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := w.s.Begin(t.Context(), ask("notes"), nil, oauth.From{IP: "198.51.100.7"}); err != nil {
		t.Errorf("another network: %v", err)
	}
	later(w, 10*time.Minute)
	if _, err := w.s.Begin(t.Context(), ask("notes"), nil, from); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestEveryStepIsInTheAuditLog(t *testing.T) {
	w := newWorld(t)
	w.grantTokens("expenses", w.mei)
	for kind, want := range map[string]int{"oauth.client": 3, "oauth.key.made": 1, "oauth.consent": 1, "oauth.grant": 1, "oauth.redeemed": 1} {
		if n := w.count(`SELECT count(*) FROM audit_event WHERE kind = $1`, kind); n != want {
			t.Errorf("%s: %d events, want %d", kind, n, want)
		}
	}
}

func TestDisabledApplicationIsUnknown(t *testing.T) {
	w := newWorld(t)
	if err := w.s.Disable(t.Context(), "notes"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Begin(t.Context(), ask("notes"), nil, oauth.From{}); !errors.Is(err, oauth.ErrUnknownClient) {
		t.Error(err)
	}
}
