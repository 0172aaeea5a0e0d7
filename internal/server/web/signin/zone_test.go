package signinweb_test

import (
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/signin/signintest"
)

// Where somebody is who has not said so is what their browser says, once it has
// proven something; a zone that does not exist, or one that is known already, stays.
func TestTheZoneOfAPersonIsTheirBrowsersUnlessTheySaidAnother(t *testing.T) {
	w := newWorld(t)
	w.komorebi(t)
	for _, c := range []struct{ name, says, want string }{
		{"haru", "Europe/London", "Europe/London"}, {"aki", "Mars/Olympus", ""}, {"natsu", "", ""}, {"fuyu", "Local", ""}, {"hana", "../../etc/passwd", ""},
	} {
		w.browser(t).get("/security").get(registering).submit(registering, "login", c.name, "password", phrase, "zone", c.says)
		if got := w.who(t, c.name+"@komorebi.example").Zone; got != c.want {
			t.Errorf("%q: %q, want %q", c.says, got, c.want)
		}
	}
	mei, _ := w.mei(t) // who is in Asia/Tokyo
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password, "zone", "Europe/London")
	if got := w.Now(t, mei).Zone; got != "Asia/Tokyo" {
		t.Errorf("changed to %s", got)
	}
	w.Write(t, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE person SET zone = '' WHERE id = $1`, mei.ID)
		return err
	})
	b = w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", "wrong", "zone", "Europe/London")
	if got := w.Now(t, mei).Zone; got != "" {
		t.Errorf("before a proof it is %s", got)
	}
	b.submit("/signin/password", "password", signintest.Password, "zone", "Europe/London")
	if got := w.Now(t, mei).Zone; got != "Europe/London" {
		t.Errorf("after it, %q", got)
	}
}

// So is their language, before the news of their first app is written.
func TestTheLanguageOfAPersonIsTheirBrowsersFromTheFirstProofOn(t *testing.T) {
	w := newWorld(t)
	ren := w.Member(t, "ren")
	says := func(lang string) {
		t.Helper()
		w.Write(t, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE person SET locale = $1 WHERE id = $2`, lang, ren.ID)
			return err
		})
	}
	says("")
	b := w.browser(t)
	b.lang = "ja"
	b.get("/security").submit("/signin/name", "login", ren.Login).submit("/signin/password", "password", "wrong")
	if got := w.Now(t, ren).Locale; got != "" {
		t.Errorf("before a proof it is %s", got)
	}
	b.submit("/signin/password", "password", signintest.Password)
	if got := w.Now(t, ren).Locale; got != "ja" {
		t.Errorf("after it, %q", got)
	}
	says("en")
	b.get("/signin?to=/security&other=1").submit("/signin/name", "login", ren.Login).submit("/signin/password", "password", signintest.Password)
	if got := w.Now(t, ren).Locale; got != "en" {
		t.Errorf("said, and changed to %s", got)
	}
}
