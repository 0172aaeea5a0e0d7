package oauthweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

func TestConsentPageNamesAppAccountAndWhatItMayDo(t *testing.T) {
	w := newWorld(t)
	for lang, words := range map[string][]string{
		"en": {"Let Aoba Expenses use your account?", "See your name and email", "Cannot see your codes or password", "approved by your IT desk"},
		"ja": {"「Aoba Expenses」にアカウントの利用を許可しますか?", "名前とメールアドレスを見る", "コードやパスワードは見られません", "確認済み"},
	} {
		b := w.signedIn(w.mei)
		b.lang = lang
		a := b.get(ask("expenses"))
		page := b.get(a.to())
		for _, want := range append(words, "mei@aoba.example", "expenses.aoba.example") {
			if !strings.Contains(page.page, want) {
				t.Errorf("%s: no %q", lang, want)
			}
		}
	}
}

// O7: whatever follows a form is a GET, and O8: nothing on the road stops it.
func TestRoadBackToTheApplicationIsFree(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	to := b.get(ask("expenses")).to()
	page := b.get(to)
	answer := b.post("/consent", fields(page.page, "answer", "allow"))
	if answer.status != http.StatusSeeOther || !strings.HasPrefix(answer.to(), expensesBack+"?code=") || answer.page != "" {
		t.Errorf("%d to %s with %q", answer.status, answer.to(), answer.page)
	}
	for name, a := range map[string]seen{"consent": page, "answer": answer, "error": b.get("/authorize?client_id=nobody"), "logout": b.get("/logout")} {
		policy := a.header.Get("Content-Security-Policy")
		if strings.Contains(policy, "form-action") || a.header.Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("%s: O8: the road is blocked: %s", name, policy)
		}
		if !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") ||
			a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: O8: %v", name, a.header)
		}
	}
	off := b.get("/security/apps")
	if !strings.Contains(off.header.Get("Content-Security-Policy"), "form-action 'self'") || off.header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("O8: off the road: %v", off.header)
	}
}

func TestUnknownClientOrRedirectIsAPageNeverARedirect(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	for name, c := range map[string]struct{ request, says string }{
		"unknown client":   {ask("expenses", "client_id", "nobody"), "This app is not registered here"},
		"no client":        {ask("expenses", "client_id", ""), "This app is not registered here"},
		"other redirect":   {ask("expenses", "redirect_uri", "https://evil.example/"), "This link leads somewhere unknown"},
		"redirect in path": {ask("expenses", "redirect_uri", expensesBack+"/../x"), "This link leads somewhere unknown"},
		"redirect twice":   {ask("expenses") + "&redirect_uri=https://evil.example/", "This link leads somewhere unknown"},
		"client twice":     {ask("expenses") + "&client_id=notes", "This app is not registered here"},
		"broken escape":    {ask("expenses") + "&x=%zz", "The request could not be read"},
		"semicolon":        {ask("expenses") + ";x=1", "The request could not be read"},
	} {
		a := b.get(c.request)
		if a.status != http.StatusBadRequest || a.to() != "" || !strings.Contains(a.page, c.says) || strings.Contains(a.content(), "evil") {
			t.Errorf("%s: %d to %q\n%s", name, a.status, a.to(), a.page)
		}
	}
}

func TestErrorsOfTheApplicationGoBackWithIssuerAndState(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	a := b.get(ask("expenses", "code_challenge", ""))
	u, err := url.Parse(a.to())
	if err != nil || a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), expensesBack+"?") {
		t.Fatalf("%d to %q", a.status, a.to())
	}
	if q := u.Query(); q.Get("error") != "invalid_request" || q.Get("iss") != issuer || q.Get("state") != "s" || q.Has("code") {
		t.Errorf("%v", q)
	}
}

// A form from another site becomes a link, because only with a link come the cookies.
func TestPostedRequestBecomesALink(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	request := ask("expenses")
	form, err := url.ParseQuery(strings.TrimPrefix(request, "/authorize?"))
	if err != nil {
		t.Fatal(err)
	}
	a := b.post("/authorize", form, "Sec-Fetch-Site", "cross-site", "Origin", "https://expenses.aoba.example")
	if a.status != http.StatusSeeOther || a.to() != request {
		t.Errorf("%d to %q", a.status, a.to())
	}
	form.Set("state", strings.Repeat("x", 20_000))
	if a := b.post("/authorize", form); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("oversized: %d", a.status)
	}
}

func TestSignedOutPersonIsLedToSignInAndBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	a := b.get(ask("expenses"))
	goal, err := url.Parse(a.to())
	if err != nil || goal.Path != "/signin" || !strings.HasPrefix(goal.Query().Get("to"), "/authorize/resume?r=") {
		t.Fatalf("%d to %q", a.status, a.to())
	}
	a = b.get(ask("expenses", "login_hint", "mei@aoba.example"))
	for i := 0; a.status == http.StatusSeeOther && i < 5; i++ {
		a = b.get(a.to())
	}
	if !strings.Contains(a.page, `value="mei@aoba.example"`) || !strings.Contains(a.page, "Aoba Expenses") {
		t.Errorf("hint is not filled in, or the app not named:\n%s", a.page)
	}
}

func TestFreshProofIsAskedOfWhoIsSignedIn(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	w.Clock.Add(time.Second)
	a := b.get(ask("expenses", "prompt", "login"))
	if a.to() != "/signin" || b.cookies["__Host-si"] == "" {
		t.Errorf("%d to %q", a.status, a.to())
	}
	if a := b.get(ask("expenses", "prompt", "select_account")); !strings.HasPrefix(a.to(), "/signin/accounts?to=%2Fauthorize%2Fresume") {
		t.Errorf("select_account: %q", a.to())
	}
}

