package signin_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// stopLinks are the tokens of the links in the mails to a person, by template.
func stopLinks(t *testing.T, w *signintest.World, p directory.Person) map[string]string {
	t.Helper()
	links := map[string]string{}
	w.Write(t, func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT id, template, sealed FROM mail WHERE person_id = $1 ORDER BY created_at, id`, p.ID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, template string
			var sealed []byte
			if err := rows.Scan(&id, &template, &sealed); err != nil {
				return err
			}
			plain, err := w.Keeper.Unseal(sealed, keep.Where{Table: "mail", Column: "sealed", Key: id, Person: p.ID})
			if err != nil {
				return err
			}
			data := map[string]string{}
			if err := json.Unmarshal(plain, &data); err != nil {
				return err
			}
			links[template] = data["stop"]
		}
		return rows.Err()
	})
	return links
}

func pull(t *testing.T, w *signintest.World, token string) (b signin.Braking, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		b, err = w.SignIn.Brake(t.Context(), tx, token, method.Where{IP: "192.0.2.77"}, "CS-TEST-0001")
		return err
	})
	return b, err
}

func frozen(t *testing.T, w *signintest.World, p directory.Person) bool {
	t.Helper()
	var until time.Time
	w.Write(t, func(tx *db.Tx) (err error) {
		until, err = brake.Until(t.Context(), tx, p.ID)
		return err
	})
	return !until.IsZero()
}

// N21: the mail about what was added takes it back, once, within seven days.
func TestN21ALinkTakesBackWhatWasAdded(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Device(t, mei, "Phone")
	w.Clock.Add(time.Minute)
	foreign := w.Device(t, mei, "Somebody else's phone")
	w.Passkey(t, mei, "Somebody else's key")
	w.RecoveryCodes(t, mei)
	links := stopLinks(t, w, mei)
	for _, template := range []string{"app_added", "passkey_added", "recovery_made"} {
		if len(links[template]) < 26 {
			t.Fatalf("the mail %s has the link %q", template, links[template])
		}
	}
	before := w.Now(t, mei)
	w.Write(t, func(tx *db.Tx) error { // looking does nothing, however often
		for range 3 {
			if b, err := w.SignIn.Braking(t.Context(), tx, links["app_added"]); err != nil || b.What != brake.App || b.Name != "Somebody else's phone" {
				t.Errorf("the link says %+v, %v", b, err)
			}
		}
		return nil
	})
	if w.Get(t, foreign.ID()).State != registration.Active || frozen(t, w, mei) || w.Now(t, mei).Epoch != before.Epoch {
		t.Fatal("looking at a link did something")
	}
	if _, err := pull(t, w, links["app_added"]); err != nil {
		t.Fatal(err)
	}
	if g := w.Get(t, foreign.ID()); g.State != registration.Removed || g.RemovedWhy != registration.WhyBrake {
		t.Errorf("the app is %s, %s", g.State, g.RemovedWhy)
	}
	if !frozen(t, w, mei) || w.Now(t, mei).Epoch == before.Epoch {
		t.Error("sessions go on, or changes are not frozen")
	}
	if _, err := pull(t, w, links["app_added"]); !errors.Is(err, brake.ErrLink) {
		t.Errorf("a second time: %v", err)
	}
	for _, template := range []string{"passkey_added", "recovery_made"} {
		if _, err := pull(t, w, links[template]); err != nil {
			t.Errorf("%s: %v", template, err)
		}
	}
	w.Write(t, func(tx *db.Tx) error {
		has, _, err := signin.MethodsOf(t.Context(), tx, mei.ID)
		if has.Passkey || has.Recovery || !has.App || !has.Password {
			t.Errorf("left: %+v", has)
		}
		return err
	})
}

func TestN21ALinkIsGoodForSevenDays(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.RecoveryCodes(t, mei)
	token := stopLinks(t, w, mei)["recovery_made"]
	w.Clock.Add(7*24*time.Hour + time.Second)
	if _, err := pull(t, w, token); !errors.Is(err, brake.ErrLink) {
		t.Errorf("after seven days: %v", err)
	}
	if _, err := pull(t, w, "AAAAAAAAAAAAAAAAAAAAAAAAAA"); !errors.Is(err, brake.ErrLink) {
		t.Errorf("a link nobody made: %v", err)
	}
}

// N21: what was removed does not come back, and nothing new comes.
func TestN21ALinkNeverBringsAnythingBack(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	w.Write(t, remove(w, t, mei, tablet))
	if _, err := pull(t, w, stopLinks(t, w, mei)["app_removed"]); err != nil {
		t.Fatal(err)
	}
	if w.Get(t, tablet.ID()).State != registration.Removed || w.Get(t, phone.ID()).State != registration.Active || !frozen(t, w, mei) {
		t.Error("the link of a removal does more, or less, than to freeze")
	}
	w.Write(t, func(tx *db.Tx) error {
		sessions, err := signin.List(t.Context(), tx, mei.ID)
		if len(sessions) > 0 {
			t.Error("somebody is signed in")
		}
		return err
	})
}

// N21: while changes are frozen no method comes or goes, and after a day they may.
func TestN21AFreezeHoldsForEveryChange(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phone := w.Device(t, mei, "Phone")
	w.Write(t, func(tx *db.Tx) error {
		return errors.Join(brake.Freeze(t.Context(), tx, mei.ID), brake.Thaw(t.Context(), tx, mei.ID), brake.Freeze(t.Context(), tx, mei.ID))
	})
	w.Recorded(t, mei.ID, audit.PersonFrozen, audit.PersonThawed)
	me := w.Now(t, mei)
	by := signin.Session{ID: "s", Person: mei.ID, Directory: mei.DirectoryID, Epoch: me.Epoch}
	changes := map[string]func(tx *db.Tx) error{
		"pairing": func(tx *db.Tx) error {
			_, err := w.Registry.Offer(t.Context(), tx, registration.OfferIn{Person: mei.ID, Session: "s", Epoch: me.Epoch})
			return err
		},
		"a passkey": func(tx *db.Tx) error {
			_, err := w.Passkeys.Offer(t.Context(), tx, method.OfferIn{Person: mei.ID, Session: "s", Epoch: me.Epoch}, method.KindPasskey)
			return err
		},
		"signing in without the password": func(tx *db.Tx) error {
			return w.Registry.SetPasswordless(t.Context(), tx, mei.ID, phone.ID(), true, registration.Where{})
		},
		"recovery codes": func(tx *db.Tx) error { _, err := w.Recovery.Make(t.Context(), tx, mei.ID, method.Where{}); return err },
		"a removal":      func(tx *db.Tx) error { return signin.Changing(t.Context(), tx, by, func() error { return nil }) },
	}
	for name, change := range changes {
		if err := w.DB.Write(t.Context(), change); !errors.Is(err, brake.ErrFrozen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.SignIn.ChangePassword(t.Context(), by, "another lantern in the gate", signintest.Browser("192.0.2.9")); !errors.Is(err, brake.ErrFrozen) {
		t.Errorf("the password: %v", err)
	}
	w.Clock.Add(brake.FreezeLife)
	for name, change := range changes {
		if err := w.DB.Write(t.Context(), change); errors.Is(err, brake.ErrFrozen) {
			t.Errorf("%s is still frozen after a day", name)
		}
	}
}

// N21 and R3: of what was added the last owner keeps what they could not sign in without.
func TestN21ALinkLeavesTheLastOwnerTheirWayIn(t *testing.T) {
	h := &hall{signintest.New(t)}
	kenji, phone := h.owner(t, "kenji")
	b, err := pull(t, h.World, stopLinks(t, h.World, kenji)["app_added"])
	if err != nil || !b.Stays {
		t.Fatalf("%+v, %v", b, err)
	}
	if h.Get(t, phone.ID()).State != registration.Active || !frozen(t, h.World, kenji) {
		t.Error("the only way in is gone, or nothing is frozen")
	}
}

func TestWhoManagesThePeopleHearsOfABrake(t *testing.T) {
	h := &hall{signintest.New(t)}
	kenji, _ := h.owner(t, "kenji")
	mei := h.Member(t, "mei")
	h.RecoveryCodes(t, mei)
	if _, err := pull(t, h.World, stopLinks(t, h.World, mei)["recovery_made"]); err != nil {
		t.Fatal(err)
	}
	if mails := h.Mails(t, kenji); !slices.Contains(mails, "notme_admin") {
		t.Errorf("the owner got %v", mails)
	}
	h.Write(t, func(tx *db.Tx) error {
		events, err := audit.Reported(t.Context(), tx, mei.DirectoryID, time.Time{}, 10)
		if len(events) != 1 || events[0].Kind != audit.PersonBraked {
			t.Errorf("reports: %+v", events)
		}
		return err
	})
}

// N21: an app that was let sign in without the password stays, and no longer may.
func TestN21ALinkTakesSigningInWithoutThePasswordBack(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phone := w.Unlocked(t, mei, "Phone")
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.SetPasswordless(t.Context(), tx, mei.ID, phone.ID(), true, registration.Where{})
	})
	if _, err := pull(t, w, stopLinks(t, w, mei)["passwordless_on"]); err != nil {
		t.Fatal(err)
	}
	if g := w.Get(t, phone.ID()); g.State != registration.Active || g.Passwordless {
		t.Errorf("the app is %s, without the password: %v", g.State, g.Passwordless)
	}
}
