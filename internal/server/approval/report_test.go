package approval_test

import (
	"maps"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// letters are the templates and languages of the mails that were queued, by address.
func (w *world) letters(t *testing.T, template string) map[string]string {
	t.Helper()
	got := map[string]string{}
	w.Write(t, func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT address, locale FROM mail WHERE template = $1`, template)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var address, locale string
			if err := rows.Scan(&address, &locale); err != nil {
				return err
			}
			got[address] = locale
		}
		return rows.Err()
	})
	return got
}

// admin adds somebody who manages the people of a directory.
func (w *world) admin(t *testing.T, in, name, role, locale string) (p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) (err error) {
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{
			DirectoryID: in, Login: name + "@" + in, Name: name, Email: name + "@mail.example", Role: role, Locale: locale,
		})
		return err
	})
	return p
}

// Who manages an organisation hears of a report, each in their own language;
// admins of others, suspended ones and ordinary people do not.
func TestAdminsHearOfAReport(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	w.Person(t, "rei")
	var other directory.Directory
	w.Write(t, func(tx *db.Tx) (err error) {
		other, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Komorebi"})
		return err
	})
	w.admin(t, w.Aoba.ID, "owner", directory.Owner, "ja")
	w.admin(t, w.Aoba.ID, "admin", directory.Admin, "en")
	w.admin(t, other.ID, "stranger", directory.Owner, "en")
	gone := w.admin(t, w.Aoba.ID, "gone", directory.Admin, "en")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, gone.ID, directory.Suspended) })
	phone := w.Device(t, mei, "Phone")

	w.decide(t, phone, w.ask(t, from(mei)).ID, wire.Deny, "", wire.Denied)
	if got := w.letters(t, notify.MailReportedAdmin); len(got) != 0 {
		t.Errorf("a plain No is told to %v", got)
	}
	w.decide(t, phone, w.ask(t, from(mei)).ID, wire.Report, "", wire.Reported)
	want := map[string]string{"owner@mail.example": "ja", "admin@mail.example": "en"}
	if got := w.letters(t, notify.MailReportedAdmin); !maps.Equal(got, want) {
		t.Errorf("%v hear of it, want %v", got, want)
	}
	if got := w.letters(t, notify.MailReported); len(got) != 1 {
		t.Errorf("the person: %v", got)
	}
}

// In a personal directory nobody manages anybody.
func TestAReportInAPersonalDirectoryIsThePersonsOwn(t *testing.T) {
	w := newWorld(t)
	var home directory.Directory
	w.Write(t, func(tx *db.Tx) (err error) {
		home, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home"})
		return err
	})
	mei := w.admin(t, home.ID, "mei", directory.Member, "ja")
	w.admin(t, home.ID, "rei", directory.Member, "ja")
	w.admin(t, w.Aoba.ID, "owner", directory.Owner, "ja")
	phone := w.Device(t, mei, "Phone")
	w.decide(t, phone, w.ask(t, from(mei)).ID, wire.Report, "", wire.Reported)
	if got := w.letters(t, notify.MailReportedAdmin); len(got) != 0 {
		t.Errorf("%v hear of it", got)
	}
}
