package explain_test

import (
	"errors"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/explain"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
	"countersign/ui"
)

// A guest is a browser on its way through a sign-in.
type guest struct {
	t    *testing.T
	w    *signintest.World
	from signin.Browser
	went signin.Went
}

func arrive(t *testing.T, w *signintest.World, start signin.Start) *guest {
	t.Helper()
	g := &guest{t: t, w: w, from: signintest.Browser("192.0.2.7")}
	start.Goal, start.Browser = "/security", g.from
	token, a, err := w.SignIn.Begin(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	g.went = signin.Went{Token: token, Attempt: a}
	return g
}

func (g *guest) took(went signin.Went, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
	g.went = went
}

func (g *guest) says(login string) *guest {
	g.t.Helper()
	g.took(g.w.SignIn.Name(g.t.Context(), g.went.Token, login, g.from))
	return g
}

func (g *guest) proves(password string) *guest {
	g.t.Helper()
	g.took(g.w.SignIn.Password(g.t.Context(), g.went.Token, password, g.from))
	return g
}

func (g *guest) story(in string) (s explain.Story) {
	g.t.Helper()
	err := g.w.DB.Read(g.t.Context(), func(tx *db.Tx) (err error) {
		a, err := g.w.SignIn.Attempt(g.t.Context(), g.went.Token)
		if err != nil {
			return err
		}
		s, err = explain.Of(g.t.Context(), tx, in, a.Correlation)
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return s
}

func told(lang string, s explain.Story) string {
	var b strings.Builder
	for _, a := range s.Rules {
		b.WriteString(a.Title(lang) + "\n")
		for _, line := range s.Words(lang, a) {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}

func TestAStoryTellsTheRulesOfEachStep(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phone := w.Device(t, mei, "Mei's Pixel")
	w.Policy(t, func(p *directory.Policy) { p.Codes = false })
	g := arrive(t, w, signin.Start{App: "Wiki"}).says(mei.Login).proves(signintest.Password)
	if err := w.SignIn.Ask(t.Context(), g.went.Token, g.from); err != nil {
		t.Fatal(err)
	}
	_, waiting, err := w.SignIn.Watch(t.Context(), g.went.Token)
	if err != nil {
		t.Fatal(err)
	}
	w.Answer(t, phone, wire.Approve, waiting.Number)
	g.took(w.SignIn.Finish(t.Context(), g.went.Token, g.from))

	s := g.story(mei.DirectoryID)
	if s.Person.ID != mei.ID || s.App != "Wiki" || len(s.Rules) != 2 {
		t.Fatalf("%+v", s)
	}
	for lang, want := range map[string]string{
		"en": `One of several ways was asked for
  Two proofs are needed.
  The policy of the directory asks for that.
  The browser was new for this person.
  Offered: approval on the phone.
  Not offered: one-time code. The policy does not allow it.
Signed in
  Used: password, approval on the phone.
  Two proofs are needed.
  The policy of the directory asks for that.
  The browser was new for this person.
`,
		"ja": `いずれかの方法での確認
  2 つの認証手段が必要です。
  ディレクトリのポリシーによる条件です。
  このユーザーが初めて使うブラウザーでした。
  選べた方法: スマホでの承認
  選べなかった方法: ワンタイムコード。ポリシーで許可されていません。
サインイン
  使った方法: パスワード、スマホでの承認
  2 つの認証手段が必要です。
  ディレクトリのポリシーによる条件です。
  このユーザーが初めて使うブラウザーでした。
`,
	} {
		if got := told(lang, s); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", lang, got, want)
		}
	}
}

// That the password was enough in a remembered browser is told as the rule that it was.
func TestAStoryTellsThatTheBrowserWasRemembered(t *testing.T) {
	w := signintest.New(t)
	w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei := w.Member(t, "mei")
	phone := w.Device(t, mei, "Mei's Pixel")
	first := arrive(t, w, signin.Start{}).says(mei.Login).proves(signintest.Password)
	first.from.Remember = true
	first.took(w.SignIn.Code(t.Context(), first.went.Token, phone.Code(t, w.Clock.Now()), first.from))
	g := arrive(t, w, signin.Start{})
	g.from.Known = first.went.Signed.Known
	g.says(mei.Login).proves(signintest.Password)
	for lang, want := range map[string]string{
		"en": "Used: password.\n  Two proofs are needed.\n  The policy of the directory asks for that.\n  This browser was remembered by its person, so the password alone was enough.\n",
		"ja": "本人がこのブラウザーを記憶させていたため、パスワードだけで済みました。\n",
	} {
		if got := told(lang, g.story(mei.DirectoryID)); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s", lang, got)
		}
	}
}

// Who changes the policy does not change what is said of yesterday.
func TestRulesAreToldAsTheyWere(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Device(t, mei, "Mei's Pixel")
	g := arrive(t, w, signin.Start{}).says(mei.Login).proves(signintest.Password)
	before := told("en", g.story(mei.DirectoryID))
	w.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	if after := told("en", g.story(mei.DirectoryID)); after != before || !strings.Contains(after, "Two proofs are needed.") {
		t.Errorf("%s\nbefore\n%s", after, before)
	}
}

func TestWhoIsRefusedHearsWhy(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, mei.ID, directory.Suspended) })
	g := arrive(t, w, signin.Start{}).says(mei.Login).proves(signintest.Password)
	if got := told("en", g.story(mei.DirectoryID)); !strings.HasPrefix(got, "Refused\n  The account was suspended.\n") {
		t.Error(got)
	}
}