func TestApplicationChoosesTheLanguageOnlyForThoseWhoHaveNot(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	a := b.get(ask("expenses", "ui_locales", "fr ja-JP en"))
	if page := b.get(a.to()); !strings.Contains(page.page, `<html lang="ja">`) {
		t.Error("ui_locales has no effect")
	}
	a = b.get(ask("expenses", "ui_locales", "en"))
	if page := b.get(a.to()); !strings.Contains(page.page, `<html lang="ja">`) {
		t.Error("ui_locales changes a language that was chosen")
	}
}

// W1: the answer must come from our own page, and from the person it asked.
func TestConsentCannotBeGivenByAnotherSiteOrForAnother(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	page := b.get(b.get(ask("expenses")).to())
	form := fields(page.page, "answer", "allow")
	for _, site := range []string{"cross-site", "same-site", "none"} {
		if a := b.post("/consent", form, "Sec-Fetch-Site", site); a.status != http.StatusForbidden || a.to() != "" {
			t.Errorf("W1 %s: %d to %q", site, a.status, a.to())
		}
	}
	ren := w.Member(t, "ren")
	other := w.signedIn(ren)
	if a := other.post("/consent", form); a.to() != "/authorize/resume?r="+form.Get("r") {
		t.Errorf("page for Mei, answered by Ren: %q", a.to())
	}
	if a := w.browser().post("/consent", form); a.to() != "/authorize/resume?r="+form.Get("r") {
		t.Errorf("signed out meanwhile: %q", a.to())
	}
	if a := b.post("/consent", form); !strings.HasPrefix(a.to(), expensesBack+"?code=") {
		t.Errorf("the right answer: %d %q", a.status, a.to())
	}
	if a := b.post("/consent", form); a.status != http.StatusConflict || !strings.Contains(a.page, "This sign-in is finished") {
		t.Errorf("pressed twice: %d %q", a.status, a.to())
	}
	if a := b.get("/authorize/resume?r=" + form.Get("r")); a.status != http.StatusConflict {
		t.Errorf("back button: %d %q", a.status, a.to())
	}
	if a := b.get("/authorize/resume?r=NOSUCHREQUEST"); a.status != http.StatusGone || !strings.Contains(a.page, "waited too long") {
		t.Errorf("made-up request: %d", a.status)
	}
}

func TestPersonOfAnotherDirectoryCanChangeAccountOrGoBack(t *testing.T) {
	w := newWorld(t)
	var ren directory.Person
	w.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home"})
		if err != nil {
			return err
		}
		ren, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "ren", Name: "Ren"})
		return err
	})
	b := w.signedIn(ren)
	page := b.get(b.get(ask("expenses")).to())
	if !strings.Contains(page.page, "Aoba Expenses is for people of Aoba Works") || !strings.Contains(page.page, "/signin/accounts?to=") {
		t.Fatalf("%s", page.page)
	}
	if a := b.post("/consent", fields(page.page, "answer", "deny")); !strings.HasPrefix(a.to(), expensesBack+"?error=access_denied") {
		t.Errorf("%q", a.to())
	}
}

func TestPersonTakesBackWhatTheyAllowed(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	b.answered(ask("expenses"))
	page := b.get("/security/apps")
	if !strings.Contains(page.page, "Aoba Expenses") || !strings.Contains(page.page, "See your name and email") {
		t.Fatalf("%s", page.page)
	}
	if a := b.post("/security/apps/remove", fields(page.page)); a.to() != "/security/apps" {
		t.Errorf("%d %q", a.status, a.to())
	}
	if page := b.get("/security/apps"); !strings.Contains(page.page, "You have not allowed any app.") {
		t.Errorf("%s", page.page)
	}
	if a := w.browser().get("/security/apps"); !strings.HasPrefix(a.to(), "/signin?to=") {
		t.Errorf("signed out: %d %q", a.status, a.to())
	}
}

// FuzzAuthorize: whatever the request, the browser is sent to an address that an
// application has registered, or to a page of ours.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	b := w.signedIn(w.mei)
	b.answered(ask("expenses"))
	for _, s := range []string{strings.TrimPrefix(ask("expenses"), "/authorize?"), strings.TrimPrefix(ask("notes", "prompt", "none"), "/authorize?"),
		"client_id=expenses&redirect_uri=//evil.example", "client_id=expenses&redirect_uri=" + url.QueryEscape(expensesBack+"@evil.example"),
		"client_id=expenses&redirect_uri=" + url.QueryEscape(expensesBack) + "&state=%0d%0aLocation:%20https://evil.example",
		"client_id=expenses&redirect_uri=" + url.QueryEscape(expensesBack) + "&response_type=code&scope=openid&error=x&iss=https://evil.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		u := url.URL{Path: "/authorize", RawQuery: query}
		if _, err := http.NewRequest("GET", issuer+u.String(), nil); err != nil || strings.ContainsAny(query, " \r\n\x00#") {
			return
		}
		a := b.get(u.String())
		if a.status == http.StatusInternalServerError {
			t.Fatalf("%q: %s", query, w.log.String())
		}
		to, err := url.Parse(a.to())
		if err != nil {
			t.Fatal(err)
		}
		registered := strings.HasPrefix(a.to(), expensesBack+"?") || strings.HasPrefix(a.to(), notesBack+"?")
		if a.to() != "" && !registered && (to.Host != "" || !strings.HasPrefix(a.to(), "/")) {
			t.Errorf("%q leads to %q", query, a.to())
		}
		if registered && (to.Query().Get("iss") != issuer || len(to.Query()["iss"]) != 1) {
			t.Errorf("%q: O5: answer without our name: %q", query, a.to())
		}
	})
}
