package dossier_test

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/dossier"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// A desk is a world whose organisation lets people go, with somebody signed in.
type desk struct {
	*signintest.World
	dossier *dossier.Service
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{World: signintest.New(t)}
	d.dossier = dossier.New(d.SignIn)
	d.Policy(t, func(p *directory.Policy) { p.SelfDelete = true })
	return d
}

// signedIn signs somebody in with their phone.
func (d *desk) signedIn(t *testing.T, p directory.Person, phone regtest.Device) dossier.By {
	t.Helper()
	b := signintest.Browser("192.0.2.7")
	token, _, err := d.SignIn.Begin(t.Context(), signin.Start{Goal: "/", Browser: b})
	if err != nil {
		t.Fatal(err)
	}
	went, err := d.SignIn.Name(t.Context(), token, p.Login, b)
	if err == nil {
		went, err = d.SignIn.Password(t.Context(), went.Token, signintest.Password, b)
	}
	if err == nil {
		went, err = d.SignIn.Code(t.Context(), went.Token, phone.Code(t, d.Clock.Now()), b)
	}
	if err != nil || went.Signed == nil {
		t.Fatalf("%+v, %v", went, err)
	}
	return dossier.By{Session: went.Signed.Session, From: method.Where{IP: "192.0.2.7", Browser: "Chrome, Windows"}, Correlation: "CS-TEST-0000"}
}

func (d *desk) delete(t *testing.T, by dossier.By) error {
	t.Helper()
	return d.DB.Write(t.Context(), func(tx *db.Tx) error { return d.dossier.Delete(t.Context(), tx, by) })
}

// everything makes somebody who has one of each.
func (d *desk) everything(t *testing.T, name string) (directory.Person, regtest.Device, []string) {
	t.Helper()
	p := d.Member(t, name)
	phone := d.Device(t, p, "Pixel of "+name)
	codes := d.RecoveryCodes(t, p)
	d.Passkey(t, p, "Key of "+name)
	return d.Now(t, p), phone, codes
}

// An account that is deleted leaves nothing in the database but the log, and the
// letter that says so; another's stays whole.
func TestADeletedAccountLeavesNothingButTheLog(t *testing.T) {
	d := newDesk(t)
	mei, phone, _ := d.everything(t, "mei")
	ren, renPhone, _ := d.everything(t, "ren")
	by := d.signedIn(t, mei, phone)
	if err := d.delete(t, by); err != nil {
		t.Fatal(err)
	}
	d.Write(t, func(tx *db.Tx) error {
		for _, table := range tables(t) {
			var n int
			if err := tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table+` WHERE person_id = $1`, mei.ID).Scan(&n); err != nil {
				return err
			}
			if n > 0 && table != "audit_event" && table != "mail" {
				t.Errorf("%s keeps %d rows", table, n)
			}
		}
		_, err := directory.ByLogin(t.Context(), tx, mei.Login)
		if !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("the name: %v", err)
		}
		if _, err := d.Registry.ByID(t.Context(), tx, phone.ID()); !errors.Is(err, registration.ErrRemoved) {
			t.Errorf("the phone is told %v", err)
		}
		if _, err := signin.SessionByID(t.Context(), tx, by.Session.ID); !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("the session: %v", err)
		}
		return nil
	})
	if mails := d.Mails(t, mei); !slices.Contains(mails, "account_deleted") {
		t.Errorf("%v", mails)
	}
	if err := d.delete(t, by); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("a second time: %v", err)
	}
	d.signedIn(t, ren, renPhone)
}

// tables are those with rows of people, as the schema has them: a new one that
// nobody forgets fails the test above.
func tables(t *testing.T) (all []string) {
	t.Helper()
	schema, err := os.ReadFile("../db/schema/sqlite/0001.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?s)CREATE TABLE ([a-z_]+) \((.*?)\) STRICT`).FindAllStringSubmatch(string(schema), -1) {
		if strings.Contains(m[2], "person_id TEXT") {
			all = append(all, m[1])
		}
	}
	if len(all) < 25 {
		t.Fatalf("only %v have people", all)
	}
	return all
}

// R3: the last owner who can sign in stays, whatever the policy says; with a
// second one they may go. Nobody goes where admins decide, or while changes are frozen.
func TestR3TheLastOwnerStays(t *testing.T) {
	d := newDesk(t)
	mei, phone, _ := d.everything(t, "mei")
	d.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, mei.ID, directory.Owner) })
	by := d.signedIn(t, mei, phone)
	if err := d.delete(t, by); !errors.Is(err, signin.ErrNoOwner) {
		t.Errorf("the last owner: %v", err)
	}
	d.Write(t, func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, mei.ID) })
	if err := d.delete(t, by); !errors.Is(err, brake.ErrFrozen) {
		t.Errorf("frozen: %v", err)
	}
	d.Write(t, func(tx *db.Tx) error { return brake.Thaw(t.Context(), tx, mei.ID) })
	ren, _, _ := d.everything(t, "ren")
	d.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, ren.ID, directory.Owner) })
	d.Policy(t, func(p *directory.Policy) { p.SelfDelete = false })
	if err := d.delete(t, by); !errors.Is(err, dossier.ErrManaged) {
		t.Errorf("where admins decide: %v", err)
	}
	d.Policy(t, func(p *directory.Policy) { p.SelfDelete = true })
	if err := d.delete(t, by); err != nil {
		t.Errorf("with another owner: %v", err)
	}
}

// R3: of two owners who go at once, one stays.
func TestR3OfTwoOwnersWhoGoAtOnceOneStays(t *testing.T) {
	d := newDesk(t)
	var by []dossier.By
	for _, name := range []string{"mei", "ren"} {
		p, phone, _ := d.everything(t, name)
		d.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, directory.Owner) })
		by = append(by, d.signedIn(t, p, phone))
	}
	errs := make(chan error, 2)
	for _, b := range by {
		go func() { errs <- d.delete(t, b) }()
	}
	if a, b := <-errs, <-errs; (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), signin.ErrNoOwner) {
		t.Errorf("%v, %v", a, b)
	}
}

// A copy holds what is theirs, nothing of others, and no secret; that it was
// taken is written down and told.
func TestACopyHoldsWhatIsTheirsAndNoSecret(t *testing.T) {
	d := newDesk(t)
	mei, phone, codes := d.everything(t, "mei")
	ren, _, _ := d.everything(t, "ren")
	by := d.signedIn(t, mei, phone)
	var c dossier.Copy
	d.Write(t, func(tx *db.Tx) (err error) {
		c, err = d.dossier.Copy(t.Context(), tx, by, func(e audit.Event) string { return "said: " + string(e.Kind) })
		return err
	})
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{mei.Login, mei.Email, "Pixel of mei", "Key of mei", `"codes_left":10`, "said: signin.done", "Aoba Works", "Asia/Tokyo"} {
		if !strings.Contains(text, want) {
			t.Errorf("misses %s in %s", want, text)
		}
	}
	for _, never := range append([]string{ren.ID, ren.Login, "of ren", signintest.Password, "argon2"}, codes...) {
		if strings.Contains(text, never) {
			t.Errorf("holds %s", never)
		}
	}
	if mails := d.Mails(t, mei); !slices.Contains(mails, "data_copied") {
		t.Errorf("%v", mails)
	}
}