// A wrong password for a name that nobody has leaves the same rules as one for somebody's.
func TestA8AStoryOfNobodyHasTheSameRules(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	var all []explain.Story
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		g := arrive(t, w, signin.Start{}).says(login)
		if _, err := w.SignIn.Password(t.Context(), g.went.Token, "not the password", g.from); !errors.Is(err, signin.ErrWrong) {
			t.Fatal(err)
		}
		all = append(all, g.story(""))
	}
	if told("en", all[0]) != told("en", all[1]) || len(all[0].Rules) != 1 || all[1].Person.ID != "" {
		t.Errorf("%+v\n%+v", all[0], all[1])
	}
}

func TestAReferenceIsReadHoweverItWasSaid(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Write(t, func(tx *db.Tx) error {
		return audit.Record(t.Context(), tx, audit.Event{Kind: audit.SigninLimited, Directory: mei.DirectoryID, Person: mei.ID, Correlation: "CS-7F40-19KD"})
	})
	for typed, known := range map[string]bool{
		"CS-7F40-19KD": true, "cs-7f40-19kd": true, "CS7F4019KD": true, " cs 7f4o i9kd ": true,
		"CS-7F40-19KE": false, "7F40-19KD": false, "CS-7F40-19K": false, "CS-7F40-19K!": false, "": false,
	} {
		for in, there := range map[string]bool{mei.DirectoryID: true, "": true, "another": false} {
			err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
				_, err := explain.Of(t.Context(), tx, in, typed)
				return err
			})
			if known && there && err != nil || !(known && there) && !errors.Is(err, explain.ErrUnknown) {
				t.Errorf("%q in %q: %v", typed, in, err)
			}
		}
	}
}

// Whatever a step can be has its words, in both languages.
func TestAllRulesHaveWords(t *testing.T) {
	var keys []string
	for _, step := range []policy.Kind{policy.AskPassword, policy.AskSecond, policy.Enrol, policy.Renew, policy.Done, policy.Refuse} {
		keys = append(keys, "step."+string(step))
	}
	for _, why := range []string{policy.WhySuspended, policy.WhyExposed, policy.WhyNoSecond, policy.WhyNewBrowser, policy.WhyNoUnlock} {
		keys = append(keys, "refused."+why)
	}
	for _, by := range []string{policy.ByApp, policy.ByChange, policy.ByDirectory, policy.ByRecovery} {
		keys = append(keys, "by."+by)
	}
	for _, why := range []string{policy.WhyNewBrowser, policy.WhyNoUnlock, policy.WhyNotAllowed, policy.WhyTooWeak} {
		keys = append(keys, "withheld."+why)
	}
	for _, way := range []string{policy.Password, policy.Approval, policy.Passwordless, policy.Code, policy.Paired, policy.Passkey, policy.Recovery, policy.Pass, policy.Mail} {
		keys = append(keys, "way."+way)
	}
	for _, lang := range ui.Languages {
		for _, key := range keys {
			if !ui.Has(lang, "explain."+key) {
				t.Errorf("%s: no words for %s", lang, key)
			}
		}
	}
}
