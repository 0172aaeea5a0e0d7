package admin_test

import (
	"errors"
	"testing"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
)

// N11: a new address is told at the old one too.
func TestEditingIsToldAtTheOldAddressToo(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Admin)
	mei := o.Member(t, "mei")
	edit := func(name, email string) error {
		return o.do(t, func(tx *db.Tx) error { return o.desk.Edit(t.Context(), tx, by, mei.ID, name, email) })
	}
	if err := edit("Mei Suzuki", "new@mail.example"); err != nil {
		t.Fatal(err)
	}
	now := o.Now(t, mei)
	if now.Name != "Mei Suzuki" || now.Email != "new@mail.example" {
		t.Errorf("%+v", now)
	}
	for _, at := range []directory.Person{mei, now} {
		if mails := o.Mails(t, at); len(mails) != 1 || mails[0] != notify.MailAdminEdited {
			t.Errorf("%s hears of %v", at.Email, mails)
		}
	}
	if e := o.happened(t, mei, audit.AdminEdited); e.Detail["changed"] != "name email" {
		t.Errorf("%+v", e)
	}
	o.Write(t, func(tx *db.Tx) error {
		for typed, want := range map[string]int{"suzuki": 1, "new@mail": 1, "mei@mail": 0} {
			if found, _, err := directory.Matching(t.Context(), tx, o.Aoba.ID, typed, 10); err != nil || len(found) != want {
				t.Errorf("%q finds %d, %v", typed, len(found), err)
			}
		}
		return nil
	})
	if err := edit("Mei Suzuki", "new@mail.example"); err != nil || len(o.Mails(t, now)) != 1 {
		t.Errorf("what changes nothing is told: %v", err)
	}
	if err := edit(" ", ""); !errors.Is(err, directory.ErrInvalid) {
		t.Errorf("no name: %v", err)
	}
	_, helpdesk := o.hire(t, "haru", directory.Helpdesk)
	by = helpdesk
	if err := edit("Mei", ""); !errors.Is(err, admin.ErrNotAllowed) {
		t.Errorf("the helpdesk: %v", err)
	}
}
